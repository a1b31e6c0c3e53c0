"""Train the classifier `free` on CC0 heads alone: no picture of a person, no teacher of people."""

from __future__ import annotations

import csv
import dataclasses
from pathlib import Path

import numpy as np

from moue.evaluation.metrics import wilson
from moue.face.mouth_crop import CROP_SCALE, crop_square, mouth_box
from moue.media.image import read_image
from moue.model.bundled import Card, ModelInfo, Score, TrainingSource
from moue.model.spec import resize
from moue.training.prepare import Prepared
from moue.training.publish import publish
from moue.training.train import train_prepared
from moue.training.train_settings import TrainSettings
from moue.workspace.types import LABELS
from research.mouth_classifier.crops import CROP_FRACTION, SIDE, Pixels
from research.mouth_classifier.fit_network import (
    TrainingSet,
    crops,
    one_hot,
    training_set,
    val_crops,
)
from research.mouth_classifier.student_dataset import STUDENT
from research.mouth_classifier.synthetic_crops import occluded_mouths, off_mouth_crops

NAME, VERSION, DATE = "free", "1.0", "2026-11-27"
VALIDATION_PERSONS = 10
"""One of this many persons is for validation."""
RECIPE = dataclasses.replace(STUDENT, epochs=16)
SAMPLES = 6000
"""Mouths in an epoch."""


def heads_source(count: int) -> TrainingSource:
    """Return the entry of the model card for the heads."""
    return TrainingSource(
        name="3D heads of MakeHuman and Face Units",
        terms="CC0; rendered by research/synthetic_faces",
        commercial_use=True,
        licence="CC0-1.0",
        count=count,
        source="python -m research draw-varied-heads HEADS",
    )


def read_heads(heads: Path) -> tuple[Pixels, list[str], np.ndarray]:
    """Return (N, SIDE, SIDE, 3) squares, labels and (N,) persons of `draw-varied-heads`."""
    with (heads / "heads.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    squares = [_square(heads, row) for row in rows]
    persons = np.array([int(row["person"]) for row in rows])
    return np.stack(squares), [row["label"] for row in rows], persons


def _square(heads: Path, row: dict[str, str]) -> Pixels:
    lips = np.array([float(row[name]) for name in ("x0", "y0", "x1", "y1")], np.float32)
    image = read_image(heads / row["file"])
    return resize(crop_square(image, mouth_box(lips, CROP_SCALE / CROP_FRACTION)), SIDE)


def train_free(heads: Path, work: Path) -> None:
    """Train `free`, and write it with its card into the package.

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
    result = train_prepared(prepared, run, lambda epoch: print(epoch, flush=True))
    card = install(run, len(labels), result.best.val_accuracy, int(val.sum()))
    print(f"written: {card.name}")


def install(run: Path, count: int, accuracy: float, val_count: int) -> Card:
    """Write a finished run into the package.

    Args:
        count: number of heads.
        accuracy: accuracy on the heads for validation.
        val_count: number of the heads for validation.
    """
    low, high = wilson(round(accuracy * val_count), val_count) or (0.0, 1.0)
    score = Score(
        on="heads of persons left out of training",
        measure="accuracy",
        value=accuracy,
        low=low,
        high=high,
        count=val_count,
        command="python -m research train-free HEADS",
    )
    info = ModelInfo(
        version=VERSION,
        date=DATE,
        licence="CC0-1.0",
        sources=(heads_source(count),),
        scores=(score,),
    )
    return publish(run, NAME, info)


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
