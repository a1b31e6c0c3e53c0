"""The command line: `main` runs a command and maps exceptions to messages and exit codes."""

from __future__ import annotations

import os
import sqlite3
import sys
import traceback
from collections.abc import Callable, Sequence
from concurrent.futures.process import BrokenProcessPool

import click

from moue.cli import interrupts, progress_file
from moue.cli.exit_codes import DONE, FAILED, INTERRUPTED, USAGE
from moue.cli.output import line, prepare_streams, run_in_utf8
from moue.cli.system_errors import system_message
from moue.errors import MoueError
from moue.i18n import language
from moue.i18n.translate import translate
from moue.parallel import end_workers
from moue.text import printable


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code: 0 success, 1 error, 2 wrong usage, 130 interrupted.

    If the environment variable MOUE_DEBUG is set, an error also prints its traceback.

    Args:
        arguments: Command-line arguments without the program name. None to read `sys.argv`.
    """
    if arguments is None:
        run_in_utf8()
    # numpy reads this at its first import, also in workers. moue uses its own processes and
    # threads; further threads of BLAS would compete with them for the cores.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    prepare_streams()
    words, chosen = language.split_flag(sys.argv[1:] if arguments is None else arguments)
    chosen = chosen or language.from_environment(os.environ)
    language.use(chosen if language.is_printable(chosen) else "en")
    progress_file.accept_interrupts()
    with interrupts.handled(process_ends=arguments is None) as interrupted:
        code, message = _run(words, interrupted)
        progress_file.record("end", code=code, message=message)
        return code


def _run(arguments: Sequence[str], interrupted: Callable[[], bool]) -> tuple[int, str]:
    """Run a command, and return its exit code and its error message."""
    try:
        from moue.cli.commands import moue  # slow; Ctrl-C during the import is handled here
        from moue.cli.help_text import localize

        localize(moue)
        code = moue.main(args=list(arguments), prog_name="moue", standalone_mode=False)
    except click.UsageError as error:
        text = printable(error.format_message(), keep="\n")
        click.UsageError(translate(text), error.ctx).show()
        return USAGE, text
    except (click.Abort, KeyboardInterrupt) as error:
        end_workers()
        text = f"interrupted{_notes(error.__cause__ or error)}"
        return _say(text, INTERRUPTED), text
    except BrokenPipeError:
        return FAILED, ""  # the reader closed the pipe, as `head` does
    except Exception as error:  # noqa: BLE001  users see a message, never a traceback
        end_workers()
        if interrupted():  # some libraries raise an error of their own after Ctrl-C
            return _say("interrupted", INTERRUPTED), "interrupted"
        text = _message(error)
        return _fail(text), text
    return code or DONE, ""  # click returns the exit code of the command


def _message(error: Exception) -> str:
    """Return the message of an exception for the user, with the cause, the file and the remedy."""
    match error:
        case MoueError():
            return str(error)
        case sqlite3.Error():
            return (
                f"the catalog of the workspace cannot be read or written: {error}; check the free "
                "disk space and the permissions, or restore the catalog from a backup"
            )
        case OSError():
            return f"{system_message(error)}{_notes(error)}"
        case BrokenProcessPool():
            return (
                "a worker process ended unexpectedly, possibly because the memory is full; try "
                "again with --workers 1"
            )
        case MemoryError():
            return f"the memory is full; try again with --workers 1{_notes(error)}"
        case UnicodeError():
            return f"a file name or a text has an invalid encoding: {error}; use UTF-8"
    return (
        f"unexpected error: {type(error).__name__}: {error}; please report it "
        "with the output of `moue doctor`; set MOUE_DEBUG=1 to see the traceback"
    )


def _notes(error: BaseException) -> str:
    """Return the notes of an exception, such as `RESUME_HINT`, each after a semicolon."""
    return "".join(f"; {note}" for note in getattr(error, "__notes__", ()))


def _fail(text: str) -> int:
    if os.environ.get("MOUE_DEBUG"):
        traceback.print_exc()
    return _say(f"moue: {translate(text)}", FAILED)


def _say(text: str, code: int) -> int:
    line(text, err=True)
    return code
