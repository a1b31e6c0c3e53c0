"""Map a function over many items, in this process or in worker processes.

The results come in the order of the items, so a stage writes the same rows with any number of
worker processes.
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
from itertools import islice
from multiprocessing import resource_tracker
from multiprocessing.context import SpawnContext, SpawnProcess
from typing import Any, TypeVar

from moue.errors import MissingGuard
from moue.memory_budget import share_among
from moue.worker_task import HeavyItem, apply_to_items

Item = TypeVar("Item")
Result = TypeVar("Result")

CHUNK = 8
"""Number of items in one task of a worker."""
_MIN_PARALLEL = 24
"""Number of items up to which one process is faster than starting workers."""
_NO_GUARD = 76
"""Exit code of a worker whose main script would start workers again."""
_starting = threading.Lock()
"""Lock that is held while worker processes start."""


def parallel_map(
    function: Callable[[Item], Result],
    items: Iterable[Item],
    workers: int,
    total: int,
    on_crash: Callable[[Item], Result] | None = None,
    chunk: int = CHUNK,
) -> Iterator[Result]:
    """Yield `function(item)` for each item in order; use worker processes for many items.

    Args:
        function: picklable module-level function, or a partial of one.
        items: arguments of the function. The iterable may be endless, since only a few items are in
            memory at a time.
        workers: number of processes; 0 starts one per CPU core.
        total: expected number of items.
        on_crash: function from an item that crashed its worker process to the result of that item;
            None to raise BrokenProcessPool instead.
        chunk: number of items in one task of a worker.
    """
    workers = workers or os.cpu_count() or 1
    if workers == 1 or total <= _MIN_PARALLEL:
        return map(function, items)
    return process_map(function, items, workers, on_crash, chunk)


def process_map(
    function: Callable[[Item], Result],
    items: Iterable[Item],
    workers: int,
    on_crash: Callable[[Item], Result] | None = None,
    size: int = CHUNK,
) -> Iterator[Result]:
    """Yield `function(item)` for each item in order, computed in worker processes.

    The memory use does not depend on the number of items. The workers end at once if the caller
    stops early or Ctrl-C is pressed.

    Args:
        function: picklable module-level function, or a partial of one.
        items: arguments of the function. The iterable may be endless, since only a few items are in
            memory at a time.
        workers: number of processes.
        on_crash: function from an item that crashed its worker process to the result of that
            item; new processes compute the other items. None to raise BrokenProcessPool instead.
        size: number of items in one task of a worker.

    Raises:
        BrokenProcessPool: a worker process crashed, and `on_crash` is None.
        MissingGuard: the calling script has no `if __name__ == "__main__":`.
    """
    if _is_starting():
        sys.exit(_NO_GUARD)  # a worker runs the script again; its parent prints the reason
    source = iter(items)
    pool = _Pool(workers)
    waiting: deque[tuple[list[Item], Future[list[Result]]]] = deque()
    try:
        while True:
            while len(waiting) < 3 * workers and (chunk := list(islice(source, size))):
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
                if on_crash is None:
                    raise
                pool = _Pool(workers)
                later = [chunk for chunk, _ in waiting]
                waiting = deque((chunk, _submitted(pool, function, chunk)) for chunk in later)
                # Any of the chunks may have crashed. Finish the first, so that the map advances.
                results = _one_by_one(function, chunk, on_crash)
            # Items that need more memory than the share of one worker run here, one at a time.
            yield from (
                function(result.item) if isinstance(result, HeavyItem) else result
                for result in results
            )
    except BaseException:
        pool.kill()
        raise
    finally:
        pool.end()


def _one_by_one(
    function: Callable[[Item], Result], items: list[Item], on_crash: Callable[[Item], Result]
) -> list[Result]:
    """Compute items one at a time in a worker, and call `on_crash` for those that crash it."""
    results: list[Result] = []
    pool = _Pool(1)
    try:
        for item in items:
            try:
                results += _submitted(pool, function, [item]).result()
            except BrokenProcessPool:
                results.append(on_crash(item))
                pool.end()
                pool = _Pool(1)
    except BaseException:
        pool.kill()
        raise
    finally:
        pool.end()
    return results


class _Pool:
    """A pool of worker processes that can be killed while they work."""

    def __init__(self, workers: int) -> None:
        context = _Context()
        self._started = context.started
        with _quiet(), _no_interrupt():
            # The tracker frees shared memory, and would print warnings about killed processes.
            resource_tracker.ensure_running()
        self._executor = ProcessPoolExecutor(workers, context, prepare_worker, (workers,))

    def submit(self, *call: Any) -> Future[Any]:
        return self._executor.submit(*call)

    def kill(self) -> None:
        """Kill the worker processes, and discard unfinished results."""
        for process in self._started:
            if process.is_alive():
                process.kill()

    def end(self) -> None:
        """Cancel the tasks that have not started, and wait until the workers have ended."""
        self._executor.shutdown(wait=True, cancel_futures=True)

    def lacks_guard(self) -> bool:
        return any(process.exitcode == _NO_GUARD for process in self._started)


class _Context(SpawnContext):
    """A spawn context that lists its processes in `started`."""

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
        with _no_interrupt(), _starting:
            return pool.submit(apply_to_items, function, items)
    except BrokenProcessPool as error:  # raised later, when the result is read
        future: Future[list[Result]] = Future()
        future.set_exception(error)
        return future


def end_workers(timeout: float = 0) -> None:
    """Kill all worker processes; the next call of the command processes their items again.

    Args:
        timeout: maximum time to wait for workers that are being started, in seconds. After the
            wait, this process cannot start workers and must exit. 0 does not wait.
    """
    if timeout:
        _starting.acquire(timeout=timeout)  # a worker whose parent ends now prints a traceback
    for child in multiprocessing.active_children():
        child.kill()


def _is_starting() -> bool:
    """Return whether this process is a worker that is still importing the main script."""
    return bool(getattr(multiprocessing.current_process(), "_inheriting", False))


@contextmanager
def _quiet() -> Iterator[None]:
    """Suppress the warnings of processes that are started while the context is open."""
    before = os.environ.get("PYTHONWARNINGS")
    os.environ["PYTHONWARNINGS"] = "ignore"
    try:
        yield
    finally:
        if before is None:
            del os.environ["PYTHONWARNINGS"]
        else:
            os.environ["PYTHONWARNINGS"] = before


@contextmanager
def _no_interrupt() -> Iterator[None]:
    """Block Ctrl-C in this context and in workers that it starts; only the parent handles it."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def prepare_worker(workers: int) -> None:
    """Prepare this process to be one of several workers.

    Ctrl-C is ignored, libraries use one thread, and the process exits when its parent ends.

    Args:
        workers: number of worker processes that share the memory.
    """
    import cv2  # the command line imports this module before it knows its command

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    cv2.setNumThreads(1)
    share_among(workers)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """Exit this worker when the parent process ends; otherwise the worker would wait forever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
