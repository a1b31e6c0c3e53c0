"""The OpenAPI 3.1 document of the server."""

from __future__ import annotations

from typing import Any

from moue.http_api.openapi import About, describe
from moue.server import examples
from moue.server.problem import MEDIA
from moue.server.routes import ENDPOINTS
from moue.server.schema import Problem

ABOUT = About(
    title="moue serve",
    text="Recognise mouth expressions in pictures and live video. Pictures are kept in memory "
    "only, and never stored or logged. If the server has API keys, send one as "
    "`Authorization: Bearer KEY`.",
    prefix="",
    error=Problem,
    error_type=MEDIA,
    statuses={
        400: "the upload was cut off",
        401: "the API key is missing or wrong",
        403: "this host or origin is not allowed",
        408: "the body did not arrive in time",
        413: "the body is too large",
        415: "the content type is not accepted",
        422: "the picture cannot be read, or the query is not valid",
        503: "the server is busy; try again after the seconds in `Retry-After`",
    },
    always=(401, 403, 422),
    body_statuses=(400, 408, 413, 415, 503),
    error_examples={
        413: examples.TOO_LARGE, 422: examples.NOT_A_PICTURE, 503: examples.BUSY,
    },
)  # fmt: skip


def document(keys: bool = True) -> dict[str, Any]:
    """Return the OpenAPI document of the server.

    Args:
        keys: True if the server demands an API key.
    """
    found = describe(ENDPOINTS, ABOUT)
    if not keys:
        del found["security"], found["components"]["securitySchemes"]
    return found
