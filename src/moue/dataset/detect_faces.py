"""Measurements of stage 3: faces, scores and mouth hash, all from one decoded grey picture.

The catalog stores the scores, so new thresholds need no new measurements.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

import cv2
import numpy as np

from moue.dataset.phash import phash
from moue.errors import ImageError
from moue.face.backends import FaceSettings, detect_faces, grey_for, resolve_backend
from moue.face.face_patch import face_patch, small_patch
from moue.face.mouth_crop import CROP_SCALE, crop_mouth, crop_square
from moue.geometry import scale_box, square_around
from moue.media.image import Grey, Picture
from moue.settings import fingerprint
from moue.store import Location
from moue.workspace.conditions import CONVERTED
from moue.workspace.context import Context
from moue.workspace.row_mapping import checked, column, fingerprint_columns
from moue.workspace.stage_rows import Row, put_fingerprints, update_samples
from moue.workspace.stages import CRASHED, PixelResult, PixelStage
from moue.workspace.types import Face, Fingerprint
from moue.workspace.workspace import Workspace

_SCORE_SIDE = 96
_COLUMNS = ("name", "kind")
"""Columns of the table `samples` that an analysis needs."""
_RESULTS = ("faces", "scores", "mouth_phash", "backend")
"""Columns of the table `samples` that an analysis sets."""


@dataclass(frozen=True, slots=True)
class DetectJob:
    """One converted picture to analyse.

    Attributes:
        name: Name of the sample.
        path: Place of the converted picture.
        kind: Kind of the sample: `photo` or `mouth`.
    """

    name: str
    path: Location
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectResult(PixelResult):
    """Faces and scores of one picture; `error` is set if the file cannot be read.

    Attributes:
        faces: Detected faces, the main face first.
        scores: Size in pixels, sharpness and exposure of the main face; see `measure`.
        mouth_phash: 64-bit perceptual hash of the mouth of the main face; None if there is no face.
        backend: Name of the backend; None for a collected mouth crop.
        fingerprint: Hash of the mirrored picture and patch of the main face; None if no face
            was found.
    """

    faces: tuple[Face, ...] = ()
    scores: dict[str, float] = field(default_factory=dict)
    mouth_phash: int | None = None
    backend: str | None = None
    fingerprint: Fingerprint | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectedRow(PixelResult):
    """The analysis of one picture as values for the catalog, converted in the worker process.

    Attributes:
        values: Values of the columns `_RESULTS`.
        fingerprint: Values of the columns of the fingerprint; None if no face was found.
    """

    values: Row = ()
    fingerprint: tuple[int, str] | None = None


def analyse_picture(job: DetectJob, settings: FaceSettings) -> DetectResult:
    """Detect the faces of one picture, and compute the scores of the main face."""
    try:
        picture = Picture(job.path.read_bytes())
        faces = [_whole(picture)] if job.kind == "mouth" else detect_faces(picture, settings)
        backend = None if job.kind == "mouth" else resolve_backend(settings)
        if not faces:
            return DetectResult(name=job.name, backend=backend)
        grey = grey_for(picture, settings)
    except (ImageError, OSError) as error:
        return DetectResult(name=job.name, error=str(error))
    scale = grey.shape[1] / picture.width
    main = faces[0]
    scores = measure(crop_square(grey, square_around(main.box) * scale))
    mouth = crop_mouth(grey, main.mouth_box * scale, main.roll)
    scores = {"face_px": round(main.size, 1)} | scores
    patch = small_patch(grey) if job.kind == "mouth" else face_patch(grey, main, scale)
    mirror = phash(np.ascontiguousarray(grey[:, ::-1]))
    fingerprint = Fingerprint(mirror, patch.tobytes())
    return DetectResult(
        name=job.name, faces=tuple(faces), scores=scores, mouth_phash=phash(mouth),
        backend=backend, fingerprint=fingerprint,
    )  # fmt: skip


def measure(face: Grey) -> dict[str, float]:
    """Return the scores `sharpness`, `highlight` and `shadow` of a grey (H, W) picture of a face.

    `sharpness` is the variance of the Laplacian divided by the variance of the picture, at a fixed
    size. It is about 0 for a face out of focus, and does not depend on the contrast.
    `highlight` and `shadow` are the 98th and the 2nd percentile of the brightness, from 0 to 1: a
    low `highlight` shows underexposure, and a high `shadow` shows overexposure. The median is not
    used, because dark skin lowers it.
    """
    small = cv2.resize(face, (_SCORE_SIDE, _SCORE_SIDE), interpolation=cv2.INTER_AREA)
    values = small.astype(np.float32)
    # 1.0 prevents a division by zero, and noise of a uniform patch from counting as sharpness.
    detail = float(cv2.Laplacian(values, cv2.CV_32F).var() / (values.var() + 1.0))
    shadow, highlight = np.percentile(values, [2, 98]) / 255
    return {
        "sharpness": round(detail, 4),
        "highlight": round(float(highlight), 3),
        "shadow": round(float(shadow), 3),
    }


def detect_key(settings: FaceSettings) -> str:
    """Return a key that identifies the face settings and the backend that they select."""
    return fingerprint(settings, resolve_backend(settings))


def detect(context: Context, where: str = CONVERTED) -> int:
    """Detect faces in every converted picture that has no detection with the current settings.

    Args:
        where: SQL condition that selects the samples.

    Returns:
        Number of analysed pictures.
    """
    return detect_stage(context, where).run(context)


def detect_stage(context: Context, where: str = CONVERTED) -> PixelStage[DetectedRow]:
    """Return the pixel stage that detects faces in the samples that meet an SQL condition."""
    catalog, settings = context.catalog, context.config.get(FaceSettings)

    def save(results: Sequence[DetectedRow]) -> Mapping[str, Sequence[str]]:
        rows = [(result.name, *result.values) for result in results]
        update_samples(catalog, _RESULTS, rows)
        put_fingerprints(catalog, {result.name: result.fingerprint for result in results})
        return {"detect": [result.name for result in results]}

    return PixelStage(
        name="detect",
        key=detect_key(settings),
        where=where,
        columns=_COLUMNS,
        work=partial(_analyse_row, place=context.place, settings=settings),
        save=save,
        crashed=lambda name: DetectedRow(name=name, error=CRASHED),
    )


def _analyse_row(row: Row, place: Workspace, settings: FaceSettings) -> DetectedRow:
    """Analyse the picture of a row with the columns `_COLUMNS`."""
    sample = checked(_COLUMNS, row)
    job = DetectJob(sample["name"], place.image(sample["name"]), sample["kind"])
    found = analyse_picture(job, settings)
    return DetectedRow(
        name=found.name,
        error=found.error,
        values=tuple(column(name, getattr(found, name)) for name in _RESULTS),
        fingerprint=None if found.fingerprint is None else fingerprint_columns(found.fingerprint),
    )


def _whole(picture: Picture) -> Face:
    """Return a face whose box covers a whole picture, for pictures that are mouth crops."""
    box = np.array([0, 0, picture.width, picture.height], np.float32)
    square = square_around(box)
    # Lips of this size have the whole picture as their mouth box.
    lips = scale_box(square, 1 / CROP_SCALE)
    return Face(box=box, score=1.0, landmarks=None, lips=lips, mouth_box=square)
