"""Parse the address of a receiver, such as `127.0.0.1:9000`."""

from __future__ import annotations

import socket
from urllib.parse import urlsplit

from moue.errors import ConfigError, OutputError

__all__ = ["LOOPBACK", "parse_address", "resolve"]

LOOPBACK = "127.0.0.1"


def parse_address(
    text: str, flag: str, port: int | None = None, lowest: int = 1
) -> tuple[str, int]:
    """Return host and port of a text such as `localhost:9000`, `[::1]:9000` or `9000`.

    Args:
        text: Address; without a host it means this machine.
        flag: Name of the option, for the error message.
        port: Default port; None if the text must contain the port.
        lowest: Lowest valid port; 0 allows any free port.

    Raises:
        ConfigError: The text is not a valid address.
    """
    try:
        parts = urlsplit(f"//{LOOPBACK}:{text}" if text.isdecimal() else f"//{text}")
        given = port if parts.port is None else parts.port
    except ValueError:
        parts, given = urlsplit(""), None
    named = parts.username is not None or parts.path or parts.query or parts.fragment
    if given is None or given < lowest or named:
        raise ConfigError(f"{flag} {text}: write HOST:PORT, such as {LOOPBACK}:9000")
    return parts.hostname or LOOPBACK, given


def resolve(host: str, port: int, flag: str) -> str:
    """Return the IP address of a host, so that no later message waits for name resolution.

    Args:
        host: Host name or IP address.
        port: UDP or TCP port.
        flag: Name of the option, for the error message.

    Raises:
        OutputError: The host name cannot be resolved.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)
    except (OSError, UnicodeError) as error:
        raise OutputError(f"{flag}: the host {host!r} is unknown; check its name") from error
    return str(found[0][4][0])
