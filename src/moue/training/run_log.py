"""The log of a training in its run folder: JSON, scalars and TensorBoard."""

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

from moue.files import damaged, sync_file, write_json, write_text
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
    """One epoch of training, and the validation after it.

    Attributes:
        number: from 1 (TensorBoard's steps start at 0). Epoch 0, when fine-tuning, is the
            bundled model before training.
        lr: the highest learning rate of the epoch.
        train_loss: mean over the augmented training pictures, while the weights change.
        train_accuracy: on the same pictures, in [0, 1].
        val_loss: mean cross-entropy on the validation pictures.
        val_accuracy: on the validation pictures, in [0, 1].
        val_recall: mean of the recalls of all labels; the best epoch has the highest.
        seconds: of training, without validation.
        images_per_second: of training, with augmentation.
        time: at the end of the epoch, Unix seconds.
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
    """Write one line of JSON per epoch."""
    lines = (json.dumps(dataclasses.asdict(epoch)) + "\n" for epoch in epochs)
    write_text(folder / LOG, "".join(lines))


def read_log(folder: Path) -> list[Epoch]:
    """Return the finished epochs of a run.

    Raises:
        DataError: the log is damaged.
    """
    if not (folder / LOG).exists():
        return []
    try:
        lines = (folder / LOG).read_text(encoding="utf-8").splitlines()
        return [epoch_from_json(json.loads(line)) for line in lines]
    except (ValueError, TypeError, RecursionError) as error:
        raise damaged(folder / LOG, error) from error


def epoch_from_json(data: Any) -> Epoch:
    """Return the epoch in parsed JSON.

    Raises:
        TypeError: it is not an epoch.
    """
    epoch = Epoch(**data)
    if not all(isinstance(value, int | float) for value in dataclasses.asdict(epoch).values()):
        raise TypeError("a field of an epoch is not a number")
    return epoch


def write_scalars(folder: Path, epochs: Sequence[Epoch]) -> None:
    """Write `{tag: [[wall time, step, value], ...]}`, as tensorboardX exports it."""
    trained = [epoch for epoch in epochs if epoch.number]
    rows = {
        tag: [[epoch.time, epoch.number - 1, getattr(epoch, name)] for epoch in trained]
        for tag, name in TAGS.items()
    }
    write_json(folder / SCALARS, rows)


def environment(counts: dict[str, dict[str, int]], **more: Any) -> dict[str, Any]:
    """Return what the results of a run depend on apart from its settings, as plain data.

    Args:
        counts: pictures by set and label.
        more: further entries.
    """
    return {
        "python": platform.python_version(),
        "platform": platform.platform(),
        "cpus": os.cpu_count(),
        "packages": {name: _version(name) for name in _PACKAGES},
        "counts": counts,
    } | more


class TensorBoardLog:
    """Writes TensorBoard's event file of a run; does nothing without TensorBoard."""

    def __init__(self, folder: Path, epochs: Iterable[Epoch]) -> None:
        """Start a new event file with the finished epochs."""
        self._writer: SummaryWriter | None = None
        self._folder = folder / EVENTS
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError:
            _logger.warning(
                "TensorBoard is not installed, so no events are written: pip install tensorboard"
            )
            return
        for old in events_in(self._folder):
            old.unlink()
        self._writer = SummaryWriter(str(self._folder), filename_suffix=new_events_suffix())
        for epoch in epochs:
            self.add(epoch)

    def add(self, epoch: Epoch) -> None:
        """Write the four scalars of an epoch. Epoch 0 is skipped: it has no step."""
        if self._writer is None or not epoch.number:
            return
        for tag, name in TAGS.items():
            self._writer.add_scalar(tag, getattr(epoch, name), epoch.number - 1, epoch.time)
        self._writer.flush()

    def close(self) -> None:
        """Close the file, which is then on the disk."""
        if self._writer is not None:
            self._writer.close()
            for path in events_in(self._folder):
                sync_file(path)


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None
