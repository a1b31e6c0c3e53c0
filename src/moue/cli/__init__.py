"""The command line. `main` is the only place where an error becomes a line and an exit code."""

from __future__ import annotations

import os
import sqlite3
import traceback
from collections.abc import Sequence
from concurrent.futures.process import BrokenProcessPool

import click

from moue.errors import MoueError

DONE, FAILED, USAGE, INTERRUPTED = 0, 1, 2, 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code: 0 done, 1 our error, 2 wrong usage, 130 stopped."""
    # numpy reads it when it is first imported, in workers too. moue spreads its work over processes
    # and threads of its own; BLAS, starting more for small products, waits for busy cores.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    try:
        from moue.cli.commands import moue  # takes a moment, in which Ctrl-C is one line too

        code = moue.main(args=arguments, prog_name="moue", standalone_mode=False)
    except click.UsageError as error:
        error.show()
        return USAGE
    except (click.Abort, KeyboardInterrupt):
        return _say("interrupted; in a workspace the same command goes on from here", INTERRUPTED)
    except MoueError as error:
        return _fail(str(error))
    except sqlite3.OperationalError as error:
        return _fail(f"the catalog cannot be written: {error}; nothing that was saved is lost")
    except OSError as error:
        return _fail(_about_file(error))
    except BrokenProcessPool:
        return _fail("a worker process ended; was memory short? try again with --workers 1")
    return code or DONE  # click returns what a command exited with


def _about_file(error: OSError) -> str:
    where = f"{error.filename}: " if error.filename else ""
    return (
        f"{where}{error.strerror or error}; nothing that was saved is lost, "
        "the same command goes on from here once that is mended"
    )


def _fail(text: str) -> int:
    if os.environ.get("MOUE_TRACEBACK"):
        traceback.print_exc()
    return _say(f"moue: {text}", FAILED)


def _say(text: str, code: int) -> int:
    click.echo(text, err=True)
    return code
