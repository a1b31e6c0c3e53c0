"""The answers of the server to pictures that no worker process can predict."""

from __future__ import annotations

from moue.server.messages import Answer
from moue.server.problem import problem

BUSY = "the server is busy: the queue of pictures is full; try again later"
FULL_MEMORY = "too many uploads at the same time; try again later"
SLOW_UPLOAD = "the body did not arrive within {seconds} s"


class Busy(Exception):  # noqa: N818  an event
    """The queue is full.

    Attributes:
        retry_after: seconds after which the client may try again.
    """

    def __init__(self, retry_after: int) -> None:
        super().__init__("the queue is full")
        self.retry_after = retry_after


def cannot_start(failure: str) -> Answer:
    """Return the answer while no worker process can start.

    Args:
        failure: reason why the last one did not start.
    """
    return _answer(503, "not_ready", not_started(failure))


def not_started(failure: str) -> str:
    """Return the description of the error: no worker process can start, for this reason."""
    return f"the worker processes cannot start: {failure}"


def too_slow(timeout: float) -> Answer:
    """Return the answer to a picture whose prediction took longer than `timeout` seconds."""
    return _answer(
        503, "timeout", f"the prediction took longer than {timeout:g} s; try again later"
    )


def waited(timeout: float) -> Answer:
    """Return the answer to a picture that no worker took within `timeout` seconds."""
    detail = f"no worker process was free within {timeout:g} s; try again later"
    return _answer(503, "timeout", detail)


def busy() -> Answer:
    """Return the answer to a request that would wait too long."""
    return _answer(503, "busy", BUSY)


def full_memory() -> Answer:
    """Return the answer to an upload for which the server has no memory."""
    return _answer(503, "memory", FULL_MEMORY)


def slow_upload(timeout: float) -> Answer:
    """Return the answer to an upload that took longer than `timeout` seconds."""
    return _answer(408, "slow_upload", SLOW_UPLOAD.format(seconds=f"{timeout:g}"))


def crashed() -> Answer:
    """Return the answer to a picture that ended two worker processes."""
    detail = "the worker processes that decoded this picture crashed: it may be damaged"
    return _answer(422, "crashed", detail)


def _answer(status: int, reason: str, detail: str) -> Answer:
    return Answer(status, problem(status, reason, detail), reason)
