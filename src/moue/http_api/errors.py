"""Errors of an API, and the status and description of each exception.

`message` is complete English text. `text` is the same text with its placeholders, so that the page
of the studio can translate it, and `values` are the values of the placeholders.
"""

from __future__ import annotations

import msgspec

from moue.errors import CatalogError, ConfigError, MissingExtra, MoueError


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
    """Return the error for a name that does not exist."""
    return ApiError(404, "not_found", _("{name} does not exist"), name=what)


def describe_error(error: Exception) -> tuple[int, ErrorDetail] | None:
    """Return the HTTP status and the description of an exception; None if it is unexpected."""
    match error:
        case ApiError():
            return error.status, error.detail
        case CatalogError():
            return 409, ErrorDetail("catalog", str(error))
        case ConfigError():
            return 422, ErrorDetail("settings", str(error))
        case MissingExtra():
            return 503, ErrorDetail("missing_extra", str(error))
        case MoueError():
            return 400, ErrorDetail("failed", str(error))
        case OSError():
            reason = f"{error.filename or ''}: {error.strerror or error}".removeprefix(": ")
            return 507, ErrorDetail("disk", reason)
    return None
