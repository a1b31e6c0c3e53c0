"""The response of the studio for each exception; every error has the body `ErrorBody`."""

from __future__ import annotations

import logging

import msgspec
from starlette.responses import Response

from moue.http_api.errors import ErrorDetail, _, describe_error

log = logging.getLogger("moue.studio")


class ErrorBody(msgspec.Struct):
    """The body of every error response."""

    error: ErrorDetail


def error_response(error: Exception) -> Response:
    """Return the response for an exception of a handler; an unexpected one is logged."""
    described = describe_error(error)
    if described is None:
        log.error("unexpected error", exc_info=error)
        text = _("something unexpected happened; the terminal of `moue studio` shows the details")
        described = 500, ErrorDetail("unexpected", text, text)
    status, detail = described
    body = msgspec.json.encode(ErrorBody(detail))
    return Response(body, status, media_type="application/json")
