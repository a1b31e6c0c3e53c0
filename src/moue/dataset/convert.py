"""Stage 2: convert every readable picture to an upright 8-bit sRGB JPEG, named after its sample.

A JPEG file that is already upright sRGB is copied byte by byte after a decode at an eighth of its
size has shown that it is complete. Originals stay unchanged. The catalog records the drop reason
of each picture that cannot be read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated

from moue.dataset.label import shortened
from moue.dataset.phash import HASH_SIDE, phash
from moue.errors import ImageError
from moue.media.image import MAX_PIXELS, Picture, encode_jpeg
from moue.media.read_file import MAX_BYTES, read_bytes
from moue.progress import Summary
from moue.settings import Setting, fingerprint
from moue.store import Location, stage
from moue.workspace.conditions import CONVERTED, TO_CONVERT
from moue.workspace.context import Context
from moue.workspace.provenance import collected_roots
from moue.workspace.recorded_files import damaged
from moue.workspace.row_mapping import checked, signed
from moue.workspace.stage_rows import Row, dropped_among, update_samples
from moue.workspace.stages import CRASHED, PixelResult, PixelStage, set_dropped
from moue.workspace.workspace import Workspace

_COLUMNS = ("name", "original")
"""Columns of the table `samples` that a conversion needs."""


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
    """Conversion of one picture.

    Attributes:
        name: Name of the sample.
        source: Place of the original.
        target: Place of the converted JPEG file.
    """

    name: str
    source: Location
    target: Location


@dataclass(frozen=True, slots=True, kw_only=True)
class ConvertResult(PixelResult):
    """Result of one conversion.

    Attributes:
        format: Format of the original, such as `PNG`.
        width: Width of the converted picture, in pixels.
        height: Height of the converted picture, in pixels.
        phash: 64-bit perceptual hash of the converted picture.
        reason: Drop reason; None if the picture was converted.
        detail: Description of the error; None if the picture was converted.
        note: Remark on an ambiguous original, such as the converted frame of an animation.
    """

    format: str | None = None
    width: int | None = None
    height: int | None = None
    phash: int | None = None
    reason: str | None = None
    detail: str | None = None
    note: str | None = None


def convert_picture(
    job: ConvertJob, settings: ConvertSettings, parts: Path | None = None
) -> ConvertResult:
    """Convert one picture to JPEG; return a drop reason if it cannot be converted.

    Args:
        parts: Folder of the part file; None for the folder of the target.

    Raises:
        OSError: The target cannot be written.
        StoreError: The object store cannot be reached, or refuses a request.
    """
    try:
        data = read_bytes(job.source, settings.max_bytes)
        picture = Picture(data, settings.max_pixels, settings.min_side)
        # Hashing decodes all of the data, so it also detects truncated files.
        hashed = phash(picture.grey(HASH_SIDE))
        jpeg = picture.data if picture.uniform else encode_jpeg(picture.rgb(), settings.quality)
    except ImageError as error:
        return ConvertResult(name=job.name, reason=error.reason, detail=error.detail)
    except MemoryError:
        return ConvertResult(
            name=job.name, reason="too_large", detail="not enough memory to decode the picture"
        )
    except (OSError, UnicodeError) as error:
        detail = error.strerror if isinstance(error, OSError) else str(error)
        return ConvertResult(name=job.name, reason="missing", detail=detail)
    staged = stage(job.target, jpeg, job.name, parts=parts, at_once=True)
    return ConvertResult(
        name=job.name, format=picture.format, width=picture.width, height=picture.height,
        phash=hashed, files=(staged,), note=picture.note,
    )  # fmt: skip


def convert(context: Context) -> Summary:
    """Convert every sample that has not been converted with the current settings.

    Samples whose converted picture is missing or truncated are converted again.
    """
    catalog = context.catalog
    with catalog.transaction():
        for _, sample in damaged(catalog, "images"):
            catalog.forget_steps(sample, "convert")
    notes: list[str] = []
    done = convert_stage(context, notes).run(context)
    dropped = catalog.count("samples", "dropped", decided_by="convert")
    counts = {"converted": catalog.total(CONVERTED)} | dropped
    notes = shortened(notes, "animations, raw files and unusual bit depths", 3)
    return Summary(stage="convert", done=done, counts=counts, notes=notes)


def convert_stage(context: Context, notes: list[str]) -> PixelStage[ConvertResult]:
    """Return the pixel stage that converts samples.

    Args:
        notes: List that receives a note on each ambiguous original.
    """
    catalog, settings = context.catalog, context.config.get(ConvertSettings)

    def save(results: Sequence[ConvertResult]) -> Mapping[str, Sequence[str]]:
        names = [result.name for result in results]
        rows = [(r.name, r.format, r.width, r.height, signed(r.phash)) for r in results]
        update_samples(catalog, ("format", "width", "height", "phash"), rows)
        # Most pictures neither were nor are dropped, and reading a whole sample is slow.
        dropped = dropped_among(catalog, names)
        for result in results:
            if result.reason or result.note or result.name in dropped:
                sample = catalog.sample(result.name)
                set_dropped(catalog, sample, result.reason, "convert", result.detail)
                if result.note:
                    notes.append(f"{sample.source}: {result.note}")
        # A missing file may be on a disk that is not mounted, and a crash may have come from full
        # memory, so the next call tries again.
        return {"convert": [r.name for r in results if r.reason not in ("missing", "crashed")]}

    return PixelStage(
        name="convert",
        key=fingerprint(settings),
        where=TO_CONVERT,
        columns=_COLUMNS,
        work=partial(_convert_row, place=context.place, settings=settings),
        save=save,
        crashed=lambda name: ConvertResult(name=name, reason="crashed", detail=CRASHED),
        reads=collected_roots(catalog),
        replaces=("convert",),
    )


def _convert_row(row: Row, place: Workspace, settings: ConvertSettings) -> ConvertResult:
    """Convert the picture of a row with the columns `_COLUMNS`."""
    sample = checked(_COLUMNS, row)
    source = place.original_at(sample["original"])
    job = ConvertJob(sample["name"], source, place.image(sample["name"]))
    return convert_picture(job, settings, place.store.parts)
