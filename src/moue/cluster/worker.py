"""The code that runs in the worker processes of a cluster."""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from moue.cluster.node_check import Installation, Seen, problems
from moue.errors import ClusterError
from moue.memory_budget import share_among
from moue.worker_task import TaskFunction, apply_to_items

_functions: dict[str, Callable[[Any], Any]] = {}
"""The function of the current call of `RayEngine.map`, by its key."""


@dataclass(frozen=True, slots=True)
class Payload:
    """The function of a call, and what a worker checks before it runs the function.

    Attributes:
        function: function to apply to each item.
        expected: installation of the driver.
        needed: files and folders that the function needs.
        checked: ids of the nodes that were checked before the work began.
        folder: current folder of the driver, for relative paths.
    """

    function: Callable[[Any], Any]
    expected: Installation
    needed: tuple[Seen, ...]
    checked: frozenset[str]
    folder: str


def work(key: str, shared: list[Any], items: bytes) -> bytes:
    """Return the pickled results of a list of items, in order.

    Args:
        key: key of the call of `RayEngine.map`.
        shared: one reference to the `Payload`. In a list, Ray does not fetch it for each task.
        items: pickled list of arguments of the function.

    Raises:
        ClusterError: this node joined later, and cannot do the work.
    """
    function = _functions.get(key)
    if function is None:
        function = _received(shared[0])
        _functions.clear()
        _functions[key] = function
    arguments = pickle.loads(items)  # noqa: S301  from the driver
    results = apply_to_items(function, arguments)
    if isinstance(function, TaskFunction):
        results = function.finish(results)
    return pickle.dumps(results)


def _received(reference: Any) -> Callable[[Any], Any]:
    """Return the function of a payload, and prepare this process for its work."""
    import cv2
    import ray

    payload: Payload = ray.get(reference)
    context = ray.get_runtime_context()
    if context.get_node_id() not in payload.checked:
        found = problems(payload.expected, payload.needed)
        if found:
            raise ClusterError(f"a node that joined later {'; it '.join(found)}")
    with suppress(OSError):  # without relative paths, the folder need not exist on this node
        os.chdir(payload.folder)
    cv2.setNumThreads(1)
    share_among(os.cpu_count() or 1)
    return payload.function
