"""Ports on this machine."""

from __future__ import annotations

import socket


def free_port() -> int:
    """Return a port that no server uses."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]
