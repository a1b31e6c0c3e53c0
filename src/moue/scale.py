"""Mapping a function over many items: in this process, or over processes.

Both mappers have one signature and yield the results in the order of the items, so a stage
gives the same rows whichever runs it, and a cluster engine can be a third one.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from itertools import islice
from typing import TypeVar

import cv2

Item = TypeVar("Item")
Result = TypeVar("Result")

CHUNK = 8
_FEW = 24


def mapped(
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
        lost: see `processes`.
    """
    workers = workers or os.cpu_count() or 1
    if workers == 1 or total <= _FEW:
        return serial(function, items)
    return processes(function, items, workers, lost)


def serial(function: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
    """Yield `function(item)` in order, in this process."""
    return map(function, items)


def processes(
    function: Callable[[Item], Result],
    items: Iterable[Item],
    workers: int,
    lost: Callable[[Item], Result] | None = None,
) -> Iterator[Result]:
    """Yield `function(item)` in order, over `workers` processes, in flat memory.

    Args:
        lost: gives the result of an item that ends its process, so that the others go on.

    Raises:
        BrokenProcessPool: a worker process ended, and `lost` is None.
    """
    source = iter(items)
    pool = _pool(workers)
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
                if lost is None:
                    raise
                pool.shutdown()
                pool = _pool(workers)
                later = [chunk for chunk, _ in waiting]
                waiting = deque((chunk, _submitted(pool, function, chunk)) for chunk in later)
                # Whichever chunk it was: the first of them is done now, so that it goes on.
                results = _one_by_one(function, chunk, lost)
            yield from results
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _one_by_one(
    function: Callable[[Item], Result], items: list[Item], lost: Callable[[Item], Result]
) -> list[Result]:
    """Return the results of items of which one may end the process that works on it."""
    results: list[Result] = []
    pool = _pool(1)
    for item in items:
        try:
            results += _submitted(pool, function, [item]).result()
        except BrokenProcessPool:
            results.append(lost(item))
            pool.shutdown()
            pool = _pool(1)
    pool.shutdown()
    return results


def _pool(workers: int) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), _start_worker)


def _submitted(
    pool: ProcessPoolExecutor, function: Callable[[Item], Result], items: list[Item]
) -> Future[list[Result]]:
    try:
        with _no_interrupt():
            return pool.submit(_apply, function, items)
    except BrokenProcessPool as error:  # told when its turn comes, as if it had broken later
        future: Future[list[Result]] = Future()
        future.set_exception(error)
        return future


def _apply(function: Callable[[Item], Result], items: list[Item]) -> list[Result]:
    return [function(item) for item in items]


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


def _start_worker() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    cv2.setNumThreads(1)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """A worker whose parent was killed would wait for work for ever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
