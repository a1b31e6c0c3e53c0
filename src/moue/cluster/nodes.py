"""The nodes of a Ray cluster: their number, their check, and the loss of a node."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from moue.cluster.node_check import Installation, Seen, problems
from moue.cluster.start import first_line, import_ray
from moue.errors import ClusterError

MEMORY = 300 * 2**20
"""Memory that one worker of moue reserves on its node, in bytes."""
_REFRESH = 2.0
"""Seconds for which the list of nodes is valid."""
_ANSWER = 90.0
"""Maximum time for the answer of a node to the check, in seconds. Ray gives a new process 60 s."""
_ASK_AGAIN = 15.0
"""Seconds without an answer after which a node is asked again; Ray may start another process."""
_DETECTED = 30.0
"""Seconds within which Ray detects that a node is lost."""


class Nodes:
    """The living nodes of the cluster that this process is connected to.

    Args:
        say: function that shows one line to the user.
    """

    def __init__(self, say: Callable[[str], None] = lambda _: None) -> None:
        self._say = say
        self._known: list[dict[str, Any]] = []
        self._read = float("-inf")

    def living(self, now: bool = False) -> list[dict[str, Any]]:
        """Return Ray's records of the nodes that can run a worker.

        Args:
            now: True to ask the cluster even if the list is recent.
        """
        if now or time.monotonic() - self._read > _REFRESH:
            ray = import_ray()
            self._known = [n for n in ray.nodes() if n["Alive"] and _workers_of(n) > 0]
            self._read = time.monotonic()
        return self._known

    def cpus(self) -> int:
        """Return the number of workers that fit on the living nodes."""
        return sum(_workers_of(node) for node in self.living())

    def describe(self) -> str:
        """Return the number of nodes and CPUs, such as `2 nodes, 16 CPUs`."""
        nodes, cpus = len(self.living()), self.cpus()
        return f"{nodes} node{'s' * (nodes != 1)}, {cpus} CPU{'s' * (cpus != 1)}"

    def require(self, expected: Installation, needed: tuple[Seen, ...]) -> frozenset[str]:
        """Check every node, and return the ids of the nodes.

        Raises:
            ClusterError: a node has another installation, or does not see a file.
        """
        checked = self._checked(expected, needed)
        failed = [f"node {_name(node)} {'; it '.join(found)}" for node, found in checked if found]
        if failed:
            more = f"; and {len(failed) - 5} more nodes" if len(failed) > 5 else ""
            raise ClusterError(
                f"the cluster cannot do this work: {'. '.join(failed[:5])}{more}. Install the same "
                "packages on all nodes, and put the files in a folder that all nodes see under the "
                "same path"
            )
        return frozenset(node["NodeID"] for node, _ in checked)

    def report(self, expected: Installation, needed: tuple[Seen, ...]) -> list[dict[str, Any]]:
        """Return name, CPUs, memory and problems of each node."""
        return [
            {
                "node": _name(node),
                "cpus": int(node["Resources"].get("CPU", 0)),
                "memory": int(node["Resources"].get("memory", 0)),
                "gpus": int(node["Resources"].get("GPU", 0)),
                "problems": found,
            }
            for node, found in self._checked(expected, needed)
        ]

    def wait_until_known(self) -> None:
        """Wait until each node that Ray lists as alive answers, for at most half a minute.

        Afterwards a lost task was lost by its own item, or its node is no longer listed.
        """
        end = time.monotonic() + _DETECTED
        while time.monotonic() < end:
            answers = self._answers(self.living(now=True), _nothing, timeout=5.0)
            if all(answer.text is None for _, answer in answers):
                return
            time.sleep(0.5)

    def _checked(
        self, expected: Installation, needed: tuple[Seen, ...]
    ) -> list[tuple[dict[str, Any], list[str]]]:
        """Return each living node with its problems; a node that is lost meanwhile is left out."""
        answers = list(self._answers(self.living(now=True), problems, expected, needed))
        if any(answer.is_lost for _, answer in answers):
            self.wait_until_known()
            answers = list(self._answers(self.living(now=True), problems, expected, needed))
        return [
            (node, answer.value if answer.text is None else [answer.text])
            for node, answer in answers
        ]

    def _answers(
        self,
        nodes: list[dict[str, Any]],
        function: Callable[..., list[str]],
        *arguments: Any,
        timeout: float = _ANSWER,
    ) -> Iterator[tuple[dict[str, Any], _Answer]]:
        """Call a function on each node; yield the nodes with their answers."""
        ray = import_ray()
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

        task = ray.remote(num_cpus=0, max_retries=0)(function)

        def ask(node: dict[str, Any]) -> Any:
            strategy = NodeAffinitySchedulingStrategy(node["NodeID"], soft=False)
            return task.options(scheduling_strategy=strategy).remote(*arguments)

        asked, start = [[ask(node)] for node in nodes], time.monotonic()

        def wait(references: list[Any], seconds: float) -> list[Any]:
            left = max(0.0, start + seconds - time.monotonic())
            return list(ray.wait(references, timeout=left)[0])

        for node, references in zip(nodes, asked, strict=True):
            answered = wait(references, min(_ASK_AGAIN, timeout))
            if not answered and timeout > _ASK_AGAIN:
                self._say(f"node {_name(node)} does not answer; moue asks it again")
                answered = wait([*references, ask(node)], timeout)
            if not answered:
                yield node, _Answer(text=f"did not answer within {timeout:.0f} seconds")
                continue
            try:
                yield node, _Answer(ray.get(answered[0]))
            except ray.exceptions.RayError as error:
                cause = getattr(error, "cause", None) or error
                is_lost = not isinstance(error, ray.exceptions.RayTaskError)
                yield node, _Answer(text=f"cannot run moue: {first_line(cause)}", is_lost=is_lost)


@dataclass(frozen=True, slots=True)
class _Answer:
    """The answer of a node.

    Attributes:
        value: return value of the function.
        text: description of the error; None if the function returned.
        is_lost: True if the node or its process ended before it answered.
    """

    value: list[str] = field(default_factory=list)
    text: str | None = None
    is_lost: bool = False


def _nothing() -> list[str]:
    return []


def _workers_of(node: dict[str, Any]) -> int:
    resources = node["Resources"]
    return int(min(resources.get("CPU", 0), resources.get("memory", 0) // MEMORY))


def _name(node: dict[str, Any]) -> str:
    return f"{node['NodeManagerHostname']} ({node['NodeManagerAddress']})"
