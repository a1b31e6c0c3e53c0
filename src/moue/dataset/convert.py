"""Stage 2: every readable picture becomes an upright 8-bit sRGB JPEG, one name for one sample.

A JPEG that is so already keeps its bytes; all of it is decoded, at an eighth of its size, to
be sure that it can be. What cannot be read stays where it is, and its reason is written down.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated

from moue.dataset.phash import HASH_SIDE, phash
from moue.errors import ImageError
from moue.files import Staged, stage
from moue.media.image import MAX_PIXELS, Picture, encode_jpeg
from moue.media.read_file import MAX_BYTES, read_bytes
from moue.progress import Summary
from moue.settings import Setting, fingerprint
from moue.workspace.conditions import CONVERTED, TO_CONVERT
from moue.workspace.context import Context
from moue.workspace.owned_files import damaged
from moue.workspace.stages import PixelStage, set_dropped

_NOTED = 10
"""How many notes on single pictures are shown."""


@dataclass(frozen=True, kw_only=True)
class ConvertSettings:
    """Settings of `moue convert`."""

    quality: Annotated[
        int, Setting("JPEG quality of the converted pictures.", low=50, high=100)
    ] = 95
    max_bytes: Annotated[int, Setting("Drop files larger than this many bytes.", low=1)] = MAX_BYTES
    max_pixels: Annotated[
        int,
        Setting(
            "Drop pictures with more than this many pixels (width x height).",
            low=1,
            high=170_000_000,
        ),
    ] = MAX_PIXELS
    min_side: Annotated[
        int, Setting("Drop pictures whose shorter side is below this many pixels.", low=1)
    ] = 24


@dataclass(frozen=True, slots=True)
class ConvertJob:
    """One picture to convert: from `source` to `target`."""

    name: str
    source: Path
    target: Path


@dataclass(frozen=True, slots=True)
class ConvertResult:
    """What the conversion gave.

    Attributes:
        reason: the drop reason; None where the picture is converted and in `files`.
        note: how the picture was read, where there was a choice; for the user.
    """

    name: str
    format: str | None = None
    width: int | None = None
    height: int | None = None
    phash: int | None = None
    reason: str | None = None
    detail: str | None = None
    files: tuple[Staged, ...] = ()
    note: str | None = None
    error: None = None


def convert_picture(job: ConvertJob, settings: ConvertSettings) -> ConvertResult:
    """Convert one picture; what is wrong with it becomes the reason in the result.

    Raises:
        OSError: the target cannot be written.
    """
    try:
        data = read_bytes(job.source, settings.max_bytes)
    except (OSError, UnicodeError) as error:
        detail = error.strerror if isinstance(error, OSError) else str(error)
        return ConvertResult(job.name, reason="missing", detail=detail)
    except (ImageError, MemoryError) as error:
        return _refused(job, error)
    try:
        picture = Picture(data, settings.max_pixels, settings.min_side)
        # This decodes all of the data, so it is also the check that nothing is damaged.
        hashed = phash(picture.grey(HASH_SIDE))
    except (ImageError, MemoryError) as error:
        return _refused(job, error)
    width, height = picture.width, picture.height
    made = picture.data if picture.uniform else encode_jpeg(picture.rgb(), settings.quality)
    file = stage(job.target, made, job.name)
    return ConvertResult(
        job.name, picture.format, width, height, hashed, files=(file,), note=picture.note
    )


def _refused(job: ConvertJob, error: ImageError | MemoryError) -> ConvertResult:
    if isinstance(error, ImageError):
        return ConvertResult(job.name, reason=error.reason, detail=error.detail)
    return ConvertResult(job.name, reason="too_large", detail="not enough memory to decode it")


def convert(context: Context) -> Summary:
    """Convert every sample that has not been converted with these settings.

    A converted picture that is lost or cut short is made again.
    """
    workspace, catalog = context.workspace, context.catalog
    settings = context.config.get(ConvertSettings)
    with catalog.transaction():
        for _, sample in damaged(catalog, "images"):
            catalog.forget_step(sample, "convert")
    notes = _Notes()

    def save(result: ConvertResult) -> Sequence[str]:
        sample = catalog.sample(result.name)
        catalog.update_sample(
            result.name,
            format=result.format,
            width=result.width,
            height=result.height,
            phash=result.phash,
        )
        set_dropped(catalog, sample, result.reason, "convert", result.detail)
        if result.note:
            notes.add(sample.source, result.note)
        # A missing file may be on a disk that is not mounted: the next run looks again.
        return () if result.reason == "missing" else ("convert",)

    done = PixelStage(
        name="convert",
        key=fingerprint(settings),
        where=TO_CONVERT,
        make_job=lambda s: ConvertJob(s.name, workspace.original(s), workspace.image(s.name)),
        work=partial(convert_picture, settings=settings),
        save=save,
    ).run(context)
    dropped = catalog.count("samples", "dropped", decided_by="convert")
    converted = catalog.total(CONVERTED)
    counts = {"converted": converted} | dropped
    return Summary(stage="convert", done=done, counts=counts, notes=notes.lines())


class _Notes:
    """Gathers how pictures were read that could be read otherwise; a few are named."""

    def __init__(self) -> None:
        self._first: list[str] = []
        self._more = 0

    def add(self, source: str, note: str) -> None:
        if len(self._first) < _NOTED:
            self._first.append(f"{source}: {note}")
        else:
            self._more += 1

    def lines(self) -> list[str]:
        more = f"{self._more:,} more pictures are animations, raw or of unusual depth"
        return [*self._first, more] if self._more else self._first
