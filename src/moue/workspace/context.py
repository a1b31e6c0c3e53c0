"""The context of a command: the open workspace, its settings and how to show progress."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Protocol, Self, TypeVar

from moue.progress import Progress
from moue.workspace.catalog import Catalog
from moue.workspace.label_set import LabelSet
from moue.workspace.workspace import Workspace

S = TypeVar("S")


class SettingsSource(Protocol):
    """Settings by class. `config.Config` is the implementation; it knows every stage."""

    @property
    def labels(self) -> LabelSet:
        """The labels of the workspace."""
        ...

    @property
    def lists_labels(self) -> bool:
        """Whether `moue.toml` lists the labels."""
        ...

    def get(self, settings: type[S]) -> S:
        """Return the settings of one class."""
        ...

    def with_listed_labels(self, labels: LabelSet) -> Self:
        """Return the same settings with other labels, as if `moue.toml` listed them."""
        ...


@dataclass(frozen=True, slots=True)
class Context:
    """The environment that a command passes to every stage.

    Attributes:
        workers: number of processes for pixel stages; 0 uses one per core.
        pause: releases the lock of the workspace while the returned context manager is open.
        command: the running command, for the message of another process that must wait.
    """

    workspace: Workspace
    catalog: Catalog
    config: SettingsSource
    progress: Progress
    workers: int = 0
    pause: Callable[[], AbstractContextManager[None]] = nullcontext
    command: str = ""

    @property
    def labels(self) -> LabelSet:
        """The labels of the workspace."""
        return self.config.labels
