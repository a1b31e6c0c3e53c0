"""Why something could not be fetched. This befalls one address; it ends no command."""

from __future__ import annotations

REASONS: dict[str, str] = {
    "not_http": "only http and https addresses are asked",
    "refused": "the address is private, local or reserved",
    "no_host": "no such host, or the names of hosts cannot be looked up",
    "unreachable": "the host does not answer",
    "timeout": "it took longer than the limit",
    "redirects": "more redirects than the limit",
    "gone": "the server has not got it, or does not give it",
    "server_error": "the server failed",
    "rate_limited": "the server asked to be left alone for a while",
    "gave_up": "its host failed or kept moue waiting too often, and was given up",
    "bad_answer": "the answer is not proper HTTP",
    "cut_short": "the answer ended before its end",
    "too_large": "more bytes or pixels than the limit",
    "robots": "robots.txt of the site does not let programs have it",
    "noai": "the site does not want it used for machine learning",
    "not_an_image": "the content is no picture",
    "unsupported": "a picture format that is not read",
    "unreadable": "the picture is damaged or cut short",
    "empty": "no bytes came",
    "no_face": "no face was found, and only faces were asked for",
    "duplicate": "the same bytes as a picture that is there",
    "forgotten": "it was forgotten on request, and is not taken again",
}
"""Every reason for which a picture is not taken, in words for people."""

RETRYABLE = frozenset(
    {"no_host", "unreachable", "timeout", "server_error", "rate_limited", "gave_up", "cut_short"}
)
"""Reasons that may have passed by the next run; all others stand."""


class FetchError(Exception):
    """An address gave nothing; `reason` is a key of `REASONS`.

    Attributes:
        status: the HTTP status, where there was an answer.
    """

    def __init__(self, reason: str, detail: str = "", status: int | None = None) -> None:
        detail = printable(detail)
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason
        self.detail = detail
        self.status = status


def printable(text: str) -> str:
    """Return a text from the web without what could move a cursor or fill a screen."""
    return "".join(c for c in text[:2000] if c.isprintable())
