"""Stage 5: from every face to the picture of its mouth, `mouths/<name>_mouth.png`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Annotated

from moue.dataset.detect_faces import detect_key, run_detection
from moue.dataset.landmark_pages import FOLDER, SHEETS, contact_sheets, page
from moue.errors import ImageError
from moue.face.backends import FaceSettings, resolve_backend
from moue.face.mouth_crop import crop_mouth
from moue.files import Staged, stage
from moue.media.image import encode_jpeg, encode_png, read_image
from moue.progress import Progress, Summary
from moue.settings import Setting, fingerprint
from moue.workspace.catalog import Catalog
from moue.workspace.owned_files import damaged
from moue.workspace.stages import run_pixels
from moue.workspace.types import Face, Mouth
from moue.workspace.workspace import Workspace

_LOOKED_AT = (
    "phash IS NOT NULL AND dropped IS NULL AND faces IS NOT NULL "
    "AND EXISTS (SELECT 1 FROM steps AS s WHERE s.name = samples.name AND s.stage = 'detect')"
)


@dataclass(frozen=True, kw_only=True)
class CropSettings:
    """Settings of `moue crop`."""

    min_lips: Annotated[float, Setting("narrower lips are left out, px", low=1)] = 12.0
    annotate: Annotated[
        int | None,
        Setting(
            "also write pages that show the faces with their numbered points and crops: of this "
            "many pictures, or of all",
            low=0,
            bare="0",
            once=True,
        ),
    ] = None


@dataclass(frozen=True, slots=True)
class CropJob:
    """One picture and the faces to cut mouths from."""

    name: str
    picture: Path
    faces: tuple[Face, ...]
    targets: tuple[Path, ...]
    annotated: Path | None


@dataclass(frozen=True, slots=True)
class CropResult:
    """The side in pixels of each crop, None where lips were too small; or what went wrong.

    Attributes:
        backends: what found each of the faces.
        page: whether its page was drawn.
    """

    name: str
    sides: tuple[int | None, ...] = ()
    backends: tuple[str | None, ...] = ()
    error: str | None = None
    files: tuple[Staged, ...] = ()
    page: bool = False


def mouth_name(sample: str, face: int) -> str:
    """Return the name of the mouth of face number `face`, counted from 0."""
    return sample if face == 0 else f"{sample}-face{face + 1}"


def crop_mouths(job: CropJob, settings: CropSettings) -> CropResult:
    """Cut the mouths of one picture; pixels outside the picture repeat its border.

    Raises:
        OSError: a target cannot be written.
    """
    try:
        image = read_image(job.picture)
    except (ImageError, FileNotFoundError) as error:
        return CropResult(job.name, error=str(error))
    sides: list[int | None] = []
    files: list[Staged] = []
    for face, target in zip(job.faces, job.targets, strict=True):
        if float((face.lips[2:] - face.lips[:2]).max()) < settings.min_lips:
            sides.append(None)
            continue
        crop = crop_mouth(image, face.mouth_box, face.roll)
        files.append(stage(target, encode_png(crop), job.name))
        sides.append(crop.shape[0])
    if job.annotated is not None:
        drawn = encode_jpeg(page(image, job.faces), 90)
        files.append(stage(job.annotated, drawn, job.name))
    backends = tuple(face.backend for face in job.faces)
    return CropResult(
        job.name, tuple(sides), backends, files=tuple(files), page=job.annotated is not None
    )


def crop(
    workspace: Workspace,
    catalog: Catalog,
    settings: CropSettings,
    face: FaceSettings,
    progress: Progress,
    workers: int = 0,
) -> Summary:
    """Cut the mouths of every picture in use that has not been cut with these settings.

    What was cut, and has been lost or cut short since, is cut again. Where other settings found
    the faces, these look for them again first, so that every mouth is of the backend it names.
    """
    again = run_detection(workspace, catalog, face, progress, workers, _LOOKED_AT)
    with catalog.transaction():
        for stage_name, folder in (("crop", "mouths"), ("landmarks", "reports/landmarks")):
            for _, sample in damaged(catalog, folder):
                catalog.forget_step(sample, stage_name)
    # Pages with points are a step of their own: without them nothing is to be cut again.
    step = "crop" if settings.annotate is None else "landmarks"
    key = fingerprint(replace(settings, annotate=None), detect_key(face))
    total, samples = catalog.pending(step, key, "dropped IS NULL AND faces IS NOT NULL")
    most = 0 if settings.annotate is None else settings.annotate or total

    def jobs() -> Iterator[CropJob]:
        drawn = 0
        for s in samples:
            if drawn == most and step == "landmarks" and catalog.is_done("crop", key, s.name):
                continue
            faces, with_page = s.faces or (), drawn < most
            drawn += with_page
            targets = tuple(workspace.mouth(mouth_name(s.name, i)) for i in range(len(faces)))
            place = workspace.reports / FOLDER / f"{s.name}.jpg" if with_page else None
            yield CropJob(s.name, workspace.image(s.name), faces, targets, place)

    def save(cut: CropResult) -> None:
        if cut.error:
            progress.say(f"{cut.name}: {cut.error}; `moue convert` makes it again")
            catalog.forget_steps(cut.name)
            return
        mouths = [
            Mouth(
                name=mouth_name(cut.name, i), sample=cut.name, face=i, width=side, backend=backend
            )
            for i, (side, backend) in enumerate(zip(cut.sides, cut.backends, strict=True))
            if side is not None
        ]
        catalog.put_mouths(cut.name, mouths)
        for made in ("crop", "landmarks") if cut.page else ("crop",):
            catalog.mark_done(made, key, [cut.name])

    function = partial(crop_mouths, settings=settings)
    done = run_pixels(
        "crop", jobs(), total, function, save, catalog, workers, progress,
        lambda cut: cut.files,
    )  # fmt: skip
    count = sum(catalog.count_in_use("face").values())
    summary = Summary(stage="crop", done=done, counts={"mouths": count})
    if again:
        summary.notes.append(_looked_again(catalog, again, resolve_backend(face)))
    if settings.annotate is not None:
        contact_sheets(workspace, catalog)
        summary.files += [workspace.reports / FOLDER, workspace.reports / SHEETS]
    return summary


def _looked_again(catalog: Catalog, count: int, backend: str) -> str:
    """Say that faces were found otherwise before, and what is still to be decided by them."""
    text = f"looked for faces again with {backend}, in {count:,} {_pictures(count)}"
    without = catalog.count("samples", "kind", "dropped IS NULL AND faces = '[]'")
    if lost := sum(without.values()):
        text += f"; {lost:,} {_pictures(lost)} in use show none now: `moue clean` sets them aside"
    return text


def _pictures(count: int) -> str:
    return "picture" if count == 1 else "pictures"
