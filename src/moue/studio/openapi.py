"""The OpenAPI 3.1 document of the studio."""

from __future__ import annotations

from typing import Any

from moue.http_api.openapi import About, describe
from moue.studio.endpoint import PREFIX
from moue.studio.errors import ErrorBody
from moue.studio.routes import ENDPOINTS

ABOUT = About(
    title="moue studio",
    text="The API of `moue studio`, on this machine only.",
    prefix=PREFIX,
    error=ErrorBody,
    statuses={
        400: "the command or the upload failed",
        401: "the key is missing",
        403: "the request comes from another host or origin, or names a foreign path",
        404: "there is no such name",
        405: "the method is not allowed",
        409: "the workspace does not allow this now",
        413: "the upload is too large",
        415: "the content type is not accepted",
        422: "the request is not valid",
        503: "an extra is not installed",
        507: "the disk is full, or a file cannot be written",
    },
    always=(400, 401, 403, 409, 422, 507),
)


def document() -> dict[str, Any]:
    """Return the OpenAPI document of the studio."""
    return describe(ENDPOINTS, ABOUT)
