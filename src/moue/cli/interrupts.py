"""Ctrl-C: the first one ends the command cleanly, the second one in any case."""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from moue.parallel import end_workers

INTERRUPTED = 130
GRACE = 2.0
"""Seconds between the second Ctrl-C and the forced end."""


@contextmanager
def handled(process_ends: bool) -> Iterator[Callable[[], bool]]:
    """Raise KeyboardInterrupt only for the first Ctrl-C, so that later ones keep the clean-up.

    After the second one, the process has `GRACE` seconds. A thread counts the signals, since the
    main thread may be in a library that delays them.

    Args:
        process_ends: the process ends after this context, so Ctrl-C stays handled until then.

    Yields:
        A function that returns whether Ctrl-C was pressed.
    """
    main = threading.current_thread() is threading.main_thread()
    if not main or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield lambda: False
        return
    pressed = False

    def interrupt(number: int, frame: FrameType | None) -> None:
        nonlocal pressed
        if not pressed:
            pressed = True
            raise KeyboardInterrupt

    reader, writer = socket.socketpair()
    writer.setblocking(False)
    before = signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)
    threading.Thread(target=_count, args=[reader], daemon=True).start()
    signal.signal(signal.SIGINT, interrupt)
    try:
        yield lambda: pressed
    finally:
        if process_ends and pressed:
            _only_exit_is_left()
        else:
            signal.signal(signal.SIGINT, signal.default_int_handler)
            signal.set_wakeup_fd(before)
            writer.close()


def _only_exit_is_left() -> None:
    """Ignore Ctrl-C while the interpreter ends, and kill the process if that hangs."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, GRACE)


def _count(reader: socket.socket) -> None:
    """Count signals as they arrive; end the process `GRACE` seconds after the second."""
    pressed = 0
    with reader:
        while numbers := reader.recv(64):
            pressed += numbers.count(signal.SIGINT)
            if pressed > 1:
                time.sleep(GRACE)
                end_workers(timeout=GRACE / 4)
                sys.stderr.write("interrupted\n")
                sys.stderr.flush()
                os._exit(INTERRUPTED)
