"""Error for a single URL that cannot be fetched, and its reasons. It never ends a command."""

from __future__ import annotations

REASONS: dict[str, str] = {
    "not_http": "the URL is not a valid http or https URL",
    "refused": "the address is private, local or reserved",
    "no_host": "the host name cannot be resolved",
    "unreachable": "the connection to the host failed",
    "timeout": "the download took longer than the time limit",
    "redirects": "the number of redirects exceeds the limit",
    "gone": "the file is not available (such as status 404)",
    "server_error": "the server reported an error (status 5xx)",
    "rate_limited": "the wait requested by the server exceeds the limit",
    "gave_up": "moue stopped requests to the host after too many failures or too much waiting",
    "bad_answer": "the response is not valid HTTP",
    "cut_short": "the response is incomplete",
    "too_large": "the file has more bytes or pixels than the limit",
    "robots": "robots.txt of the site disallows the URL",
    "noai": "the site disallows use for machine learning",
    "not_an_image": "the content is not a picture",
    "unsupported": "moue does not read this picture format",
    "unreadable": "the picture is damaged or incomplete",
    "empty": "the response body is empty",
    "no_face": "no face was detected, and --face-only was set",
    "duplicate": "the catalog already has a picture with the same bytes",
    "forgotten": "the picture was removed with `moue forget` and is not collected again",
}
"""Reasons for skipping a candidate, with their explanations."""

RETRYABLE = frozenset(
    {"no_host", "unreachable", "timeout", "server_error", "rate_limited", "gave_up", "cut_short"}
)
"""Reasons after which the next call requests the URL again; all other reasons are final."""


class FetchError(Exception):
    """A URL cannot be fetched.

    Attributes:
        reason: Key of `REASONS`.
        detail: Additional explanation; may be empty.
        status: HTTP status code; None if no response was received.
    """

    def __init__(self, reason: str, detail: str = "", status: int | None = None) -> None:
        detail = printable(detail)
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason
        self.detail = detail
        self.status = status


def printable(text: str) -> str:
    """Return the first 2,000 characters of a text, without control characters."""
    return "".join(c for c in text[:2000] if c.isprintable())
