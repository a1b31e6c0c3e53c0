"""Error bodies as RFC 9457 describes them, with moue's own word for the reason."""

from __future__ import annotations

from http import HTTPStatus

from moue.text import to_json

MEDIA = "application/problem+json"


def problem(status: int, reason: str, detail: str) -> bytes:
    """Return the JSON of an error.

    Args:
        status: HTTP status.
        reason: word for the kind of error, such as `not_an_image`.
        detail: description for people.
    """
    return to_json(
        {
            "type": "about:blank", "title": HTTPStatus(status).phrase, "status": status,
            "detail": detail, "reason": reason,
        }
    ).encode()  # fmt: skip
