"""The context of a command: open workspace, settings and progress display."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import Protocol, Self, TypeVar

from moue.engine import CORES, Engine
from moue.progress import Progress
from moue.store import Location, probe
from moue.workspace.catalog import Catalog
from moue.workspace.label_set import LabelSet
from moue.workspace.workspace import Workspace

S = TypeVar("S")


class SettingsSource(Protocol):
    """Interface of an object that returns settings by class, such as `config.Config`."""

    @property
    def labels(self) -> LabelSet:
        """The labels of the workspace."""
        ...

    @property
    def lists_labels(self) -> bool:
        """True if `moue.toml` lists the labels."""
        ...

    def get(self, settings: type[S]) -> S:
        """Return the settings object of a settings class."""
        ...

    def with_listed_labels(self, labels: LabelSet) -> Self:
        """Return a copy of the settings with `labels`, as if `moue.toml` listed these labels."""
        ...


@dataclass(frozen=True, slots=True)
class Context:
    """The open workspace and the settings that a command passes to every stage.

    Attributes:
        workspace: paths of the workspace.
        catalog: open catalog of the workspace.
        config: settings of all stages.
        progress: display of the progress.
        engine: engine that runs the functions of pixel stages.
        pause: function that returns a context manager, in which the lock of the workspace is
            released.
        command: name of the command, for the messages of processes that wait for the lock.
    """

    workspace: Workspace
    catalog: Catalog
    config: SettingsSource
    progress: Progress
    engine: Engine = CORES
    pause: Callable[[], AbstractContextManager[None]] = nullcontext
    command: str = ""

    @property
    def place(self) -> Workspace:
        """The workspace as the processes of the engine see it."""
        return self.workspace.on_nodes if self.engine.is_remote else self.workspace

    @contextmanager
    def node_probe(self) -> Iterator[tuple[Location, ...]]:
        """Yield a file by which the nodes of a cluster recognise the store.

        The tuple is empty if the engine is this machine.
        """
        if not self.engine.is_remote:
            yield ()
            return
        with probe(self.place.store) as file:
            yield (file,)

    @property
    def labels(self) -> LabelSet:
        """The labels of the workspace."""
        return self.config.labels
