"""A request and its response or failure, as `moue doctor --engines --save` records it."""

from __future__ import annotations

from dataclasses import dataclass

from moue.dataset.collect.http.fetch_error import FetchError
from moue.dataset.collect.http.http_response import HttpResponse

__all__ = ["KEPT_HEADERS", "MAX_ERROR_BODY", "Exchange"]

KEPT_HEADERS = ("content-type", "location", "retry-after", "x-robots-tag")
"""Names of the recorded response headers. Cookies, for example, are not recorded."""
MAX_ERROR_BODY = 100_000
"""Maximum number of recorded bytes of a response that is not status 200."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request and its response, or the reason why there is none.

    Attributes:
        url: Requested URL.
        status: Status code; None without a response.
        phrase: Reason phrase after the status code.
        headers: Pairs of name in lower case and value, for the names in `KEPT_HEADERS`.
        body: Decompressed body.
        failure: Reason of the `FetchError` without a response; empty with a response.
        detail: Detail of this `FetchError`.
    """

    url: str
    status: int | None = None
    phrase: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    failure: str = ""
    detail: str = ""

    @classmethod
    def of_response(cls, url: str, response: HttpResponse, body: bytes) -> Exchange:
        """Return the exchange of a response whose body has been read."""
        headers = tuple(
            (name, value) for name in KEPT_HEADERS for value in response.header_values(name)
        )
        kept = body if response.status == 200 else body[:MAX_ERROR_BODY]
        return cls(url, response.status, response.reason, headers, kept)

    @classmethod
    def of_failure(cls, url: str, error: FetchError) -> Exchange:
        """Return the exchange of a request without a response."""
        return cls(url, error.status, failure=error.reason, detail=error.detail)

    def header(self, name: str) -> str | None:
        """Return the first value of the header `name` (in lower case); None if missing."""
        return next((value for key, value in self.headers if key == name), None)
