"""Mapping a function over many items: in this process, or over processes.

Both mappers have one signature and yield the results in the order of the items, so a stage
gives the same rows whichever runs it, and a cluster engine can be a third one.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from multiprocessing import resource_tracker
from multiprocessing.context import SpawnContext, SpawnProcess
from typing import Any, TypeVar

import cv2

from moue.errors import MissingGuard
from moue.memory_budget import TooHeavyForWorker, share_among

Item = TypeVar("Item")
Result = TypeVar("Result")

CHUNK = 8
_FEW = 24
_NO_GUARD = 76
"""The exit code of a worker that would have started workers of its own."""


def parallel_map(
    function: Callable[[Item], Result],
    items: Iterable[Item],
    workers: int,
    total: int,
    lost: Callable[[Item], Result] | None = None,
) -> Iterator[Result]:
    """Yield `function(item)` in order, over processes where that pays.

    Args:
        function: a picklable module-level function, or a partial of one.
        items: may be endless; only a few are held at a time.
        workers: processes to use; 0 means one for each core.
        total: how many items are expected; few are not worth starting processes for.
        lost: see `process_map`.
    """
    workers = workers or os.cpu_count() or 1
    if workers == 1 or total <= _FEW:
        return serial_map(function, items)
    return process_map(function, items, workers, lost)


def serial_map(function: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
    """Yield `function(item)` in order, in this process."""
    return map(function, items)


def process_map(
    function: Callable[[Item], Result],
    items: Iterable[Item],
    workers: int,
    lost: Callable[[Item], Result] | None = None,
) -> Iterator[Result]:
    """Yield `function(item)` in order, over `workers` processes, in flat memory.

    Args:
        lost: gives the result of an item that ends its process, so that the others go on.

    Ended early, by Ctrl-C or because nobody wants more results, it ends the workers at once.

    Raises:
        BrokenProcessPool: a worker process ended, and `lost` is None.
        MissingGuard: the script that runs this has no `if __name__ == "__main__":`.
    """
    if _is_starting():
        sys.exit(_NO_GUARD)  # a worker that runs the script anew: its parent tells why it ended
    source = iter(items)
    pool = _Pool(workers)
    waiting: deque[tuple[list[Item], Future[list[Result]]]] = deque()
    try:
        while True:
            while len(waiting) < 3 * workers and (chunk := list(islice(source, CHUNK))):
                waiting.append((chunk, _submitted(pool, function, chunk)))
            if not waiting:
                return
            chunk, future = waiting.popleft()
            try:
                results = future.result()
            except BrokenProcessPool:
                pool.end()
                if pool.lacks_guard():
                    raise MissingGuard from None
                if lost is None:
                    raise
                pool = _Pool(workers)
                later = [chunk for chunk, _ in waiting]
                waiting = deque((chunk, _submitted(pool, function, chunk)) for chunk in later)
                # Whichever chunk it was: the first of them is done now, so that it goes on.
                results = _one_by_one(function, chunk, lost)
            # What needs more memory than a worker's share is done here, one at a time.
            yield from (
                function(result.item) if isinstance(result, _Heavy) else result
                for result in results
            )
    except BaseException:
        pool.kill()
        raise
    finally:
        pool.end()


def _one_by_one(
    function: Callable[[Item], Result], items: list[Item], lost: Callable[[Item], Result]
) -> list[Result]:
    """Return the results of items of which one may end the process that works on it."""
    results: list[Result] = []
    pool = _Pool(1)
    try:
        for item in items:
            try:
                results += _submitted(pool, function, [item]).result()
            except BrokenProcessPool:
                results.append(lost(item))
                pool.end()
                pool = _Pool(1)
    except BaseException:
        pool.kill()
        raise
    finally:
        pool.end()
    return results


class _Pool:
    """Worker processes that can be ended at once, however busy they are."""

    def __init__(self, workers: int) -> None:
        context = _Context()
        self._started = context.started
        with _quiet(), _no_interrupt():
            # It frees what processes share, and would complain where they were ended.
            resource_tracker.ensure_running()
        self._executor = ProcessPoolExecutor(workers, context, _start_worker, (workers,))

    def submit(self, *call: Any) -> Future[Any]:
        return self._executor.submit(*call)

    def kill(self) -> None:
        """End the workers now; what they had in hand is lost."""
        for process in self._started:
            if process.is_alive():
                process.kill()

    def end(self) -> None:
        """Wait for the workers to end, without what they have not begun."""
        self._executor.shutdown(wait=True, cancel_futures=True)

    def lacks_guard(self) -> bool:
        return any(process.exitcode == _NO_GUARD for process in self._started)


class _Context(SpawnContext):
    """Starts processes as usual and remembers them."""

    def __init__(self) -> None:
        super().__init__()
        self.started: list[SpawnProcess] = []

    def Process(self, *args: Any, **more: Any) -> SpawnProcess:  # type: ignore[override]  # noqa: N802
        process = SpawnProcess(*args, **more)
        self.started.append(process)
        return process


def _submitted(
    pool: _Pool, function: Callable[[Item], Result], items: list[Item]
) -> Future[list[Result]]:
    try:
        with _no_interrupt():
            return pool.submit(_apply, function, items)
    except BrokenProcessPool as error:  # told when its turn comes, as if it had broken later
        future: Future[list[Result]] = Future()
        future.set_exception(error)
        return future


def _is_starting() -> bool:
    """Whether this is a worker that is still being started, and imports the main script for it."""
    return bool(getattr(multiprocessing.current_process(), "_inheriting", False))


@contextmanager
def _quiet() -> Iterator[None]:
    """Let a process that starts meanwhile show no warnings."""
    before = os.environ.get("PYTHONWARNINGS")
    os.environ["PYTHONWARNINGS"] = "ignore"
    try:
        yield
    finally:
        if before is None:
            del os.environ["PYTHONWARNINGS"]
        else:
            os.environ["PYTHONWARNINGS"] = before


def _apply(function: Callable[[Item], Result], items: list[Item]) -> list[Result]:
    return [_or_heavy(function, item) for item in items]


@dataclass(frozen=True, slots=True)
class _Heavy:
    """Takes the place of a result that a worker had too little memory to make."""

    item: Any


def _or_heavy(function: Callable[[Item], Result], item: Item) -> Any:
    try:
        return function(item)
    except TooHeavyForWorker:
        return _Heavy(item)


@contextmanager
def _no_interrupt() -> Iterator[None]:
    """Put Ctrl-C off. Workers that start meanwhile never see it: the parent alone speaks."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _start_worker(workers: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    cv2.setNumThreads(1)
    share_among(workers)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """A worker whose parent was killed would wait for work for ever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
