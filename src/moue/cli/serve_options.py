"""The options of `moue serve` for access and limits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import click

from moue.cli.options import PATH

Command: TypeAlias = Callable[..., Any]

_ACCESS = (
    click.option(
        "--host", default="127.0.0.1", show_default=True, metavar="ADDRESS",
        help="Address to listen on. 0.0.0.0 listens on all addresses, and requires API keys.",
    ),
    click.option(
        "--port", type=click.IntRange(0, 65535), default=8000, show_default=True,
        metavar="INTEGER", help="Port to listen on. 0 selects a free port.",
    ),
    click.option(
        "--keys", type=PATH, help="File with the API keys, one per line; # starts a comment."
    ),
    click.option(
        "--allow-host", multiple=True, metavar="NAME",
        help="Extra host name that clients may use to reach the server. With "
        "API keys, the default is every name. May be repeated.",
    ),
    click.option(
        "--allow-origin", multiple=True, metavar="ORIGIN",
        help="Origin of web pages that may use the server, such as https://example.org. May be "
        "repeated.",
    ),
)  # fmt: skip


def _limit(name: str, kind: Any, default: Any, unit: str, text: str) -> Command:
    return click.option(
        f"--{name}", type=kind, default=default, show_default=True, metavar=unit, help=text
    )


_COUNT = click.IntRange(min=1)
_TIME = click.FloatRange(min=0.1)
_LIMITS = (
    _limit("max-bytes", _COUNT, 30_000_000, "BYTES", "Maximum size of a picture file, in bytes."),
    _limit("max-pixels", _COUNT, 50_000_000, "INTEGER", "Maximum width x height of a picture."),
    _limit("max-faces", _COUNT, 100, "INTEGER", "Maximum number of classified faces in a picture."),
    _limit(
        "timeout", _TIME, 30.0, "SECONDS",
        "Maximum duration of a prediction, and of its wait in the queue, each in seconds.",
    ),
    _limit("body-timeout", _TIME, 30.0, "SECONDS", "Maximum duration of an upload, in seconds."),
    _limit(
        "max-wait", click.FloatRange(min=0.01), 2.0, "SECONDS",
        "Maximum expected time that a picture waits for a worker process, in seconds; a tenth of "
        "it during a sustained overload. Other requests are answered with status 503.",
    ),
    _limit("connections", _COUNT, 500, "INTEGER", "Maximum number of open connections."),
    _limit("live", click.IntRange(min=0), 8, "INTEGER", "Maximum number of live videos."),
    _limit("batch", _COUNT, 64, "INTEGER", "Maximum number of pictures in one request."),
    _limit(
        "memory", _COUNT, 256_000_000, "BYTES",
        "Maximum total size of simultaneous uploads, in bytes.",
    ),
)  # fmt: skip


def access_options(command: Command) -> Command:
    """Add the options for address, API keys, hosts and origins to a command."""
    return _with(command, _ACCESS)


def limit_options(command: Command) -> Command:
    """Add the options for the limits to a command; their names are the fields of `Limits`."""
    return _with(command, _LIMITS)


def _with(command: Command, options: tuple[Command, ...]) -> Command:
    for option in reversed(options):
        command = option(command)
    return command
