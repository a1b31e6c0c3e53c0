"""Train the bundled classifiers on all of the development data."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from moue.model.bundled import Card, ModelInfo, Score
from moue.progress import Progress
from moue.training.prepare import Prepared
from moue.training.publish import publish
from moue.training.run_log import Epoch
from moue.training.train import RunResult, train_prepared
from moue.training.train_settings import TrainSettings
from moue.workspace.types import LABELS
from research.common.console import with_progress
from research.common.picture_groups import (
    FACE_MESH,
    GAN_FACES,
    HEADS,
    HELEN,
    PORTRAITS,
    TALKING,
    UTKFACE,
    WEB,
    YAWN,
    YOUSAN,
)
from research.mouth_classifier.evaluate_classifier import SCORES
from research.mouth_classifier.fit_network import TrainingSet, crops, val_crops
from research.mouth_classifier.student_dataset import (
    PARTS,
    STUDENT,
    Data,
    Mask,
    student_training_set,
    teachers,
    validation_set,
)
from research.mouth_classifier.teachers import SAMPLES_PER_EPOCH, TEACHER

VERSION, DATE = "2.0", "2026-11-25"
GENERATED = (GAN_FACES, HEADS)
PEOPLE = (UTKFACE, HELEN, YOUSAN, YAWN, PORTRAITS, TALKING, WEB, FACE_MESH)
SOURCES = {"mouth": (*PEOPLE, *GENERATED)}
LICENCE = {
    "mouth": "research only, like its training pictures; see the sources",
}
VALIDATION_PARTS = 8
"""One of this many parts of the data is for validation and calibration; videos are not divided."""


@with_progress
def train_bundled_models(data: Path, work: Path, progress: Progress) -> None:
    """Train the bundled models on all of the data, and write them with their cards.

    A stopped training resumes; the runs are in `work`.
    """
    dataset = Data.load(data, work, progress)
    kept = dataset.part(0, VALIDATION_PARTS)
    for name in SOURCES:
        val_mask = kept & (dataset.labels >= 0) & ~dataset.generated
        train(dataset, name, ~kept, val_mask, work / name, progress)
        progress.say(f"written: {install(name, work / name).name}")


def train(
    data: Data, name: str, allowed: Mask, val_mask: Mask, run: Path, progress: Progress
) -> RunResult:
    """Train one model, validated on the mouths of `val_mask`."""
    train_set = _training_set(data, allowed, run.parent, progress)
    targets = {"train": train_set.soft_labels.argmax(1), "val": data.labels[val_mask]}
    prepared = Prepared(
        recipe=STUDENT,
        spec=STUDENT.spec(LABELS),
        train=crops(train_set, SAMPLES_PER_EPOCH),
        val=val_crops(validation_set(data, val_mask), STUDENT),
        settings=TrainSettings(recipe="best", epochs=STUDENT.epochs),
        counts={
            name: dict(zip(LABELS, np.bincount(values).tolist(), strict=True))
            for name, values in targets.items()
        },
    )
    with progress.task(f"train {name}", STUDENT.epochs) as advance:

        def report(epoch: Epoch) -> None:
            advance(f"loss {epoch.train_loss:.3f}  val recall {epoch.val_recall:.3f}")

        return train_prepared(prepared, run, report)


def _training_set(data: Data, allowed: Mask, work: Path, progress: Progress) -> TrainingSet:
    kept = work / "teachers.npy"
    if not kept.exists():
        with progress.task("train the teachers", 2 * TEACHER.epochs) as advance:
            np.save(kept, teachers(data, allowed, PARTS, 0, advance))
    return student_training_set(data, allowed, STUDENT, PARTS, np.load(kept))


def install(name: str, run: Path) -> Card:
    """Write a finished run into the package, with the scores of the last evaluation."""
    measured = json.loads(SCORES.read_text(encoding="utf-8"))[name]
    info = ModelInfo(
        version=VERSION,
        date=DATE,
        licence=LICENCE[name],
        sources=SOURCES[name],
        scores=tuple(Score(**{k: v for k, v in row.items() if k != "seeds"}) for row in measured),
    )
    return publish(run, name, info)
