"""The measuring half of stage 3: faces, scores and the mouth's hash, from one grey decode.

Scores are kept beside verdicts, so thresholds can be moved without measuring again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import cv2
import numpy as np

from moue.dataset.phash import phash
from moue.errors import ImageError
from moue.face.backends import FaceSettings, detect_faces, grey_for, resolve_backend
from moue.face.face_patch import face_patch, small_patch
from moue.face.mouth_crop import CROP_SCALE, crop_mouth, crop_square
from moue.files import Staged
from moue.geometry import scale_box, square_around
from moue.media.image import Grey, Picture
from moue.settings import fingerprint
from moue.workspace.conditions import CONVERTED
from moue.workspace.context import Context
from moue.workspace.stages import PixelStage
from moue.workspace.types import Face, Fingerprint

_SCORE_SIDE = 96


@dataclass(frozen=True, slots=True)
class DetectJob:
    """One converted picture to look at."""

    name: str
    path: Path
    kind: str


@dataclass(frozen=True, slots=True)
class DetectResult:
    """What was seen in it; `error` is set when the file could not be read."""

    name: str
    faces: tuple[Face, ...] = ()
    scores: dict[str, float] = field(default_factory=dict)
    mouth_phash: int | None = None
    backend: str | None = None
    fingerprint: Fingerprint | None = None
    error: str | None = None
    files: tuple[Staged, ...] = ()


def analyse_picture(job: DetectJob, settings: FaceSettings) -> DetectResult:
    """Find the faces of one picture, and measure the main one."""
    try:
        picture = Picture(job.path.read_bytes())
        faces = [_whole(picture)] if job.kind == "mouth" else detect_faces(picture, settings)
        backend = None if job.kind == "mouth" else resolve_backend(settings)
        if not faces:
            return DetectResult(job.name, backend=backend)
        grey = grey_for(picture, settings)
    except (ImageError, OSError) as error:
        return DetectResult(job.name, error=str(error))
    scale = grey.shape[1] / picture.width
    main = faces[0]
    scores = measure(crop_square(grey, square_around(main.box) * scale))
    mouth = crop_mouth(grey, main.mouth_box * scale, main.roll)
    scores = {"face_px": round(main.size, 1)} | scores
    patch = small_patch(grey) if job.kind == "mouth" else face_patch(grey, main, scale)
    mirror = phash(np.ascontiguousarray(grey[:, ::-1]))
    fingerprint = Fingerprint(mirror, patch.tobytes())
    return DetectResult(job.name, tuple(faces), scores, phash(mouth), backend, fingerprint)


def measure(face: Grey) -> dict[str, float]:
    """Return how sharp and how exposed a grey picture of a face is.

    Returns:
        sharpness: energy of the finest detail over all detail, at a common size; about 0 for
            a face out of focus. Contrast does not change it.
        highlight: brightness, 0 to 1, that 2 % of the pixels exceed; low when underexposed.
        shadow: brightness that 98 % of the pixels exceed; high when overexposed. These are
            the ends of the range, not its middle, so that dark skin is not called dark.
    """
    small = cv2.resize(face, (_SCORE_SIDE, _SCORE_SIDE), interpolation=cv2.INTER_AREA)
    values = small.astype(np.float32)
    detail = float(cv2.Laplacian(values, cv2.CV_32F).var() / (values.var() + 1.0))
    shadow, highlight = np.percentile(values, [2, 98]) / 255
    return {
        "sharpness": round(detail, 4),
        "highlight": round(float(highlight), 3),
        "shadow": round(float(shadow), 3),
    }


def detect_key(settings: FaceSettings) -> str:
    """Return what changes when other settings, or another backend, would find other faces."""
    return fingerprint(settings, resolve_backend(settings))


def detect(context: Context, where: str = CONVERTED) -> int:
    """Detect faces in every converted picture not yet done with these settings.

    Args:
        where: condition on the samples to work on.

    Returns:
        The number of pictures done.
    """
    workspace, catalog = context.workspace, context.catalog
    settings = context.config.get(FaceSettings)

    def save(result: DetectResult) -> Sequence[str]:
        catalog.update_sample(
            result.name,
            faces=result.faces,
            scores=result.scores,
            mouth_phash=result.mouth_phash,
            backend=result.backend,
        )
        catalog.put_fingerprint(result.name, result.fingerprint)
        return ("detect",)

    return PixelStage(
        name="detect",
        key=detect_key(settings),
        where=where,
        make_job=lambda s: DetectJob(s.name, workspace.image(s.name), s.kind),
        work=partial(analyse_picture, settings=settings),
        save=save,
    ).run(context)


def _whole(picture: Picture) -> Face:
    """The face of a picture that is a mouth crop already: the crop is all of it."""
    box = np.array([0, 0, picture.width, picture.height], np.float32)
    square = square_around(box)
    lips = scale_box(square, 1 / CROP_SCALE)
    return Face(box=box, score=1.0, landmarks=None, lips=lips, mouth_box=square)
