"""Stage 2: every readable picture becomes an upright 8-bit sRGB JPEG, one name for one sample.

A JPEG that is so already keeps its bytes; all of it is decoded, at an eighth of its size, to
be sure that it can be. What cannot be read stays where it is, and its reason is written down.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated

from moue.dataset.phash import HASH_SIDE, phash
from moue.errors import ImageError
from moue.files import Staged, stage
from moue.media.image import MAX_PIXELS, Picture, encode_jpeg
from moue.media.read_file import MAX_BYTES, read_bytes
from moue.progress import Progress, Summary
from moue.settings import Setting, fingerprint
from moue.workspace.catalog import Catalog
from moue.workspace.owned_files import damaged
from moue.workspace.stages import run_pixels, set_dropped
from moue.workspace.workspace import Workspace

_NOTED = 10
"""How many notes on single pictures are shown."""


@dataclass(frozen=True, kw_only=True)
class ConvertSettings:
    """Settings of `moue convert`."""

    quality: Annotated[int, Setting("of the JPEGs that are made", low=50, high=100)] = 95
    max_bytes: Annotated[int, Setting("larger files are dropped", low=1)] = MAX_BYTES
    max_pixels: Annotated[
        int, Setting("pictures with more pixels are dropped", low=1, high=170_000_000)
    ] = MAX_PIXELS
    min_side: Annotated[int, Setting("a shorter side drops a picture, px", low=1)] = 24


@dataclass(frozen=True, slots=True)
class ConvertJob:
    """One picture to convert: from `source` to `target`."""

    name: str
    source: Path
    target: Path


@dataclass(frozen=True, slots=True)
class ConvertResult:
    """What became of it; `reason` is None when `file` was staged; `note` is for a person."""

    name: str
    format: str | None = None
    width: int | None = None
    height: int | None = None
    phash: int | None = None
    reason: str | None = None
    detail: str | None = None
    file: Staged | None = None
    note: str | None = None


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
        job.name, picture.format, width, height, hashed, file=file, note=picture.note
    )


def _refused(job: ConvertJob, error: ImageError | MemoryError) -> ConvertResult:
    if isinstance(error, ImageError):
        return ConvertResult(job.name, reason=error.reason, detail=error.detail)
    return ConvertResult(job.name, reason="too_large", detail="not enough memory to decode it")


def convert(
    workspace: Workspace,
    catalog: Catalog,
    settings: ConvertSettings,
    progress: Progress,
    workers: int = 0,
) -> Summary:
    """Convert every sample that has not been converted with these settings.

    What was converted, and has been lost or cut short since, is converted again.
    """
    with catalog.transaction():
        for _, sample in damaged(catalog, "images"):
            catalog.forget_step(sample, "convert")
    key = fingerprint(settings)
    where = "dropped IS NULL OR decided_by = 'convert'"
    total, samples = catalog.pending("convert", key, where)

    def jobs() -> Iterator[ConvertJob]:
        for s in samples:
            yield ConvertJob(s.name, workspace.original(s), workspace.image(s.name))

    notes = _Notes()

    def save(result: ConvertResult) -> None:
        sample = next(catalog.samples("name = ?", [result.name]))
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
        if result.reason != "missing":  # its disk may only be away: look again next time
            catalog.mark_done("convert", key, [result.name])

    function = partial(convert_picture, settings=settings)
    done = run_pixels(
        "convert", jobs(), total, function, save, catalog, workers, progress,
        lambda result: [result.file] if result.file else [],
    )  # fmt: skip
    dropped = catalog.count("samples", "dropped", "decided_by = 'convert'")
    converted = sum(catalog.count("samples", "kind", "phash IS NOT NULL").values())
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
