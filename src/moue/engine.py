"""Engines: where a command maps a function over its pictures.

The engine of this machine uses worker processes. `cluster.engine.RayEngine` is the engine of a Ray
cluster. All engines give the same results in the same order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from moue.parallel import CHUNK, parallel_map
from moue.store import Location

Item = TypeVar("Item")
Result = TypeVar("Result")


class Engine(Protocol):
    """Interface of the engines."""

    @property
    def is_remote(self) -> bool:
        """True if the functions may run on other machines, which cannot read local files."""
        ...

    def map(
        self,
        function: Callable[[Item], Result],
        items: Iterable[Item],
        total: int,
        on_crash: Callable[[Item], Result] | None = None,
        *,
        reads: Sequence[Location] = (),
        chunk: int | None = None,
    ) -> Iterator[Result]:
        """Yield `function(item)` for each item in order.

        Only a few items are in memory at a time. An exception of the function is raised as if the
        function ran in this process, after the results of the earlier items.

        Args:
            function: picklable module-level function, a partial of one, or a
                `worker_task.TaskFunction`.
            items: arguments of the function; the iterable may be endless.
            total: expected number of items.
            on_crash: function from an item that crashed its worker process to the result of that
                item; None to raise an exception instead.
            reads: files, folders and objects that the function needs. A cluster checks before the
                first item that each node has the same ones.
            chunk: number of items in one task; None lets the engine decide.

        Raises:
            ClusterError: the cluster cannot be reached, or a node cannot do the work.
        """
        ...

    def describe(self) -> str:
        """Return the size of the engine for the progress display, such as `2 nodes, 16 CPUs`."""
        ...


@dataclass(frozen=True, slots=True)
class LocalEngine:
    """The engine of this machine.

    Attributes:
        workers: number of worker processes; 0 uses one per CPU core.
    """

    workers: int = 0

    @property
    def is_remote(self) -> bool:
        """False: the worker processes read the files of this machine."""
        return False

    def map(
        self,
        function: Callable[[Item], Result],
        items: Iterable[Item],
        total: int,
        on_crash: Callable[[Item], Result] | None = None,
        *,
        reads: Sequence[Location] = (),
        chunk: int | None = None,
    ) -> Iterator[Result]:
        """Yield `function(item)` for each item in order; see `Engine.map`."""
        return parallel_map(function, items, self.workers, total, on_crash, chunk or CHUNK)

    def describe(self) -> str:
        """Return an empty text."""
        return ""


CORES = LocalEngine()
"""Engine with one worker process per CPU core."""
SERIAL = LocalEngine(1)
"""Engine that runs everything in this process."""
