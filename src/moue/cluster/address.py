"""The value of `--on`: where a command does its work."""

from __future__ import annotations

from dataclasses import dataclass

from moue.errors import ConfigError

PROCESSES = "processes"
"""Value for the worker processes of this machine."""
RAY = "ray"
_CLIENT = "ray://"


@dataclass(frozen=True, slots=True)
class Address:
    """The address of a Ray cluster.

    Attributes:
        text: `HOST:PORT` of the head node, or `auto` for the cluster that this machine is part of;
            None to start Ray on this machine for the duration of the command.
    """

    text: str | None


def parse(on: str) -> Address | None:
    """Return the Ray address in a value of `--on`; None for `processes`.

    Raises:
        ConfigError: the value is neither `processes` nor `ray` nor `ray:ADDRESS`.
    """
    name, colon, address = on.strip().partition(":")
    if name == PROCESSES and not colon:
        return None
    if name != RAY or (colon and not address):
        raise ConfigError(f"--on {on}: write processes, ray or ray:ADDRESS, such as ray:auto")
    if address.startswith(_CLIENT) or on.startswith(_CLIENT):
        raise ConfigError(
            f"--on {on}: moue does not use the Ray client; run moue on a machine of the cluster, "
            "with --on ray:auto"
        )
    if not colon or address == "auto":
        return Address(address or None)
    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal():
        raise ConfigError(f"--on {on}: {address!r} is not HOST:PORT, such as ray:10.0.0.1:6379")
    return Address(address)
