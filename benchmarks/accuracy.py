"""Accuracy of the bundled models and of a rival on labelled pictures, with 95 % intervals.

The rival is `rules`: MediaPipe's face landmarker with plain rules on a smile, the gap between the
lips and a pucker, whose thresholds were not fitted to any of the pictures. A face that is not found
counts as wrong.

Example: python -m benchmarks.accuracy photos/ --models mouth mediapipe rules
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import onnxruntime

from benchmarks.roll import labelled
from moue.errors import ImageError
from moue.evaluation.metrics import confusion_matrix, macro_f1, wilson
from moue.face.backends import FaceSettings
from moue.media.image import read_image
from moue.model import bundled
from moue.model.classifier import Classifier
from moue.model.spec import Floats
from moue.predict.predictor import Predictor
from moue.settings import build
from moue.workspace.types import LABELS

RULES, MESH_MODEL = "rules", "mediapipe"
BACKENDS = {RULES: MESH_MODEL, MESH_MODEL: MESH_MODEL}
"""Face backend of each model, if it is not that of its training."""
BOOTSTRAP = 1000


class RuleClassifier(Classifier):
    """The plain rules, an output of the model `mediapipe`."""

    def __init__(self) -> None:
        data = bundled.read_verified(bundled.load_card(MESH_MODEL), bundled.ONNX)
        super().__init__(data, where=RULES, verified=True)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.log_severity_level = 3
        self._rules = onnxruntime.InferenceSession(
            data, options, providers=["CPUExecutionProvider"]
        )

    def run(self, images: npt.NDArray[np.uint8]) -> tuple[Floats, Floats]:
        """Return the probabilities of the rules and their logarithms, both (N, K) float32."""
        (probabilities,) = self._rules.run(["rules"], {"image": images})
        return probabilities, np.log(np.maximum(probabilities, 1e-9))


def predictor(name: str) -> Predictor[str]:
    """Return the predictor of a bundled model, or of `rules`."""
    named = {"backend": BACKENDS[name]} if name in BACKENDS else {}
    settings = build(FaceSettings, named, "backend")
    if name == RULES:
        return Predictor(RuleClassifier(), settings)
    return Predictor.load(name, settings)


def predicted(name: str, pictures: Sequence[tuple[Path, str]], pad: float) -> list[str | None]:
    """Return the label of the main face of each picture; None if no face is found."""
    classify = predictor(name)
    labels: list[str | None] = []
    for path, _ in pictures:
        try:
            image = read_image(path)
        except (ImageError, OSError):
            labels.append(None)
            continue
        border = round(pad * max(image.shape))
        padded = np.pad(image, ((border, border), (border, border), (0, 0)), mode="edge")
        found = classify.predict(padded)
        labels.append(found[0].label if found else None)
    return labels


def scores(truth: Sequence[str], labels: Sequence[str | None]) -> dict[str, object]:
    """Return accuracy and macro-F1 with intervals, the recalls, and the share of found faces."""
    targets = np.array([LABELS.index(label) for label in truth])
    # A missed face counts as the next label, which is wrong.
    given = np.array(
        [
            (target + 1) % len(LABELS) if label is None else LABELS.index(label)
            for target, label in zip(targets.tolist(), labels, strict=True)
        ]
    )
    rng = np.random.default_rng(0)
    draws = [_f1(targets[pick], given[pick]) for pick in _picks(rng, len(targets))]
    low, high = np.quantile(draws, [0.025, 0.975]).tolist()
    right = int((targets == given).sum())
    return {
        "pictures": len(targets),
        "found": sum(label is not None for label in labels) / len(targets),
        "accuracy": (right / len(targets), wilson(right, len(targets))),
        "macro-F1": (_f1(targets, given), (low, high)),
        "recall": {
            label: float((given[targets == index] == index).mean())
            for index, label in enumerate(LABELS)
            if (targets == index).any()
        },
    }


def _picks(rng: np.random.Generator, count: int) -> Sequence[npt.NDArray[np.int64]]:
    return [rng.integers(count, size=count) for _ in range(BOOTSTRAP)]


def _f1(targets: npt.NDArray[np.int64], given: npt.NDArray[np.int64]) -> float:
    return macro_f1(confusion_matrix(targets, given, len(LABELS))) or 0.0


def main() -> None:
    """Print a JSON object of scores for each model."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.accuracy", description=__doc__)
    parser.add_argument("data", type=Path, help="folder of none/ pout/ smile/ open/")
    parser.add_argument("--models", nargs="+", default=["mouth", MESH_MODEL, RULES], help="models")
    parser.add_argument("--most", type=int, help="maximum number of pictures, evenly chosen")
    parser.add_argument("--pad", type=float, default=0, help="border to add, in picture sides")
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    pictures = labelled(arguments.data, arguments.most)
    for name in arguments.models:
        labels = predicted(name, pictures, arguments.pad)
        print(json.dumps({"model": name} | scores([label for _, label in pictures], labels)))


if __name__ == "__main__":
    main()
