"""Evaluate the bundled model `mediapipe` and the plain rules on labelled mouths of people."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime

from moue.cli.console import ConsoleProgress
from moue.evaluation.metrics import confusion_matrix, macro_f1, wilson
from moue.files import write_json
from moue.geometry import iou
from moue.model import bundled
from moue.workspace.types import LABELS, Image
from research.common.video_frames import read_picture
from research.face_mesh.train_mouth_model import NAME, SCORES, detect_mesh_faces, mesh_crop
from research.mouth_classifier.development_data import Mouth, mouths

Labels = npt.NDArray[np.int64]
COMMAND = "python -m research evaluate-face-mesh-classifier DATA"
SLICES = {"dev4": "dev4/", "HELEN": "helen/", "web pictures": "webscrape/"}
"""Sets by the start of their file names. UTKFace is left out: its labelled mouths were chosen
because MediaPipe proposed a pout."""
MIN_IOU, PAD, BOOTSTRAP = 0.1, 0.25, 1000
"""Minimum IoU of a detection with the known lip box; border of the tight crops of dev4 in sides."""


def evaluate_mouth_model(data: Path) -> None:
    """Print the scores of the model and of the rules, and save those of the model for its card."""
    session = _session()
    starts = tuple(SLICES.values())
    chosen = [m for m in mouths(data) if m.label and m.lips is not None]
    chosen = [m for m in chosen if m.file.startswith(starts)]
    progress = ConsoleProgress()
    with progress.shown():
        rows = [predict(session, data, m) for m in progress.track(chosen, "predict", len(chosen))]
    targets = np.array([LABELS.index(str(m.label)) for m in chosen])
    scores = []
    for name, start in SLICES.items():
        here = np.array([m.file.startswith(start) for m in chosen])
        for number, title in enumerate((NAME, "rules")):
            given = np.array([row[number] for row in rows])
            # A mouth that was not found counts as the next label, which is wrong.
            given = np.where(given < 0, (targets + 1) % len(LABELS), given)
            found = score_rows(name, targets[here], given[here])
            progress.say(f"{title}, {name}: {found}")
            scores += found if title == NAME else []
    missed = sum(row[0] < 0 for row in rows)
    scores.append(_share("all of these", "faces found", len(rows) - missed, len(rows)))
    write_json(SCORES, scores)


def predict(session: onnxruntime.InferenceSession, data: Path, mouth: Mouth) -> tuple[int, int]:
    """Return the labels of a mouth by the model and by the rules; -1 if it is not found."""
    image, lips = read_picture(data, mouth.file), mouth.lips
    assert lips is not None
    if mouth.file.startswith("dev4/"):
        border = round(PAD * max(image.shape))
        image, lips = _padded(image, border), lips + border
    faces = detect_mesh_faces(image)
    overlaps = [float(iou(face.lips, lips)) for face in faces]
    if not overlaps or max(overlaps) < MIN_IOU:
        return -1, -1
    crop = mesh_crop(image, faces[int(np.argmax(overlaps))])
    logits, rules = session.run(["logits", "rules"], {"image": crop[None]})
    return int(logits[0].argmax()), int(rules[0].argmax())


def score_rows(on: str, targets: Labels, given: Labels) -> list[dict[str, Any]]:
    """Return accuracy, macro-F1 and recalls with 95 % intervals as rows of a model card."""
    rng = np.random.default_rng(0)
    picks = [rng.integers(len(targets), size=len(targets)) for _ in range(BOOTSTRAP)]
    low, high = np.quantile([_f1(targets[p], given[p]) for p in picks], [0.025, 0.975])
    rows = [
        _share(on, "accuracy", int((targets == given).sum()), len(targets)),
        _row(on, "macro-F1", _f1(targets, given), float(low), float(high), len(targets)),
    ]
    for index, label in enumerate(LABELS):
        here = targets == index
        if right := int((given[here] == index).sum()):
            rows.append(_share(on, f"recall of {label}", right, int(here.sum())))
    return rows


def _f1(targets: Labels, given: Labels) -> float:
    return macro_f1(confusion_matrix(targets, given, len(LABELS))) or 0.0


def _share(on: str, measure: str, right: int, count: int) -> dict[str, Any]:
    low, high = wilson(right, count) or (0.0, 1.0)
    return _row(on, measure, right / count, low, high, count)


def _row(
    on: str, measure: str, value: float, low: float, high: float, count: int
) -> dict[str, Any]:
    return {
        "on": on,
        "measure": measure,
        "value": round(value, 4),
        "low": round(low, 4),
        "high": round(high, 4),
        "count": count,
        "command": COMMAND,
    }


def _padded(image: Image, border: int) -> Image:
    return np.pad(image, ((border, border), (border, border), (0, 0)), mode="edge")


def _session() -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    data = bundled.read_verified(bundled.load_card(NAME), bundled.ONNX)
    return onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
