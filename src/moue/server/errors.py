"""The response of the server for each exception, as RFC 9457 describes it."""

from __future__ import annotations

import logging

from starlette.responses import Response

from moue.http_api.errors import ApiError, describe_error
from moue.server.problem import MEDIA, problem
from moue.server.service import Refused

log = logging.getLogger("moue.serve")


def error_response(error: Exception) -> Response:
    """Return the response for an exception of a handler; an unexpected one is logged."""
    described = describe_error(error)
    if described is None:
        log.error("unexpected_error", exc_info=error)
        return problem_response(500, "unexpected", "the log of the server shows the details")
    status, detail = described
    answer = problem_response(status, detail.code, detail.message)
    if isinstance(error, Refused):
        answer.headers["Retry-After"] = str(error.retry_after)
    if isinstance(error, ApiError) and status == 408:
        answer.headers["Connection"] = "close"
    return answer


def problem_response(status: int, reason: str, detail: str) -> Response:
    """Return an error as a response."""
    return Response(problem(status, reason, detail), status, media_type=MEDIA)
