"""Stage 5: crop the mouth of every face, one PNG file in `mouths/` for each."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Annotated, Any

from moue.dataset.detect_faces import detect, detect_key
from moue.dataset.landmark_pages import (
    PAGES_FOLDER,
    SHEETS_FOLDER,
    draw_landmark_page,
    draw_landmark_sheets,
)
from moue.engine import CORES
from moue.errors import ImageError
from moue.face.backends import FaceSettings, resolve_backend
from moue.face.mouth_crop import crop_mouth
from moue.media.image import encode_jpeg, encode_png, read_image
from moue.progress import Summary
from moue.settings import Setting, fingerprint
from moue.store import Location, Staged, stage
from moue.workspace.catalog import Catalog
from moue.workspace.conditions import DETECTED, IN_USE, TO_DETECT_AGAIN, WITHOUT_FACES
from moue.workspace.context import Context
from moue.workspace.recorded_files import damaged
from moue.workspace.row_mapping import checked
from moue.workspace.stage_rows import Row
from moue.workspace.stages import CRASHED, PixelResult, PixelStage
from moue.workspace.types import Face, Mouth
from moue.workspace.workspace import Workspace

_COLUMNS = ("name", "original", "kind", "format", "faces")
"""Columns of the table `samples` that cropping needs."""


@dataclass(frozen=True, kw_only=True)
class CropSettings:
    """Settings of `moue crop`."""

    min_lips: Annotated[
        float,
        Setting("Minimum longer side of the lip box of a mouth to crop, in pixels.", low=1),
    ] = 12.0
    annotate: Annotated[
        int | None,
        Setting(
            "Number of pictures to copy with drawings of the faces, landmarks and mouth boxes. "
            "Without a number, moue copies all pictures.",
            low=0,
            bare="0",
            once=True,
        ),
    ] = None


@dataclass(frozen=True, slots=True)
class CropJob:
    """One picture, and the faces whose mouths are cropped.

    Attributes:
        name: Name of the sample.
        picture: Place of the converted picture.
        faces: Faces of the picture.
        targets: Place of the crop file of each face, in the order of `faces`.
        annotated: Path of the landmark page; None to draw no page.
    """

    name: str
    picture: Location
    faces: tuple[Face, ...]
    targets: tuple[Location, ...]
    annotated: Path | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CropResult(PixelResult):
    """Result of cropping the mouths of one picture; `error` is set if the file is unreadable.

    Attributes:
        sides: Side of the square crop of each face, in pixels; None if the lip box is too small.
        backends: Name of the backend that detected each face; None for a collected mouth crop.
        page: Whether the landmark page was drawn.
    """

    sides: tuple[int | None, ...] = ()
    backends: tuple[str | None, ...] = ()
    page: bool = False

    def mouths(self) -> list[Mouth]:
        """Return the rows of the mouths that were cropped."""
        return [
            Mouth(name=mouth_name(self.name, i), sample=self.name, face=i, width=side,
                  backend=backend)
            for i, (side, backend) in enumerate(zip(self.sides, self.backends, strict=True))
            if side is not None
        ]  # fmt: skip


def mouth_name(sample: str, face: int) -> str:
    """Return the name of a mouth: the sample name, with a suffix except for the main face (0)."""
    return sample if face == 0 else f"{sample}-face{face + 1}"


def crop_mouths(job: CropJob, settings: CropSettings, parts: Path | None = None) -> CropResult:
    """Crop the mouths of one picture; areas outside the picture repeat its border pixels.

    Args:
        parts: Folder of the part files of crops; None for the folders of the targets.

    Raises:
        StoreError: The object store cannot be reached, or refuses a request.
        OSError: A target cannot be written.
    """
    try:
        image = read_image(job.picture)
    except (ImageError, FileNotFoundError) as error:
        return CropResult(name=job.name, error=str(error))
    sides: list[int | None] = []
    files: list[Staged] = []
    for face, target in zip(job.faces, job.targets, strict=True):
        if float((face.lips[2:] - face.lips[:2]).max()) < settings.min_lips:
            sides.append(None)
            continue
        crop = crop_mouth(image, face.mouth_box, face.roll)
        files.append(stage(target, encode_png(crop), job.name, parts=parts, at_once=True))
        sides.append(crop.shape[0])
    if job.annotated is not None:
        drawn = encode_jpeg(draw_landmark_page(image, job.faces), 90)
        files.append(stage(job.annotated, drawn, job.name))
    return CropResult(
        name=job.name, sides=tuple(sides), backends=tuple(face.backend for face in job.faces),
        files=tuple(files), page=job.annotated is not None,
    )  # fmt: skip


def crop(context: Context) -> Summary:
    """Crop the mouths of every picture in use that has not been cropped with the current settings.

    Missing or truncated crops are written again. Faces that were detected with other settings are
    detected again first, so the catalog names the backend of every crop correctly.
    """
    catalog, reports = context.catalog, context.workspace.reports
    settings, face = context.config.get(CropSettings), context.config.get(FaceSettings)
    detected = detect(context, TO_DETECT_AGAIN)
    with catalog.transaction():
        for step, folder in (("crop", "mouths"), ("landmarks", "reports/landmarks")):
            for _, sample in damaged(catalog, folder):
                catalog.forget_steps(sample, step)
    if settings.annotate is not None:  # the reports are on this machine only
        context = replace(context, engine=CORES)
    done = crop_stage(context).run(context)
    count = catalog.total_in_use()
    summary = Summary(stage="crop", done=done, counts={"mouths": count})
    if detected:
        summary.notes.append(_detected_again(catalog, detected, resolve_backend(face)))
    if settings.annotate is not None:
        draw_landmark_sheets(context)
        summary.files += [reports / PAGES_FOLDER, reports / SHEETS_FOLDER]
    return summary


def crop_stage(context: Context) -> PixelStage[CropResult]:
    """Return the pixel stage that crops mouths."""
    place, catalog = context.place, context.catalog
    settings = context.config.get(CropSettings)
    key = fingerprint(
        replace(settings, annotate=None), detect_key(context.config.get(FaceSettings))
    )
    # Landmark pages are a separate step, so that drawing them later crops nothing again.
    step = "crop" if settings.annotate is None else "landmarks"
    pages_left = math.inf if settings.annotate == 0 else settings.annotate or 0

    def select(row: Row) -> Row | None:
        nonlocal pages_left
        draws = pages_left > 0
        if step == "landmarks" and not draws and catalog.is_done("crop", key, row[0]):
            return None
        pages_left -= draws
        return *row, draws

    def save(results: Sequence[CropResult]) -> Mapping[str, Sequence[str]]:
        catalog.put_mouths_of({result.name: result.mouths() for result in results})
        return {
            "crop": [result.name for result in results],
            "landmarks": [result.name for result in results if result.page],
        }

    return PixelStage(
        name=step,
        key=key,
        where=f"{IN_USE} AND {DETECTED}",
        columns=_COLUMNS,
        select=select,
        work=partial(
            _crop_row, place=place, settings=settings,
            pages=context.workspace.reports / PAGES_FOLDER,
        ),
        save=save,
        crashed=lambda name: CropResult(name=name, error=CRASHED),
        replaces=("crop", "landmarks"),
    )  # fmt: skip


def _crop_row(row: Row, place: Workspace, settings: CropSettings, pages: Path) -> CropResult:
    """Crop the mouths of a sample; `row` has the columns `_COLUMNS`, and True to draw its page."""
    *values, draws = row
    sample = checked(_COLUMNS, values)
    name, faces = sample["name"], sample["faces"] or ()
    targets = tuple(place.mouth(mouth_name(name, i)) for i in range(len(faces)))
    page = pages / f"{name}.jpg" if draws else None
    job = CropJob(name, _pixels(place, sample), faces, targets, page)
    return crop_mouths(job, settings, place.store.parts)


def _pixels(place: Workspace, sample: Mapping[str, Any]) -> Location:
    """Return the file that the mouths of a sample are cropped from.

    This is the converted picture, except for a collected crop in a PNG file that is copied to the
    workspace: its pixels stay as they are, while the converted picture is a JPEG.
    """
    original = sample["original"]
    is_copied_crop = sample["kind"] == "mouth" and not Path(original).is_absolute()
    if is_copied_crop and sample["format"] == "PNG":
        return place.original_at(original)
    return place.image(sample["name"])


def _detected_again(catalog: Catalog, count: int, backend: str) -> str:
    """Return a note on pictures whose faces were detected again because settings changed."""
    text = f"detected the faces of {count:,} pictures again with the backend {backend}"
    if lost := catalog.total(IN_USE, WITHOUT_FACES):
        text += f"; {lost:,} pictures in use have no detected face; drop them with `moue clean`"
    return text
