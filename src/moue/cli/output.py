"""All that commands print: lines for people, JSON for programs.

Lines are safe on any terminal and in any code page; JSON is UTF-8 wherever it goes.
"""

from __future__ import annotations

import io
import os
import sys
from typing import Any

import click

from moue.text import ERRORS, printable, to_json


def prepare_streams() -> None:
    """Make stdout and stderr take every character: what a code page lacks is escaped."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=ERRORS)


def run_in_utf8() -> None:
    """Start this process again in Python's UTF-8 mode where file names would be read as ASCII.

    There Python can neither open nor name a file such as `笑顔.jpg` as other programs do.
    """
    if sys.getfilesystemencoding().lower() in ("ascii", "us-ascii", "ansi_x3.4-1968"):
        os.execv(sys.executable, [sys.executable, "-X", "utf8", *sys.orig_argv[1:]])


def line(text: object = "", err: bool = False) -> None:
    """Print one line for people."""
    # click would write UTF-8 to a stream that is set to ASCII.
    print(printable(text), file=sys.stderr if err else sys.stdout, flush=True)


def data(value: Any, err: bool = False) -> None:
    """Print one line of JSON."""
    click.echo(to_json(value).encode() + b"\n", nl=False, err=err)  # bytes, whatever the stream
