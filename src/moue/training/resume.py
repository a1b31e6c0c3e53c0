"""Resume a training that was stopped."""

from __future__ import annotations

import json
from pathlib import Path

from moue.errors import CheckpointError, ModelError
from moue.training import checkpoint as checkpoints
from moue.training.loop import Loop
from moue.training.run_log import Epoch, epoch_from_json

LAST, BEST = "last.pt", "best.pt"
# Errors of loading a damaged state of training.
_DAMAGE = (
    ValueError, TypeError, KeyError, AttributeError, IndexError, RuntimeError, RecursionError,
)  # fmt: skip


class Damaged(Exception):  # noqa: N818
    """A checkpoint is damaged and has been renamed. The message is its old path."""


def resume(loop: Loop, folder: Path, fingerprint: str) -> list[Epoch]:
    """Restore `loop` to the last epoch of the training in `folder`.

    Args:
        fingerprint: digest of everything that the weights depend on.

    Returns:
        The finished epochs.

    Raises:
        Damaged: a checkpoint was damaged and is set aside; `loop` is no longer usable.
        ModelError: the folder holds a training with another fingerprint.
    """
    if not (folder / LAST).exists():
        return []
    try:
        last = checkpoints.load(folder / LAST)
    except CheckpointError as error:
        raise _set_aside(folder, LAST) from error
    if last.state.get("fingerprint") != fingerprint:
        raise ModelError(
            f"{folder}: holds a run with other settings or pictures; "
            "choose another folder, or delete this one to start again"
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
