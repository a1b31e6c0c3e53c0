"""Resume an interrupted training from its last checkpoint."""

from __future__ import annotations

import json
from pathlib import Path

from moue.errors import CheckpointError, ModelError
from moue.training import checkpoint as checkpoints
from moue.training.loop import Loop
from moue.training.run_log import Epoch, epoch_from_json

LAST, BEST = "last.pt", "best.pt"
# Errors that a damaged training state causes.
_DAMAGE = (
    ValueError, TypeError, KeyError, AttributeError, IndexError, RuntimeError, RecursionError,
)  # fmt: skip


class Damaged(Exception):  # noqa: N818
    """A checkpoint is damaged and was renamed. The message is the old path of the checkpoint."""


def resume(loop: Loop, folder: Path, fingerprint: str) -> list[Epoch]:
    """Restore a training loop to the last finished epoch of a run.

    Args:
        loop: new training loop.
        folder: run folder.
        fingerprint: digest of the data, settings and initial weights of the training.

    Returns:
        The finished epochs; empty if the run folder has no checkpoint.

    Raises:
        Damaged: a checkpoint is damaged and was renamed; `loop` can no longer be used.
        ModelError: the run in the folder has another fingerprint.
    """
    if not (folder / LAST).exists():
        return []
    try:
        last = checkpoints.load(folder / LAST)
    except CheckpointError as error:
        raise _set_aside(folder, LAST) from error
    if last.state.get("fingerprint") != fingerprint:
        raise ModelError(
            f"{folder}: contains a run with other settings or pictures; "
            "choose another folder, or delete this folder to train again"
        )
    try:
        epochs = [epoch_from_json(data) for data in json.loads(last.state["epochs"])]
        loop.restore(last.weights, last.state)
    except _DAMAGE as error:
        raise _set_aside(folder, LAST) from error
    try:
        checkpoints.load(folder / BEST)
    except ModelError as error:
        raise _set_aside(folder, BEST, LAST) from error
    return epochs


def _set_aside(folder: Path, *names: str) -> Damaged:
    for name in names:
        if (folder / name).exists():
            number = 1
            while (aside := folder / f"{name}.damaged-{number}").exists():
                number += 1
            (folder / name).rename(aside)
    return Damaged(f"{folder / names[0]}")
