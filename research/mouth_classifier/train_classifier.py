"""The weights that ship, from all of the data."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from moue.model.bundled import Card, ModelInfo, Score, TrainingSource
from moue.progress import Progress
from moue.training.prepare import Prepared
from moue.training.publish import publish
from moue.training.run_log import Epoch
from moue.training.train import RunResult, train_prepared
from moue.training.train_settings import TrainSettings
from moue.workspace.types import LABELS
from research.common.console import with_progress
from research.mouth_classifier.evaluate_classifier import SCORES
from research.mouth_classifier.fit_network import TrainingSet, crops, judged
from research.mouth_classifier.student_dataset import (
    PARTS,
    STUDENT,
    Data,
    Mask,
    generated_training_set,
    student_training_set,
    teachers,
    validation_set,
)
from research.mouth_classifier.teachers import SAMPLES_PER_EPOCH, TEACHER

VERSION, DATE = "2.0", "2026-11-25"
GENERATED = (
    TrainingSource(
        name="faces of MobileStyleGAN",
        terms="the network is under Apache-2.0; it learnt from FFHQ, CC BY-NC-SA 4.0",
        commercial_use=False,
    ),
    TrainingSource(name="3D heads of MakeHuman and Face Units", terms="CC0", commercial_use=True),
)
PEOPLE = (
    TrainingSource(name="UTKFace", terms="non-commercial research", commercial_use=False),
    TrainingSource(
        name="HELEN, by fantopop/smile-detection", terms="none stated", commercial_use=False
    ),
    TrainingSource(name="mouth crops of yousan.ai", terms="none stated", commercial_use=False),
    TrainingSource(name="yawn set of deepankarvarma", terms="none stated", commercial_use=False),
    TrainingSource(name="portraits of chandrikadeb7", terms="none stated", commercial_use=False),
    TrainingSource(name="generated talking heads", terms="none stated", commercial_use=False),
    TrainingSource(name="pictures scraped from the web", terms="none stated", commercial_use=False),
)
SOURCES = {"mouth": (*PEOPLE, *GENERATED), "generated": GENERATED}
LICENCE = {
    "mouth": "research only, as the pictures it learnt from; see the sources",
    "generated": "learnt from pictures of nobody; see the sources for what is not settled",
}
VALIDATION = 8
"""One mouth in so many is kept to validate and to calibrate on; frames of a video go together."""


@with_progress
def train_bundled_models(data: Path, work: Path, progress: Progress) -> None:
    """Train both models on all of the data, and drop them with their cards into the package.

    What was stopped goes on where it was; the runs are in `work`.
    """
    dataset = Data.load(data, work, progress)
    kept = dataset.part(0, VALIDATION)
    for name in SOURCES:
        judge = kept & (dataset.labels >= 0) & (dataset.generated == (name == "generated"))
        train(dataset, name, ~kept, judge, work / name, progress)
        progress.say(f"shipped: {drop(name, work / name).name}")


def train(
    data: Data, name: str, may: Mask, judge: Mask, run: Path, progress: Progress
) -> RunResult:
    """Train one model, validated on the mouths in `judge`."""
    learn = _learn(data, name, may, run.parent, progress)
    targets = {"train": learn.soft_labels.argmax(1), "val": data.labels[judge]}
    prepared = Prepared(
        recipe=STUDENT,
        spec=STUDENT.spec(LABELS),
        train=crops(learn, SAMPLES_PER_EPOCH),
        val=judged(validation_set(data, judge), STUDENT),
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


def _learn(data: Data, name: str, may: Mask, work: Path, progress: Progress) -> TrainingSet:
    if name == "generated":
        return generated_training_set(data, may, ("gan", "3d"), STUDENT)
    kept = work / "teachers.npy"
    if not kept.exists():
        with progress.task("ask the teachers", 2 * TEACHER.epochs) as advance:
            np.save(kept, teachers(data, may, PARTS, 0, advance))
    return student_training_set(data, may, STUDENT, PARTS, np.load(kept))


def drop(name: str, run: Path) -> Card:
    """Write a finished run into the package, with the scores last measured."""
    measured = json.loads(SCORES.read_text(encoding="utf-8"))[name]
    info = ModelInfo(
        version=VERSION,
        date=DATE,
        licence=LICENCE[name],
        sources=SOURCES[name],
        scores=tuple(Score(**{k: v for k, v in row.items() if k != "seeds"}) for row in measured),
    )
    return publish(run, name, info)
