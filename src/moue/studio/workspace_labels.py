"""The labels of a workspace, read again only when `moue.toml` has changed."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from moue.config import Config
from moue.workspace.label_set import LabelSet
from moue.workspace.workspace import Workspace


def workspace_labels(workspace: Workspace) -> LabelSet:
    """Return the labels of a workspace.

    Raises:
        ConfigError: `moue.toml` is not valid.
    """
    try:
        status = workspace.settings.stat()
    except OSError:
        return Config.load(workspace.settings).labels
    # Reading the file checks all settings, which takes longer than a page of a list.
    return _labels(workspace.settings, status.st_mtime_ns, status.st_size, status.st_ino)


@lru_cache(maxsize=4)
def _labels(path: Path, _changed: int, _size: int, _inode: int) -> LabelSet:
    return Config.load(path).labels
