"""What a run folder tells of its training: for people, for programs and for TensorBoard."""

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

from moue.files import damaged, write_json, write_text
from moue.model.runs import EVENTS, events_in, new_events_suffix

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
        number: from 1. TensorBoard's steps start at 0. Epoch 0 trains nothing: it is the model
            that training starts from, judged on the pictures as they are.
        lr: the highest learning rate of the epoch.
        train_loss: mean over the pictures as they were augmented, while the weights changed.
        train_accuracy: of the same.
        val_loss: mean over the validation pictures, plain cross-entropy.
        val_accuracy: share of them that is right.
        val_recall: mean of the labels' recalls; the best epoch is the highest.
        seconds: of training alone.
        images_per_second: of training, augmentation included.
        time: when it ended, Unix seconds.
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
    """Write one line of JSON for each epoch."""
    lines = (json.dumps(dataclasses.asdict(epoch)) + "\n" for epoch in epochs)
    write_text(folder / LOG, "".join(lines))


def read_log(folder: Path) -> list[Epoch]:
    """Return the epochs of a run, as far as it went.

    Raises:
        DataError: the log is damaged.
    """
    if not (folder / LOG).exists():
        return []
    try:
        lines = (folder / LOG).read_text(encoding="utf-8").splitlines()
        return [epoch(json.loads(line)) for line in lines]
    except (ValueError, TypeError, RecursionError) as error:
        raise damaged(folder / LOG, error) from error


def epoch(data: Any) -> Epoch:
    """Return the epoch in plain data.

    Raises:
        TypeError: it is none.
    """
    made = Epoch(**data)
    numbers = dataclasses.asdict(made).values()
    if not all(isinstance(value, int | float) for value in numbers):
        raise TypeError("an epoch has no numbers")
    return made


def write_scalars(folder: Path, epochs: Sequence[Epoch]) -> None:
    """Write `{tag: [[wall time, step, value], ...]}`, as tensorboardX exports it."""
    trained = [epoch for epoch in epochs if epoch.number]
    rows = {
        tag: [[epoch.time, epoch.number - 1, getattr(epoch, name)] for epoch in trained]
        for tag, name in TAGS.items()
    }
    write_json(folder / SCALARS, rows)


def environment(counts: dict[str, dict[str, int]], **more: Any) -> dict[str, Any]:
    """Return what a run's numbers depend on besides its settings.

    Args:
        counts: pictures by set and label.
        more: anything else to note.
    """
    return {
        "python": platform.python_version(),
        "platform": platform.platform(),
        "cpus": os.cpu_count(),
        "packages": {name: _version(name) for name in _PACKAGES},
        "counts": counts,
    } | more


class TensorBoardLog:
    """TensorBoard's event file of a run, or nothing where TensorBoard is not installed."""

    def __init__(self, folder: Path, epochs: Iterable[Epoch]) -> None:
        """Start an event file anew, with the epochs that have been."""
        self._writer: SummaryWriter | None = None
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError:
            _logger.warning("no TensorBoard events: pip install tensorboard to have them")
            return
        for old in events_in(folder / EVENTS):
            old.unlink()
        self._writer = SummaryWriter(str(folder / EVENTS), filename_suffix=new_events_suffix())
        for epoch in epochs:
            self.add(epoch)

    def add(self, epoch: Epoch) -> None:
        """Write the four scalars of an epoch; epoch 0 has no step."""
        if self._writer is None or not epoch.number:
            return
        for tag, name in TAGS.items():
            self._writer.add_scalar(tag, getattr(epoch, name), epoch.number - 1, epoch.time)
        self._writer.flush()

    def close(self) -> None:
        """Finish the file."""
        if self._writer is not None:
            self._writer.close()


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None
