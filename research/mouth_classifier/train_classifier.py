"""Train the bundled classifier `mouth` on all of the development data."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np

from moue.files import read_json
from moue.model.bundled import Card, ModelInfo, Score
from moue.progress import Progress
from moue.training import checkpoint, onnx_export
from moue.training.checkpoint import Checkpoint
from moue.training.prepare import Prepared
from moue.training.publish import publish
from moue.training.resume import BEST, LAST
from moue.training.run_log import Epoch
from moue.training.train import EXPORTED, train_prepared
from moue.training.train_settings import TrainSettings
from moue.workspace.types import LABELS
from research.common.console import with_progress
from research.mouth_classifier.evaluate_classifier import SCORES
from research.mouth_classifier.fit_network import crops, val_crops
from research.mouth_classifier.student_dataset import (
    SAMPLES_PER_EPOCH,
    STUDENT,
    Data,
    student_training_set,
    validation_set,
)
from research.mouth_classifier.teacher_outputs import ALL, load_teacher
from research.mouth_classifier.training_sources import training_sources

NAME, VERSION, DATE = "mouth", "3.0", "2026-11-27"
LICENCE = "research only, like its training pictures; see the sources"
LOGGED_PART = 12
"""One of this many parts of the training mouths is evaluated after each epoch, for the log."""


@with_progress
def train_bundled_model(data: Path, work: Path, progress: Progress) -> None:
    """Train `mouth` on all of the data, and write it with its card into the package.

    A stopped training resumes; the run is in `work`.
    """
    dataset = Data.load(data, work, progress)
    run = work / NAME
    _train(dataset, run, progress)
    progress.say(f"written: {install(run).name}")


def _train(data: Data, run: Path, progress: Progress) -> None:
    everything = np.ones(len(data.mouths), bool)
    train_set = student_training_set(data, everything, load_teacher(ALL, data.mouths))
    # In-sample, so it selects no epoch: the weights of the last epoch are published.
    logged = data.part(0, LOGGED_PART) & (data.labels >= 0)
    targets = {"train": data.labels[data.labels >= 0], "val": data.labels[logged]}
    prepared = Prepared(
        recipe=STUDENT,
        spec=STUDENT.spec(LABELS),
        train=crops(train_set, SAMPLES_PER_EPOCH),
        val=val_crops(validation_set(data, logged), STUDENT),
        settings=TrainSettings(recipe="best", epochs=STUDENT.epochs),
        counts={
            name: dict(zip(LABELS, np.bincount(values).tolist(), strict=True))
            for name, values in targets.items()
        },
    )
    with progress.task(f"train {NAME}", STUDENT.epochs) as advance:

        def report(epoch: Epoch) -> None:
            advance(f"loss {epoch.train_loss:.3f}  in-sample recall {epoch.val_recall:.3f}")

        train_prepared(prepared, run, report)


def install(run: Path) -> Card:
    """Write the last epoch of a finished run into the package, with the measured calibration.

    The temperature, the thresholds and the scores are those of `evaluate-classifier`, on people
    and sources that neither the teachers nor the students of that evaluation were trained on.
    """
    measured = read_json(SCORES)
    last = checkpoint.load(run / LAST)
    thresholds = tuple((error, value) for error, value in measured["thresholds"])
    spec = dataclasses.replace(
        last.spec, temperature=measured["temperature"], abstention_thresholds=thresholds
    )
    final = Checkpoint(spec=spec, weights=last.weights)
    checkpoint.save(final, run / BEST)
    onnx_export.export(run, run / EXPORTED)
    rows = [{k: v for k, v in row.items() if k != "seeds"} for row in measured["scores"]]
    info = ModelInfo(
        version=VERSION,
        date=DATE,
        licence=LICENCE,
        sources=training_sources(),
        scores=tuple(Score(**row) for row in rows),
    )
    return publish(run, NAME, info)
