"""Print lines of text and JSON.

Text is printed in the encoding of the terminal, with unsupported characters escaped. JSON is
always UTF-8.
"""

from __future__ import annotations

import io
import os
import sys
from typing import Any

import click

from moue.i18n.translate import translate
from moue.text import ERRORS, printable, to_json


def prepare_streams() -> None:
    """Make stdout and stderr escape the characters that their encoding does not support."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=ERRORS)


def run_in_utf8() -> None:
    """Restart the process in Python's UTF-8 mode if the encoding of file names is ASCII.

    In ASCII mode, Python cannot open a file such as `笑顔.jpg`.
    """
    if sys.getfilesystemencoding().lower() in ("ascii", "us-ascii", "ansi_x3.4-1968"):
        os.execv(sys.executable, [sys.executable, "-X", "utf8", *sys.orig_argv[1:]])


def line(text: object = "", err: bool = False) -> None:
    """Print one line of text on stdout or stderr in the language of the call.

    Control characters are escaped.
    """
    # click writes UTF-8 even to a stream whose encoding is ASCII.
    print(
        printable(translate(str(text)) if isinstance(text, str) else text),
        file=sys.stderr if err else sys.stdout,
        flush=True,
    )


def data(value: Any, err: bool = False) -> None:
    """Print a value as one line of JSON, in UTF-8, on stdout or stderr."""
    click.echo(to_json(value).encode() + b"\n", nl=False, err=err)  # bytes, so always UTF-8
