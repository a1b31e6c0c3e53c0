"""The data of the figure `schedules`: one real training with each schedule."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from moue.learn.schedules import SCHEDULES
from moue.learn.small_training import Plan, rounded, train
from moue.learn.source import Source

EPOCHS = 60
LR = 0.1
MOST = 240
"""Maximum number of training pictures, for the time."""


def compute(source: Source, query: Mapping[str, str]) -> dict[str, Any]:
    """Return learning rates, losses and validation accuracies by schedule."""
    mouths = source.mouths
    train_set, val_set = mouths.of_split("train")[:MOST], mouths.of_split("val")
    runs = {}
    for name, schedule in SCHEDULES.items():
        done = train(mouths, train_set, val_set, Plan(epochs=EPOCHS, lr=LR, schedule=schedule))
        runs[name] = {
            "rate": rounded(done.rates, 5), "loss": rounded(done.losses),
            "validation": rounded(done.validation),
        }  # fmt: skip
    return {
        "runs": runs, "epochs": EPOCHS, "lr": LR, "pictures": len(train_set),
        "validation_pictures": len(val_set), "source": source.kind,
    }  # fmt: skip
