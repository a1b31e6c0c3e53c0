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
from contextlib import contextmanager
from itertools import islice
from typing import TypeVar

import cv2

Item = TypeVar("Item")
Result = TypeVar("Result")

CHUNK = 8
_FEW = 24


def mapped(
    function: Callable[[Item], Result], items: Iterable[Item], workers: int, total: int
) -> Iterator[Result]:
    """Yield `function(item)` in order, over processes where that pays.

    Args:
        function: a picklable module-level function, or a partial of one.
        items: may be endless; only a few are held at a time.
        workers: processes to use; 0 means one for each core.
        total: how many items are expected; few are not worth starting processes for.
    """
    workers = workers or os.cpu_count() or 1
    if workers == 1 or total <= _FEW:
        return serial(function, items)
    return processes(function, items, workers)


def serial(function: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
    """Yield `function(item)` in order, in this process."""
    return map(function, items)


def processes(
    function: Callable[[Item], Result], items: Iterable[Item], workers: int
) -> Iterator[Result]:
    """Yield `function(item)` in order, over `workers` processes, in flat memory."""
    source = iter(items)
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(workers, context, _start_worker)
    waiting: deque[Future[list[Result]]] = deque()
    try:
        while True:
            while len(waiting) < 3 * workers and (chunk := list(islice(source, CHUNK))):
                with _no_interrupt():
                    waiting.append(pool.submit(_apply, function, chunk))
            if not waiting:
                return
            yield from waiting.popleft().result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


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
