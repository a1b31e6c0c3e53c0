"""Errors of an API, and the status and description of each exception.

`message` is complete English text. The page of the studio shows it in the language of its reader:
`text` is the same text with its placeholders, `values` are the values of the placeholders. An error
of a command has no placeholders; `translations` has its message in the other languages.
"""

from __future__ import annotations

import msgspec

from moue.errors import CatalogError, ConfigError, MissingExtra, MoueError
from moue.i18n.translate import translations_of


class ErrorDetail(msgspec.Struct, omit_defaults=True):
    """One error.

    Attributes:
        code: short name of the kind of error, such as `not_found`.
        message: description in English, for people.
        text: the description with placeholders such as `{name}`, to look up a translation.
        values: values of the placeholders.
        translations: message of an error of a command by language, such as `zh`.
        field: field of the request that caused the error.
    """

    code: str
    message: str
    text: str = ""
    values: dict[str, str] = {}
    translations: dict[str, str] = {}
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
        self.detail = ErrorDetail(code, str(self), text, named, field=field)


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
            return 409, _of_command("catalog", error)
        case ConfigError():
            return 422, _of_command("settings", error)
        case MissingExtra():
            return 503, _of_command("missing_extra", error)
        case MoueError():
            return 400, _of_command("failed", error)
        case OSError():
            reason = f"{error.filename or ''}: {error.strerror or error}".removeprefix(": ")
            return 507, ErrorDetail("disk", reason)
    return None


def _of_command(code: str, error: MoueError) -> ErrorDetail:
    text = str(error)
    return ErrorDetail(code, text, translations=dict(translations_of(text)))
