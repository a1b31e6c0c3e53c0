"""The responses about runs and recipes."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

RunState = Literal["running", "stopped", "failed", "finished"]
AccuracySplit = Literal["test", "val"]


class RunBrief(msgspec.Struct):
    """One training.

    Attributes:
        state: `stopped` if the training has not finished and no process continues it, or `failed`
            if it ended with an error.
        epochs: number of epochs of the settings; None if unknown.
        accuracy: accuracy in the last evaluation; before one, on the validation set.
        accuracy_split: set that `accuracy` was measured on; None without an accuracy.
        started: time of the first epoch, ISO 8601 in UTC; None before its end.
        seconds: duration of the training of all epochs.
        evaluated: True if the run has results on a test or validation set.
        resumable: True if `train` with the same settings and data continues the run.
        selected: True if commands use this run by default.
        fault: reason why a finished run cannot be used, or error of a failed run; empty otherwise.
    """

    name: str
    recipe: str
    state: RunState
    epochs_done: int
    epochs: int | None
    best_epoch: int | None
    accuracy: float | None
    accuracy_split: AccuracySplit | None
    macro_f1: float | None
    started: str | None
    seconds: float | None
    evaluated: bool
    resumable: bool
    selected: bool
    fine_tune: str | None
    size: int
    fault: str


class RunList(msgspec.Struct):
    """All runs, the newest first."""

    runs: list[RunBrief]


class EpochRow(msgspec.Struct):
    """The metrics of one epoch, as in `training.run_log.Epoch` and the event `epoch`."""

    number: int
    lr: float
    train_loss: float
    train_accuracy: float
    val_loss: float
    val_accuracy: float
    val_recall: float
    seconds: float
    images_per_second: float
    time: float


class RunDetail(RunBrief):
    """One training with its epochs.

    `settings` are the options of `train` that continue it; `recipe_settings` has all values of the
    recipe.
    """

    settings: dict[str, Any]
    recipe_settings: dict[str, Any]
    history: list[EpochRow]


class RecipeRow(msgspec.Struct):
    """A recipe of training: its settings, and a sentence about it."""

    name: str
    title: str
    help: str
    settings: dict[str, Any]


class RecipeList(msgspec.Struct):
    """All recipes; `default` is the name of the one that `train` uses.

    `bundled` has the names of the bundled models, which a training can start from.
    """

    recipes: list[RecipeRow]
    default: str
    bundled: list[str]
