"""Evaluate the lip boxes of the backend `moue` by the shape of the mouth, on held-out pictures.

The true box is that of a face mesh. A face that is not found counts with an IoU of 0.

With `--hold-out`, for a network of `train-lips --hold-out`, the pictures include a third of the
open mouths of the other sets, and lower faces of the held-out sources of `mouths3`. These lack the
eyes, so the first pass gets a wide view, placed as inexactly as the face detector places it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import cv2
import numpy as np

from moue.face import lip_landmarks
from moue.face.backends import detect_faces
from moue.face.face_settings import FaceSettings
from moue.files import write_json
from moue.geometry import bounding_box, iou
from moue.media.image import Picture
from moue.model.bundled import Score
from research.common.held_out import held_out
from research.common.landmarks import OUTER_LIPS
from research.face_detector import lower_face_images
from research.face_detector.known_faces import KnownFace, mesh_faces, open_held_out
from research.face_detector.lip_samples import WIDE, jitter
from research.face_detector.lower_face_samples import wide_matrix
from research.face_detector.mouth_shapes import SHAPES
from research.face_detector.train_lips import HELD_OUT_SOURCES

COMMAND = "python -m research evaluate-lips"
RESAMPLES, WORST = 2000, 0.05
"""Bootstrap resamples of an interval; the fraction of the worst boxes."""


def evaluate_lips(data: Path, mesh: Path, work: Path, hold_out: bool = False) -> None:
    """Print a line per shape, and write `work`/scores-lips.json for the card."""
    cv2.setNumThreads(1)
    faces = [
        face
        for face in mesh_faces(data, mesh)
        if (hold_out and face.in_training and open_held_out(face)) or _held_out(face)
    ]
    scores = _report("held-out faces", ((face.shape, _overlap(face)) for face in faces))
    if hold_out:
        _report("lower faces of held-out sources", lower_face_overlaps(work))
    write_json(work / "scores-lips.json", [asdict(score) for score in scores])


def lower_face_overlaps(work: Path) -> Iterator[tuple[int, float]]:
    """Yield the shape and the IoU of each lower face of HELD_OUT_SOURCES."""
    networks, rng = lip_landmarks.lip_networks(), np.random.default_rng(0)
    with np.load(work / lower_face_images.FILE) as known:
        held = np.isin(known["sources"], HELD_OUT_SOURCES)
        rows = zip(*(known[k][held] for k in ("images", "boxes", "corners", "shapes")), strict=True)
        for image, box, corners, shape in rows:
            matrix = jitter(wide_matrix(box, corners, rng), rng, WIDE)
            _, lips = lip_landmarks.locate_lips(networks, image, [matrix])
            yield int(shape), float(iou(bounding_box(lips[0]), box))


def _held_out(face: KnownFace) -> bool:
    # A copy of a held-out picture has another file name and would count twice.
    return held_out(face.identity) and Path(face.identity).name == face.file.name


def _overlap(face: KnownFace) -> float:
    true = bounding_box(face.mesh[OUTER_LIPS])
    found = detect_faces(Picture(face.file.read_bytes()), FaceSettings(backend="moue"))
    return max((float(iou(one.lips, true)) for one in found if one.lips is not None), default=0.0)


def _report(name: str, rows: Iterator[tuple[int, float]]) -> list[Score]:
    """Print median and worst IoUs by shape; return them with bootstrap intervals."""
    values: dict[str, list[float]] = defaultdict(list)
    for shape, overlap in rows:
        values[SHAPES[shape]].append(overlap)
    scores = []
    for label in SHAPES:
        given = np.array(values[label], np.float64)
        if not len(given):
            continue
        drawn = np.random.default_rng(0).choice(given, (RESAMPLES, len(given)))
        for measure, quantile in (("median overlap", 0.5), ("overlap of the worst 5 %", WORST)):
            value = float(np.quantile(given, quantile))
            low, high = np.quantile(np.quantile(drawn, quantile, axis=1), (0.025, 0.975))
            score = Score(
                on=f"{name}: {label}", measure=f"{measure} of lip boxes", value=round(value, 4),
                low=round(float(low), 4), high=round(float(high), 4), count=len(given),
                command=COMMAND,
            )  # fmt: skip
            scores.append(score)
            print(f"{name}: {label:6}{len(given):5} {measure}: {value:.3f} ({low:.3f}-{high:.3f})")
    return scores
