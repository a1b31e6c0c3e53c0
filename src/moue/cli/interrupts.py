"""Handle Ctrl-C: the first one ends the command cleanly, the second one kills the process."""

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
"""Seconds between the second Ctrl-C and the forced exit of the process."""


@contextmanager
def handled(process_ends: bool) -> Iterator[Callable[[], bool]]:
    """Raise KeyboardInterrupt for the first Ctrl-C only; a second one cannot stop the clean-up.

    `GRACE` seconds after the second Ctrl-C, the process exits. A thread counts the signals, since
    the main thread may be in a library that delays them.

    Args:
        process_ends: True if the process exits after this context. Ctrl-C is then ignored until the
            exit.

    Yields:
        A function without arguments that returns True after a Ctrl-C.
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
    """Ignore Ctrl-C while the interpreter exits; kill the process after `GRACE` seconds."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, GRACE)


def _count(reader: socket.socket) -> None:
    """Count the SIGINT bytes of a wake-up socket; exit `GRACE` seconds after the second one."""
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
