"""Start a command as a child process, find it again after a restart, and stop it.

A child holds a lock on the file `alive` of its job until it dies: it inherits the open file. So a
new server knows which jobs run, and no process id is confused with that of another process.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

if sys.platform != "win32":
    import fcntl

PROGRESS_FILE = "MOUE_PROGRESS_FILE"
ALIVE, PROGRESS, OUTPUT = "alive", "progress.jsonl", "output.txt"


def start(folder: Path, arguments: Sequence[str], cwd: Path) -> subprocess.Popen[bytes]:
    """Start `moue` in its own session, so that Ctrl-C in the terminal of the studio spares it.

    Args:
        folder: folder of the job, which exists.
        arguments: arguments of `moue`.
        cwd: working directory of the command.

    Raises:
        OSError: the process cannot be started.
    """
    # The progress file is English in every language; the page translates it.
    environment = os.environ | {PROGRESS_FILE: str(folder / PROGRESS), "PYTHONUTF8": "1"}
    flags = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)
    with (folder / ALIVE).open("wb") as alive, (folder / OUTPUT).open("wb") as output:
        inherited: tuple[int, ...] = ()
        if sys.platform != "win32":
            fcntl.flock(alive, fcntl.LOCK_EX | fcntl.LOCK_NB)
            inherited = (alive.fileno(),)
        return subprocess.Popen(
            [sys.executable, "-m", "moue", *arguments], stdin=subprocess.DEVNULL, stdout=output,
            stderr=subprocess.STDOUT, cwd=cwd, env=environment, start_new_session=True,
            creationflags=flags, pass_fds=inherited,
        )  # fmt: skip


def is_alive(folder: Path) -> bool:
    """Return whether the process of a job still runs; always False on Windows."""
    if sys.platform == "win32":
        return False
    try:
        with (folder / ALIVE).open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def interrupt(pid: int) -> None:
    """Ask a process to stop, as Ctrl-C does."""
    if sys.platform == "win32":
        os.kill(pid, signal.CTRL_BREAK_EVENT)
    else:
        os.kill(pid, signal.SIGINT)
