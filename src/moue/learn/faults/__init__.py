"""Five faults of the tutorial, reproduced on copies, so that a reader sees them happen.

`python -m moue.learn.faults NAME` and `moue learn --fault NAME` run them.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

from moue.errors import ConfigError
from moue.learn.faults import (
    clamped_crop,
    deleted_originals,
    first_face,
    split_by_files,
    unstable_training,
)
from moue.learn.faults.fault import Fault
from moue.learn.source import Source

__all__ = ["FAULTS", "Fault", "show_fault"]

FAULTS: dict[str, Callable[[Source, Path], Fault]] = {
    "deleted-originals": deleted_originals.show,
    "first-face": first_face.show,
    "clamped-crop": clamped_crop.show,
    "unstable-training": unstable_training.show,
    "split-by-files": split_by_files.show,
}
"""The faults by name, in the order of the tutorial. Each function gets the source of its pictures
and an empty folder to work in."""


def show_fault(name: str, source: Source | None = None) -> Fault:
    """Reproduce a fault of the tutorial, on copies in a temporary folder.

    Args:
        name: name of the fault, a key of `FAULTS`.
        source: source of the pictures; None for the bundled pictures.

    Raises:
        ConfigError: there is no fault of that name.
        MissingExtra: `unstable-training` needs torch, which is not installed.
    """
    if name not in FAULTS:
        raise ConfigError(f"no fault is named {name!r}; the faults are {', '.join(FAULTS)}")
    with tempfile.TemporaryDirectory(prefix="moue-fault-") as folder:
        return FAULTS[name](source or Source.bundled(), Path(folder))
