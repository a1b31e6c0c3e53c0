"""Train the student of the classifier `free` on CC0 heads, and combine it with `mediapipe`."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np

from moue.files import write_bytes, write_json
from moue.model import bundled
from moue.model.bundled import Card, Score
from moue.training.prepare import Prepared
from moue.training.train import train_prepared
from moue.training.train_settings import TrainSettings
from moue.workspace.types import LABELS
from research.mouth_classifier.combine_free import combined
from research.mouth_classifier.crops import Pixels
from research.mouth_classifier.fit_network import (
    TrainingSet,
    crops,
    one_hot,
    training_set,
    val_crops,
)
from research.mouth_classifier.rendered_heads import heads_source, read_heads
from research.mouth_classifier.student_dataset import STUDENT
from research.mouth_classifier.synthetic_crops import occluded_mouths, off_mouth_crops

SCORES = Path(__file__).parent / "free_scores.json"
"""Scores of the card, written by evaluate-on-people."""
NAME, VERSION, DATE = "free", "1.0", "2026-11-27"
VALIDATION_PERSONS = 10
"""One of this many persons is for validation."""
RECIPE = dataclasses.replace(STUDENT, epochs=12)
SAMPLES = 4000
"""Mouths in an epoch."""


def train_free(heads: Path, work: Path) -> None:
    """Train the student, and write `free` with its card into the package.

    Args:
        heads: folder written by `draw-varied-heads`.
        work: folder for the run; a stopped training resumes.
    """
    pixels, labels, persons = read_heads(heads)
    val = persons % VALIDATION_PERSONS == 0
    targets = one_hot(labels)
    train_set = _train_set(pixels[~val], targets[~val])
    val_set = training_set(pixels[val], targets[val], RECIPE)
    counts = {
        name: dict(zip(LABELS, targets[part].sum(0).astype(int).tolist(), strict=True))
        for name, part in (("train", ~val), ("val", val))
    }
    prepared = Prepared(
        recipe=RECIPE,
        spec=RECIPE.spec(LABELS),
        train=crops(train_set, SAMPLES),
        val=val_crops(val_set, RECIPE),
        settings=TrainSettings(recipe="best", epochs=RECIPE.epochs),
        counts=counts,
    )
    run = work / NAME
    train_prepared(prepared, run, lambda epoch: print(epoch, flush=True))
    print(f"written: {install(run, len(labels)).name}")


def install(run: Path, count: int) -> Card:
    """Write the combination of `mediapipe` and the student into the package, with its card.

    Args:
        run: finished run of the student.
        count: number of heads.
    """
    first = bundled.load_card("mediapipe")
    student = (run / "model.onnx").read_bytes()
    data = combined(bundled.read_verified(first, bundled.ONNX), student)
    rows = json.loads(SCORES.read_text(encoding="utf-8")) if SCORES.exists() else []
    others = tuple(source for source in first.sources if source.role != "training")
    card = Card(
        name=NAME,
        version=VERSION,
        date=DATE,
        licence="Apache-2.0",
        sources=(heads_source(count), *others),
        scores=tuple(Score(**row) for row in rows),
        labels=LABELS,
        files={bundled.ONNX: bundled.sha256_of(data)},
    )
    bundled.check(card)
    assert card.free
    write_bytes(bundled.FOLDER / f"{NAME}{bundled.ONNX}", data)
    write_json(bundled.FOLDER / f"{NAME}{bundled.CARD}", card.to_dict())
    return card


def _train_set(pixels: Pixels, targets: np.ndarray) -> TrainingSet:
    rng = np.random.default_rng(5)
    some, others = (rng.permutation(len(pixels))[:800] for _ in range(2))
    without = np.concatenate(
        [
            occluded_mouths(pixels[some], pixels[others], 7),
            off_mouth_crops(pixels[others], 8),
        ]
    )
    # Without a visible mouth no label is right, so a low probability makes the model abstain.
    uniform = np.full((len(without), len(LABELS)), 1 / len(LABELS), np.float32)
    return TrainingSet.join(
        [
            training_set(pixels, targets, RECIPE),
            training_set(without, uniform, RECIPE, 0.15),
        ]
    )
