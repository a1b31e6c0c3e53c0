"""Start or join Ray without output, usage statistics or a dashboard."""

from __future__ import annotations

import logging
import os
import socket
from types import ModuleType
from typing import Any

from moue.cluster.address import Address
from moue.errors import ClusterError, MissingExtra

OBJECT_STORE = 128 * 2**20
"""Size of the object store of a local Ray in bytes. moue passes only paths and small results."""
_CONNECT = 10.0
"""Seconds within which the head node must accept a connection."""


def import_ray() -> ModuleType:
    """Import Ray, and return the module.

    Raises:
        MissingExtra: Ray is not installed.
    """
    # Ray reads these variables at its import, and passes them to the processes that it starts.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    try:
        import ray
        from ray._private import worker
    except ImportError as error:
        raise MissingExtra("--on ray", "ray") from error
    logging.getLogger("ray").setLevel(logging.CRITICAL)
    # Ray prints messages about lost workers to stdout, also with `log_to_driver=False`. They would
    # mix with the output of the command, which reports the lost items itself.
    worker.print_to_stdstream = _discard
    return ray


def _discard(*_: Any, **__: Any) -> None:
    return None


def connect(address: Address, workers: int) -> bool:
    """Connect this process to Ray, and start Ray if the address is empty.

    Args:
        address: address of the cluster.
        workers: number of CPUs of a Ray that is started; 0 uses all.

    Returns:
        True if this call connected; False if the process was connected before.

    Raises:
        ClusterError: the cluster cannot be reached.
        MissingExtra: Ray is not installed.
    """
    ray = import_ray()
    if ray.is_initialized():
        return False
    quiet: dict[str, Any] = {
        "log_to_driver": False, "configure_logging": False, "logging_level": logging.CRITICAL,
    }  # fmt: skip
    try:
        if address.text is not None:
            ray.init(address=_listening(address.text), **quiet)
        else:
            cpus = workers or os.cpu_count() or 1
            ray.init(
                address="local", num_cpus=cpus, object_store_memory=OBJECT_STORE,
                include_dashboard=False, **quiet,
            )  # fmt: skip
    except Exception as error:
        # Ray raises ConnectionError, RuntimeError, ValueError and errors of its own.
        if address.text is None:
            raise ClusterError(
                f"Ray cannot be started on this machine: {first_line(error)}"
            ) from error
        raise ClusterError(
            f"the Ray cluster at {address.text} cannot be reached: {first_line(error)}; run moue "
            "on a machine of the cluster, and check it with `ray status`"
        ) from error
    return True


def _listening(address: str) -> str:
    """Return the `HOST:PORT` of a head node that accepts connections.

    Ray itself would end the process of the driver if nothing listens there.

    Raises:
        ConnectionError: no head node is known, or it does not accept connections.
    """
    from ray._private import services

    found = services.canonicalize_bootstrap_address(address)
    if found is None:
        raise ConnectionError("this machine is not part of a cluster")
    host, _, port = str(found).rpartition(":")
    with socket.create_connection((host.strip("[]"), int(port)), timeout=_CONNECT):
        return str(found)


def first_line(error: BaseException) -> str:
    """Return the first line of the message of an error, at most 200 characters."""
    lines = str(error).strip().splitlines()
    return (lines[0] if lines else type(error).__name__)[:200]
