"""Why a URL could not be fetched. A `FetchError` concerns one URL and ends no command."""

from __future__ import annotations

REASONS: dict[str, str] = {
    "not_http": "the URL is not a valid http or https URL",
    "refused": "the address is private, local or reserved",
    "no_host": "the host name cannot be resolved",
    "unreachable": "the host does not respond",
    "timeout": "the file took longer than the time limit",
    "redirects": "there were more redirects than the limit",
    "gone": "the server does not have the file, or does not deliver it",
    "server_error": "the server failed",
    "rate_limited": "the server demanded a longer back-off than the limit",
    "gave_up": "the host failed or made moue wait too often, and was given up",
    "bad_answer": "the response is not valid HTTP",
    "cut_short": "the response ended early",
    "too_large": "the file has more bytes or pixels than the limit",
    "robots": "robots.txt of the site does not allow it",
    "noai": "the site does not allow use for machine learning",
    "not_an_image": "the content is not a picture",
    "unsupported": "moue does not read this picture format",
    "unreadable": "the picture is damaged or incomplete",
    "empty": "the response has no bytes",
    "no_face": "no face was detected, and --face-only was set",
    "duplicate": "the catalog already has a picture with the same bytes",
    "forgotten": "the picture was forgotten on request, and is not collected again",
}
"""Every reason why a picture is skipped, with its explanation."""

RETRYABLE = frozenset(
    {"no_host", "unreachable", "timeout", "server_error", "rate_limited", "gave_up", "cut_short"}
)
"""Reasons that the next run tries again; all others are final."""


class FetchError(Exception):
    """A URL could not be fetched.

    Attributes:
        reason: a key of `REASONS`.
        status: the HTTP status, if there was a response.
    """

    def __init__(self, reason: str, detail: str = "", status: int | None = None) -> None:
        detail = printable(detail)
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason
        self.detail = detail
        self.status = status


def printable(text: str) -> str:
    """Remove control characters from a text of the web, and limit its length."""
    return "".join(c for c in text[:2000] if c.isprintable())
