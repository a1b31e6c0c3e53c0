"""Errors of the API, and the response for each exception.

Every error has the same body, an `ErrorBody`. `message` is complete English text. `text` is the
same text with its placeholders, so that the page can translate it, and `values` are the values of
the placeholders.
"""

from __future__ import annotations

import logging

import msgspec
from starlette.responses import Response

from moue.errors import CatalogError, ConfigError, MissingExtra, MoueError

log = logging.getLogger("moue.studio")


class ErrorDetail(msgspec.Struct, omit_defaults=True):
    """One error.

    Attributes:
        code: short name of the kind of error, such as `not_found`.
        message: description in English, for people.
        text: the description with placeholders such as `{name}`, to look up a translation.
        values: values of the placeholders.
        field: field of the request that caused the error.
    """

    code: str
    message: str
    text: str = ""
    values: dict[str, str] = {}
    field: str | None = None


class ErrorBody(msgspec.Struct):
    """The body of every error response."""

    error: ErrorDetail


class ApiError(Exception):
    """A request that cannot be answered.

    Attributes:
        status: HTTP status of the response.
        detail: body of the response.
    """

    def __init__(
        self, status: int, code: str, text: str, *, field: str | None = None, **values: object
    ) -> None:
        """Create the error.

        Args:
            status: HTTP status of the response.
            code: short name of the kind of error.
            text: description with placeholders such as `{name}`; mark it with `_` so that it is
                translated.
            field: field of the request that caused the error.
            values: values of the placeholders.
        """
        named = {name: str(value) for name, value in values.items()}
        super().__init__(text.format(**named))
        self.status = status
        self.detail = ErrorDetail(code, str(self), text, named, field)


def _(text: str) -> str:
    """Mark a text for translation, and return it unchanged; the page translates it."""
    return text


def not_found(what: str) -> ApiError:
    """Return the error for a name that the catalog does not know."""
    return ApiError(404, "not_found", _("{name} does not exist"), name=what)


def error_response(error: Exception) -> Response:
    """Return the response for an exception of a handler; an unexpected one is logged."""
    match error:
        case ApiError():
            return response(error.status, error.detail)
        case CatalogError():
            return response(409, ErrorDetail("catalog", str(error)))
        case ConfigError():
            return response(422, ErrorDetail("settings", str(error)))
        case MissingExtra():
            return response(503, ErrorDetail("missing_extra", str(error)))
        case MoueError():
            return response(400, ErrorDetail("failed", str(error)))
        case OSError():
            reason = f"{error.filename or ''}: {error.strerror or error}".removeprefix(": ")
            return response(507, ErrorDetail("disk", reason))
    log.error("unexpected error", exc_info=error)
    text = _("something unexpected happened; the terminal of `moue studio` shows the details")
    return response(500, ErrorDetail("unexpected", text, text))


def response(status: int, detail: ErrorDetail) -> Response:
    """Return an error as JSON."""
    return Response(msgspec.json.encode(ErrorBody(detail)), status, media_type="application/json")
