"""Ctrl-C: the first one ends the command cleanly, the second one ends it in any case."""

from __future__ import annotations

import multiprocessing
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

INTERRUPTED = 130
GRACE = 2.0
"""Seconds that a command which is interrupted twice has to end by itself."""


@contextmanager
def handled(process_ends: bool) -> Iterator[Callable[[], bool]]:
    """Let the first Ctrl-C raise KeyboardInterrupt, so that later ones disturb no clean-up.

    From the second one on the process has `GRACE` seconds; a thread counts, since the main
    thread may be deep in a library and see no signal for long.

    Args:
        process_ends: the process ends after this, so Ctrl-C stays handled until it has.

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


def end_workers() -> None:
    """End the worker processes of this command at once; what they had in hand is done again."""
    for child in multiprocessing.active_children():
        child.kill()


def _only_exit_is_left() -> None:
    """Let nothing disturb the interpreter's own end, and end it from outside if it hangs."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, GRACE)


def _count(reader: socket.socket) -> None:
    """Read the numbers of signals as they come; end the process some time after the second."""
    pressed = 0
    with reader:
        while numbers := reader.recv(64):
            pressed += numbers.count(signal.SIGINT)
            if pressed > 1:
                time.sleep(GRACE)
                end_workers()
                sys.stderr.write("interrupted\n")
                sys.stderr.flush()
                os._exit(INTERRUPTED)
