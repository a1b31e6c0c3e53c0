"""Write the edits of all clients to the catalog, in one thread.

The writer locks the workspace only while it writes a batch, which takes milliseconds. While a
command holds the lock, edits wait in a file; see `edit_queue.py`.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, TypeVar

from moue.dataset.apply_edit import apply_edit
from moue.dataset.edits import Edit, Outcome
from moue.errors import CatalogError, MoueError
from moue.studio.edit_queue import EditQueue
from moue.workspace.catalog import Catalog
from moue.workspace.lock import Lock
from moue.workspace.workspace import Workspace

BATCH = 1000
"""Number of names after which a transaction takes no further edit."""
RETRY = 0.2
"""Seconds between attempts to write waiting edits."""
PATIENCE = 0.05
"""Seconds to wait for the lock before edits are queued."""
QUEUE = "queue.jsonl"
"""File of the waiting edits, in the folder of the studio."""

Result = TypeVar("Result")
Publish = Callable[[str, dict[str, Any]], None]
"""Function that sends an event to all clients: its name and its data."""

log = logging.getLogger("moue.studio")


@dataclass(frozen=True, slots=True)
class _Task:
    """An edit, or a function that writes to the catalog, with the place of its result."""

    work: Edit | Callable[[Catalog], Any]
    future: Future[Any]


class Writer:
    """The only writer of a studio.

    Attributes:
        queued: number of edits that wait on the disk.
        reason: command that they wait for; empty if none wait.
    """

    def __init__(self, workspace: Workspace, publish: Publish) -> None:
        """Create the writer; `start` starts it.

        Args:
            workspace: workspace.
            publish: function that sends the events `decisions` and `queue` to all clients.
        """
        self._workspace, self._publish = workspace, publish
        self._inbox: queue.SimpleQueue[_Task | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="studio-writer", daemon=True)
        self._owner = Lock(
            workspace.studio / "writer.db", "studio", "shows this workspace in the studio"
        )
        self._catalog: Catalog | None = None
        self._queue: EditQueue | None = None
        self.queued, self.reason = 0, ""

    def start(self) -> None:
        """Start the thread; it first writes the edits that an earlier process left in the queue.

        Raises:
            CatalogError: another studio process uses this workspace.
        """
        self._workspace.studio.mkdir(parents=True, exist_ok=True)
        self._owner.acquire()
        self._queue = EditQueue(self._workspace.studio / QUEUE)
        self.queued = len(self._queue)
        self._thread.start()

    def stop(self) -> None:
        """Stop the thread after the edits that were submitted."""
        if self._thread.is_alive():
            self._inbox.put(None)
            self._thread.join()

    def submit(self, edit: Edit) -> Future[Outcome | None]:
        """Write an edit; the result is None if it waits on the disk."""
        future: Future[Outcome | None] = Future()
        self._inbox.put(_Task(edit, future))
        return future

    def write(self, work: Callable[[Catalog], Result]) -> Result:
        """Call a function that writes to the catalog in one transaction; return its result.

        Raises:
            CatalogError: a command holds the lock.
        """
        future: Future[Result] = Future()
        self._inbox.put(_Task(work, future))
        return future.result()

    def _run(self) -> None:
        try:
            while True:
                tasks, ended = self._next()
                self._process(tasks)
                if ended:
                    return
        finally:
            if self._catalog is not None:
                self._catalog.close()
            self._owner.release()

    def _next(self) -> tuple[list[_Task], bool]:
        """Return the next tasks, and True after `stop`; no tasks after a pause of `RETRY`."""
        tasks: list[_Task] = []
        names = 0
        try:
            first = self._inbox.get(timeout=RETRY if self.queued else None)
            while first is not None:
                tasks.append(first)
                names += len(first.work.names) if isinstance(first.work, Edit) else BATCH
                if names >= BATCH:
                    return tasks, False
                first = self._inbox.get_nowait()
        except queue.Empty:
            return tasks, False
        return tasks, True

    def _process(self, tasks: Sequence[_Task]) -> None:
        try:
            lock = self._workspace.brief_lock()
            if not lock.try_acquire(PATIENCE if tasks else 0.0):
                self._wait(tasks, lock.holder())
                return
            try:
                self._write(tasks)
            finally:
                lock.release()
        except Exception as error:  # the thread must go on, and every task must end
            log.error("an edit was not written", exc_info=error)
            for task in tasks:
                if not task.future.done():
                    task.future.set_exception(error)

    def _wait(self, tasks: Sequence[_Task], holder: tuple[int, str] | None) -> None:
        """Put the edits of tasks into the queue; other tasks fail."""
        assert self._queue is not None
        edits = [(t.work, t.future) for t in tasks if isinstance(t.work, Edit)]
        for task in tasks:
            if not isinstance(task.work, Edit):
                command = holder[1] if holder else "another program"
                error = CatalogError(f"{command} is using the workspace; try again when it is done")
                task.future.set_exception(error)
        if edits:
            self._queue.append([edit for edit, _ in edits])
            self._count(holder[1] if holder else "")  # a client that has an answer sees it
            for _, future in edits:
                future.set_result(None)

    def _write(self, tasks: Sequence[_Task]) -> None:
        """Write the waiting edits, then the tasks, in order."""
        assert self._queue is not None
        if self._catalog is None:
            self._catalog = self._workspace.open_catalog()
        if len(self._queue):
            applied = [self._applied_later(one) for one in self._queue.waiting()]
            self._queue.clear()
            self._tell([one for one in applied if one is not None])
            self._count("")
        results = self._in_one_transaction(tasks)
        for task, result in zip(tasks, results, strict=True):
            if isinstance(result, Exception):
                task.future.set_exception(result)
            else:
                task.future.set_result(result)
        self._tell([one for one in results if isinstance(one, Outcome)])

    def _in_one_transaction(self, tasks: Sequence[_Task]) -> list[Any]:
        assert self._catalog is not None
        try:
            with self._catalog.transaction():
                return [self._apply(task.work) for task in tasks]
        except MoueError:  # an edit such as an undo of nothing must not stop the others
            return [self._alone(task.work) for task in tasks]

    def _alone(self, work: Edit | Callable[[Catalog], Any]) -> Any:
        assert self._catalog is not None
        try:
            with self._catalog.transaction():
                return self._apply(work)
        except MoueError as error:
            return error

    def _apply(self, work: Edit | Callable[[Catalog], Any]) -> Any:
        assert self._catalog is not None
        return apply_edit(self._catalog, work) if isinstance(work, Edit) else work(self._catalog)

    def _applied_later(self, edit: Edit) -> Outcome | None:
        """Apply an edit from the queue; an undo of nothing is dropped.

        Raises:
            CatalogError: the catalog cannot be written; the edit stays in the queue.
        """
        result = self._alone(edit)
        if isinstance(result, CatalogError):
            raise result
        if isinstance(result, Exception):
            log.warning("%s was dropped: %s", edit.op_id, result)
            return None
        assert isinstance(result, Outcome)
        return result

    def _tell(self, outcomes: Sequence[Outcome]) -> None:
        for one in outcomes:
            names = [c.name for c in one.changed] + [c.name for c in one.conflicts]
            if names:
                data = {"op_id": one.op_id, "kind": one.kind, "names": names}
                self._publish("decisions", data | {"conflicts": len(one.conflicts)})

    def _count(self, reason: str) -> None:
        assert self._queue is not None
        self.queued, self.reason = len(self._queue), reason
        self._publish("queue", {"queued": self.queued, "reason": reason})
