"""The weights that ship, from all of the data."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from moue.model.record import Epoch
from moue.model.settings import TrainSettings
from moue.model.ship import ship
from moue.model.train import RunResult, train_on
from moue.progress import Progress
from moue.sample import LABELS
from moue.weights import About, Card, Score, Source
from training.course import DRAWS, PUPIL, Data, judges, syllabus
from training.fit import crops, judged

SCORES = Path(__file__).parent / "scores.json"
DATE = "2026-11-23"
SOURCES = (
    Source(name="UTKFace", terms="non-commercial research", commercial_use=False),
    Source(name="HELEN, by fantopop/smile-detection", terms="none stated", commercial_use=False),
    Source(name="mouth crops of yousan.ai", terms="none stated", commercial_use=False),
    Source(name="yawn set of deepankarvarma", terms="none stated", commercial_use=False),
    Source(name="portraits of chandrikadeb7", terms="none stated", commercial_use=False),
    Source(name="generated talking heads", terms="none stated", commercial_use=False),
    Source(name="pictures scraped from the web", terms="none stated", commercial_use=False),
)
VALIDATION = 8
"""One mouth in so many is kept to validate and to calibrate on; frames of a video go together."""


def train(folder: Path, work: Path, progress: Progress) -> RunResult:
    """Train on all of the data, or go on where that was stopped; the run is in `work`/mouth."""
    data = Data.load(folder, work, progress)
    kept = data.part(0, VALIDATION)
    judge = kept & (data.labels >= 0)
    learn = syllabus(data, ~kept)
    settings = TrainSettings(recipe="best", epochs=PUPIL.epochs, threads=2)
    counts = {
        "train": dict(zip(LABELS, np.bincount(learn.shares.argmax(1)).tolist(), strict=True)),
        "val": dict(zip(LABELS, np.bincount(data.labels[judge]).tolist(), strict=True)),
    }

    with progress.task("train mouth", PUPIL.epochs) as advance:

        def told(epoch: Epoch) -> None:
            advance(f"loss {epoch.train_loss:.3f}  val recall {epoch.val_recall:.3f}")

        return train_on(
            PUPIL,
            PUPIL.spec(LABELS),
            crops(learn, DRAWS),
            judged(judges(data, judge), PUPIL),
            settings,
            work / "mouth",
            counts,
            told,
        )


def make(folder: Path, work: Path, progress: Progress) -> None:
    """Train, and drop the weights with their card into the package."""
    train(folder, work, progress)
    progress.say(f"shipped: {drop(work).name}")


def drop(work: Path) -> Card:
    """Write the finished run in `work` into the package, with the scores last measured."""
    scores = json.loads(SCORES.read_text(encoding="utf-8")) if SCORES.exists() else []
    about = About(
        version="1.0",
        date=DATE,
        licence="research only, as the pictures it learnt from; see the sources",
        sources=SOURCES,
        scores=tuple(Score(**score) for score in scores),
    )
    return ship(work / "mouth", "mouth", about)
