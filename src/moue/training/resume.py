"""Going on with a training that was stopped, where what it left can be used."""

from __future__ import annotations

import json
from pathlib import Path

from moue.errors import CheckpointError, ModelError
from moue.training import checkpoint as checkpoints
from moue.training.loop import Loop
from moue.training.run_log import Epoch, epoch

LAST, BEST = "last.pt", "best.pt"
# Of a state of training that is no longer as it was written.
_DAMAGE = (
    ValueError, TypeError, KeyError, AttributeError, IndexError, RuntimeError, RecursionError,
)  # fmt: skip


class Damaged(Exception):  # noqa: N818
    """What a training left cannot be used; it has been set aside. Its text names the file."""


def resume(loop: Loop, folder: Path, mark: str) -> list[Epoch]:
    """Bring `loop` to where the training in `folder` was stopped.

    Args:
        mark: digest of all that the training depends on.

    Returns:
        The epochs that are done.

    Raises:
        Damaged: the files were damaged and are set aside; `loop` cannot be used any more.
        ModelError: the folder holds a training with another mark.
    """
    if not (folder / LAST).exists():
        return []
    try:
        last = checkpoints.load(folder / LAST)
    except CheckpointError as error:
        raise _set_aside(folder, LAST) from error
    if last.state.get("fingerprint") != mark:
        raise ModelError(
            f"{folder}: contains a run with other settings or pictures; "
            "choose another folder, or delete this one"
        )
    try:
        epochs = [epoch(one) for one in json.loads(last.state["epochs"])]
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
