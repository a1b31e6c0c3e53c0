"""Compare the headers `Host` and `Origin` of a request."""

from __future__ import annotations

from urllib.parse import urlsplit

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
"""Names of this machine."""


def hostname(host: str) -> str | None:
    """Return the name in a header `Host`, without the port; None if the header is malformed."""
    try:
        parts = urlsplit(f"//{host}")
        valid = parts.port != 0  # raises ValueError for a port that is not a number
    except ValueError:
        return None
    if not valid or parts.netloc != host or parts.username is not None or parts.path or parts.query:
        return None
    return parts.hostname


def is_same_origin(origin: str, host: str) -> bool:
    """Return whether an `Origin` header names the host and port of a `Host` header."""
    try:
        parts = urlsplit(origin)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and parts.netloc.lower() == host.lower()
