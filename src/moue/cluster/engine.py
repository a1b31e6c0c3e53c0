"""The engine that maps functions over the CPUs of a Ray cluster."""

from __future__ import annotations

import gc
import pickle
import uuid
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar

from moue.cluster.address import Address
from moue.cluster.node_check import Installation, Seen, installation, seen
from moue.cluster.nodes import MEMORY, Nodes
from moue.cluster.start import connect, first_line, import_ray
from moue.cluster.worker import Payload, work
from moue.errors import ClusterError
from moue.store import Location
from moue.worker_task import HeavyItem

Item = TypeVar("Item")
Result = TypeVar("Result")

LARGEST_CHUNK = 64
"""Largest number of items in one task, so that one driver can feed hundreds of CPUs."""
WINDOW = 8
"""Number of unfinished tasks per CPU. Other nodes work on them while a lost node is detected."""
_CANCELLED = 5.0
"""Maximum time to wait for the end of cancelled tasks, in seconds."""
TRIES = 2
"""Number of times that an item runs alone before it counts as crashing."""


class RayEngine:
    """The engine of a Ray cluster; see `engine.Engine`. It connects when the first work arrives.

    Args:
        address: address of the cluster.
        workers: maximum number of CPUs to use; 0 uses all, also those that join later.
        say: function that shows one line to the user.
    """

    def __init__(
        self, address: Address, workers: int = 0, say: Callable[[str], None] = lambda _: None
    ) -> None:
        self._address, self._workers, self._say = address, workers, say
        self._ray: ModuleType | None = None
        self._nodes = Nodes(say)
        self._connected_here = False

    def __enter__(self) -> RayEngine:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def is_remote(self) -> bool:
        """True: the functions run in processes of the cluster, which may be on other machines."""
        return True

    def close(self) -> None:
        """Disconnect from Ray; a Ray that this engine started ends."""
        if self._ray is not None and self._connected_here:
            self._ray.shutdown()
        self._ray = None

    def describe(self) -> str:
        """Return the number of nodes and CPUs, such as `2 nodes, 16 CPUs`."""
        return "" if self._ray is None else self._nodes.describe()

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
        source = iter(items)
        first = list(islice(source, 1))
        if not first:
            return
        tasks = self._tasks(function, seen(reads), on_crash)
        size = chunk or max(1, min(LARGEST_CHUNK, total // (4 * self._cpus())))
        waiting: deque[tuple[list[Any], Any]] = deque()
        try:
            while True:
                while len(waiting) < WINDOW * self._cpus():
                    taken = first + list(islice(source, size - len(first)))
                    first = []
                    if not taken:
                        break
                    waiting.append((taken, tasks.submit(taken)))
                if not waiting:
                    return
                taken, reference = waiting.popleft()
                for item, result in zip(taken, tasks.results(taken, reference), strict=True):
                    heavy = isinstance(result, HeavyItem)
                    yield function(item) if heavy else result
        finally:
            tasks.cancel([reference for _, reference in waiting])

    def check(self, reads: Sequence[Location] = ()) -> list[dict[str, Any]]:
        """Connect, check every node, and return a description of each node.

        Raises:
            ClusterError: the cluster cannot be reached.
        """
        self._connect()
        return self._nodes.report(installation(), seen(reads))

    def _connect(self) -> None:
        if self._ray is None:
            self._connected_here = connect(self._address, self._workers)
            self._ray = import_ray()
            # The many objects of imported modules live until the end, so garbage collections
            # need not visit them: in the driver of `convert`, this took a quarter of the time.
            gc.freeze()

    def _tasks(
        self,
        function: Callable[[Item], Result],
        needed: tuple[Seen, ...],
        on_crash: Callable[[Item], Result] | None,
    ) -> _Tasks:
        self._connect()
        expected = installation()
        checked = self._nodes.require(expected, needed)
        if not checked:
            self._say("the cluster has no node with a free CPU; moue waits until a node joins")
        return _Tasks(self._nodes, function, on_crash, expected, needed, checked)

    def _cpus(self) -> int:
        found = max(1, self._nodes.cpus())
        return min(found, self._workers) if self._workers else found


class _Tasks:
    """The tasks of one call of `RayEngine.map`."""

    def __init__(
        self,
        nodes: Nodes,
        function: Callable[[Any], Any],
        on_crash: Callable[[Any], Any] | None,
        expected: Installation,
        needed: tuple[Seen, ...],
        checked: frozenset[str],
    ) -> None:
        self._ray = ray = import_ray()
        self._nodes, self._on_crash = nodes, on_crash
        # Retries of Ray would run a crashing item again and again, and start a worker each time.
        self._remote = ray.remote(num_cpus=1, memory=MEMORY, max_retries=0)(work)
        self._key = uuid.uuid4().hex
        # The function is sent once to each node, not with each task.
        self._shared = [ray.put(Payload(function, expected, needed, checked, str(Path.cwd())))]
        self._lost = (
            ray.exceptions.WorkerCrashedError,
            ray.exceptions.NodeDiedError,
            ray.exceptions.OutOfMemoryError,
            ray.exceptions.ObjectLostError,
            ray.exceptions.OwnerDiedError,
        )

    def submit(self, items: list[Any]) -> Any:
        # Ray pickles with a Python function for each object, which is slow for many small objects.
        return self._remote.remote(self._key, self._shared, pickle.dumps(items))

    def results(self, items: list[Any], reference: Any) -> list[Any]:
        """Return the results of a task; compute the items of a lost task one by one."""
        try:
            return self._get(reference)
        except self._lost:
            self._nodes.wait_until_known()
        return self._alone(items, TRIES)

    def _alone(self, items: list[Any], tries: int) -> list[Any]:
        references = [self.submit([item]) for item in items]
        results = []
        for item, reference in zip(items, references, strict=True):
            try:
                results += self._get(reference)
            except self._lost as error:
                self._nodes.wait_until_known()
                results += (
                    self._alone([item], tries - 1) if tries > 1 else self._crashed(item, error)
                )
        return results

    def _crashed(self, item: Any, error: Exception) -> list[Any]:
        if self._on_crash is None:
            raise ClusterError(
                "a worker process of the cluster crashed several times, possibly because its "
                f"node ran out of memory ({first_line(error)})"
            ) from error
        return [self._on_crash(item)]

    def _get(self, reference: Any) -> list[Any]:
        """Return the value of a reference; raise an exception of the function as it was raised."""
        try:
            found: list[Any] = pickle.loads(self._ray.get(reference))  # noqa: S301  from a worker
        except self._ray.exceptions.RayTaskError as error:
            if isinstance(error.cause, Exception):
                raise error.cause from None
            raise ClusterError(f"a task of the cluster failed: {first_line(error)}") from error
        return found

    def cancel(self, references: Sequence[Any]) -> None:
        """Cancel tasks, and wait until they have ended.

        Ray cancels in threads of its own. They could crash this process if it disconnected from
        Ray meanwhile.
        """
        for reference in references:
            with suppress(self._ray.exceptions.RayError, RuntimeError, ValueError):
                self._ray.cancel(reference, force=True)
        if references:
            with suppress(self._ray.exceptions.RayError, RuntimeError, ValueError):
                self._ray.wait(
                    references, num_returns=len(references), timeout=_CANCELLED, fetch_local=False
                )
