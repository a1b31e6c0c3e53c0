"""The log files of a training: JSON lines, scalars and TensorBoard events."""

from __future__ import annotations

import dataclasses
import importlib.metadata
import json
import logging
import os
import platform
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from moue.disk_sync import sync_file
from moue.files import (
    damaged,
    write_json,
    write_text,
)
from moue.model.manage_runs import events_in, new_events_suffix
from moue.model.runs import EVENTS

if TYPE_CHECKING:
    from torch.utils.tensorboard import SummaryWriter

LOG = "log.jsonl"
SCALARS = "all_scalars.json"
_PACKAGES = ("moue", "numpy", "torch", "onnx", "onnxruntime")
_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Epoch:
    """The metrics of one epoch of training and of the validation after the epoch.

    Attributes:
        number: number of the epoch, from 1 (TensorBoard steps start at 0). In fine-tuning, epoch
            0 is the bundled model before training.
        lr: highest learning rate of the epoch.
        train_loss: mean loss on the augmented training pictures, while the weights change.
        train_accuracy: accuracy on the augmented training pictures, in [0, 1].
        val_loss: mean cross-entropy on the validation set.
        val_accuracy: accuracy on the validation set, in [0, 1].
        val_recall: mean recall of all labels on the validation set, in [0, 1], which selects the
            best epoch.
        seconds: duration of the training without validation, in seconds.
        images_per_second: number of augmented training pictures per second.
        time: end of the epoch, in Unix seconds.
    """

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


TAGS = {
    "data/trainloss": "train_loss",
    "data/trainacc": "train_accuracy",
    "data/valloss": "val_loss",
    "data/valacc": "val_accuracy",
}


def write_log(folder: Path, epochs: Sequence[Epoch]) -> None:
    """Write `log.jsonl` in a run folder, with one line of JSON per epoch."""
    lines = (json.dumps(dataclasses.asdict(epoch)) + "\n" for epoch in epochs)
    write_text(folder / LOG, "".join(lines))


def read_log(folder: Path) -> list[Epoch]:
    """Read the finished epochs of a run from `log.jsonl`; an empty list if the file is missing.

    Raises:
        DataError: the file is damaged.
    """
    if not (folder / LOG).exists():
        return []
    try:
        lines = (folder / LOG).read_text(encoding="utf-8").splitlines()
        return [epoch_from_json(json.loads(line)) for line in lines]
    except (ValueError, TypeError, RecursionError) as error:
        raise damaged(folder / LOG, error) from error


def epoch_from_json(data: Any) -> Epoch:
    """Create an epoch from parsed JSON.

    Raises:
        TypeError: the JSON is not an epoch.
    """
    epoch = Epoch(**data)
    if not all(isinstance(value, int | float) for value in dataclasses.asdict(epoch).values()):
        raise TypeError("the metrics of an epoch must be numbers")
    return epoch


def write_scalars(folder: Path, epochs: Sequence[Epoch]) -> None:
    """Write `all_scalars.json` in a run folder, in the format of tensorboardX.

    The format is `{tag: [[wall time, step, value], ...]}`.
    """
    trained = [epoch for epoch in epochs if epoch.number]
    rows = {
        tag: [[epoch.time, epoch.number - 1, getattr(epoch, name)] for epoch in trained]
        for tag, name in TAGS.items()
    }
    write_json(folder / SCALARS, rows)


def environment(counts: dict[str, dict[str, int]], **more: Any) -> dict[str, Any]:
    """Return a JSON-serialisable description of the machine, the packages and the data of a run.

    Args:
        counts: number of pictures by set and label.
        more: further entries of the description.
    """
    return {
        "python": platform.python_version(),
        "platform": platform.platform(),
        "cpus": os.cpu_count(),
        "packages": {name: _version(name) for name in _PACKAGES},
        "counts": counts,
    } | more


class TensorBoardLog:
    """The TensorBoard event file of a run. No file is written if TensorBoard is missing."""

    def __init__(self, folder: Path, epochs: Iterable[Epoch]) -> None:
        """Start a new event file.

        Args:
            folder: run folder.
            epochs: finished epochs, which are written to the file.
        """
        self._writer: SummaryWriter | None = None
        self._folder = folder / EVENTS
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError:
            _logger.warning(
                "TensorBoard is not installed, so no event file is written; to install it: "
                "pip install tensorboard"
            )
            return
        for old in events_in(self._folder):
            old.unlink()
        self._writer = SummaryWriter(str(self._folder), filename_suffix=new_events_suffix())
        for epoch in epochs:
            self.add(epoch)

    def add(self, epoch: Epoch) -> None:
        """Write the loss and accuracy of an epoch. Epoch 0 is skipped: step 0 is epoch 1."""
        if self._writer is None or not epoch.number:
            return
        for tag, name in TAGS.items():
            self._writer.add_scalar(tag, getattr(epoch, name), epoch.number - 1, epoch.time)
        self._writer.flush()

    def close(self) -> None:
        """Close the event file and flush it to disk."""
        if self._writer is not None:
            self._writer.close()
            for path in events_in(self._folder):
                sync_file(path)


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None
