"""HTTP client that follows redirects and limits the rate, bytes and time of requests."""

from __future__ import annotations

import codecs
import contextlib
import email.utils
import re
import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email.message import Message

import moue
from moue.dataset.collect.http.connection import Connection, ConnectionPool
from moue.dataset.collect.http.exchange import Exchange
from moue.dataset.collect.http.fetch_error import FetchError
from moue.dataset.collect.http.http_response import HttpResponse, ProtocolError, read_body
from moue.dataset.collect.http.http_settings import WebSettings
from moue.dataset.collect.http.rate_limiter import RateLimiter
from moue.dataset.collect.http.robots import RobotsTxt, check_robots_tags
from moue.dataset.collect.http.url_guard import HttpUrl, parse_url

__all__ = ["ACCEPT_HTML", "ACCEPT_IMAGE", "ACCEPT_JSON", "FetchedBody", "HttpClient"]

ACCEPT_IMAGE = "image/*;q=1.0, */*;q=0.1"
ACCEPT_HTML = "text/html, application/xhtml+xml, */*;q=0.5"
ACCEPT_JSON = "application/json, */*;q=0.5"

_MAX_TEXT_BYTES = 10_000_000
"""Maximum size of a response that is parsed: a web page, JSON or robots.txt."""
_META_BYTES = 1024
"""Number of first bytes in which the HTML standard requires the charset declaration."""
_META_CHARSET = re.compile(
    rb"""<meta\s[^<>]{0,200}?charset\s{0,9}=\s{0,9}["']?([\w:.-]{1,40})""", re.IGNORECASE | re.ASCII
)
_REDIRECT_STATUS = (301, 302, 303, 307, 308)
_BUSY_STATUS = (429, 503)
_MAX_ATTEMPTS = 3

# Other Python codecs, such as punycode, take quadratic time on malicious input.
_WEB_CODECS = frozenset(
    codecs.lookup(name).name
    for name in (
        "utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "ascii", "gb2312", "gbk",
        "gb18030", "big5", "big5hkscs", "shift_jis", "cp932", "euc_jp", "iso2022_jp", "euc_kr",
        "cp949", "cp950", "johab", "koi8-r", "koi8-u", "cp866", "cp874", "tis-620", "mac-roman",
        "mac-cyrillic", *(f"cp125{i}" for i in range(9)),
        *(f"iso8859-{i}" for i in range(1, 17) if i != 12),
    )
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class FetchedBody:
    """The body of a successful response.

    Attributes:
        url: Final URL, after redirects.
        type: Value of the Content-Type header; empty if missing.
        body: Decompressed body.
    """

    url: str
    type: str
    body: bytes

    def text(self) -> str:
        """Return the body as text, decoded with the declared charset.

        The Content-Type header takes precedence over the `<meta>` tag of a page. The default is
        UTF-8. Invalid bytes become U+FFFD.
        """
        header = Message()
        header["Content-Type"] = self.type
        charset = header.get_content_charset()
        if charset is None and (meta := _META_CHARSET.search(self.body[:_META_BYTES])):
            charset = meta[1].decode("ascii")
        return self.body.decode(_web_codec(charset or "utf-8"), "replace")


class HttpClient:
    """Thread-safe HTTP client. Use it in a `with` statement, or call `close()`.

    Attributes:
        settings: Settings of all requests.
        user_agent: Value of the User-Agent header.
        rate_limiter: Rate limiter of all requests.
    """

    def __init__(
        self, settings: WebSettings, record: Callable[[Exchange], None] | None = None
    ) -> None:
        """Create a client without connections.

        Args:
            settings: Settings of all requests.
            record: Function called with each request and its response; None for none.
        """
        self.settings, self._record = settings, record
        self.user_agent = (
            f"moue/{moue.__version__} (collects pictures to train mouth shape recognition; "
            f"{settings.contact or 'no contact address configured'})"
        )
        self.rate_limiter = RateLimiter(settings)
        self._robots = RobotsTxt(
            lambda url: self.get(url, robots=False).body, self.rate_limiter.set_crawl_delay
        )
        self._pool = ConnectionPool(settings.allow_private, 2 * settings.max_connections)

    def __enter__(self) -> HttpClient:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Abort the running requests of all threads."""
        self.rate_limiter.stop()
        self._pool.close()

    def get(self, url: str, accept: str = ACCEPT_HTML, *, robots: bool = True) -> FetchedBody:
        """Return the response body of a URL, after redirects and retries.

        Args:
            url: http or https URL.
            accept: Value of the Accept header.
            robots: Whether to obey robots.txt; has no effect if the settings disable robots.txt.

        Raises:
            FetchError: The URL cannot be fetched.
        """
        current, budget = parse_url(url), _TimeBudget(self.settings.timeout)
        for _ in range(self.settings.max_redirects + 1):
            if robots and self.settings.robots:
                self._robots.check_allowed(current)
            result = self._fetch_with_retries(current, accept, budget)
            if isinstance(result, FetchedBody):
                return result
            current = parse_url(result, str(current))
        raise FetchError("redirects", f"the limit is {self.settings.max_redirects} redirects")

    def _fetch_with_retries(
        self, url: HttpUrl, accept: str, budget: _TimeBudget
    ) -> FetchedBody | str:
        """Fetch a URL without following redirects; return the body or the redirect target."""
        for attempt in range(1, _MAX_ATTEMPTS + 1):
            recorded = None
            try:
                with (
                    self.rate_limiter.slot(url.host),
                    self._response(url, accept, budget) as response,
                ):
                    recorded = self._recorded_body(url, response, accept)
                    if response.status not in _BUSY_STATUS:
                        return self._read(url, response, accept, recorded)
                    seconds = _retry_after(response.header("retry-after"), 2.0**attempt)
                    self.rate_limiter.back_off(url.host, seconds)
                    detail = f"{url.host}: status {response.status}"
                    raise FetchError("rate_limited", detail, response.status)
            except FetchError as error:
                if self._record is not None and recorded is None:
                    self._record(Exchange.of_failure(str(url), error))
                if error.status not in _BUSY_STATUS or attempt == _MAX_ATTEMPTS:
                    raise
        raise AssertionError("unreachable")

    def _recorded_body(self, url: HttpUrl, response: HttpResponse, accept: str) -> bytes | None:
        """Record a response, and return its body; return None if nothing is recorded."""
        if self._record is None:
            return None
        try:
            body = read_body(response, self._limit(accept))
        except (FetchError, OSError, EOFError, ProtocolError, zlib.error):
            if response.status == 200:
                raise
            body = b""  # the status is what matters
        self._record(Exchange.of_response(str(url), response, body))
        return body

    def _limit(self, accept: str) -> int:
        limit = self.settings.max_bytes
        return limit if accept == ACCEPT_IMAGE else min(limit, _MAX_TEXT_BYTES)

    def _read(
        self, url: HttpUrl, response: HttpResponse, accept: str, body: bytes | None
    ) -> FetchedBody | str:
        location = response.header("location")
        if response.status in _REDIRECT_STATUS and location:
            return location.encode("latin-1", "replace").decode("utf-8", "replace")
        if response.status != 200:
            reason = "server_error" if response.status >= 500 else "gone"
            raise FetchError(reason, f"{response.status} {response.reason}"[:200], response.status)
        if self.settings.robots:
            check_robots_tags(response.header_values("x-robots-tag"))
        if body is None:
            body = read_body(response, self._limit(accept))
        return FetchedBody(str(url), response.header("content-type") or "", body)

    @contextlib.contextmanager
    def _response(self, url: HttpUrl, accept: str, budget: _TimeBudget) -> Iterator[HttpResponse]:
        """Send a request and yield the response; the connection returns to the pool afterwards."""
        headers = {
            "User-Agent": self.user_agent,
            "Accept": accept,
            "Accept-Encoding": "identity" if accept == ACCEPT_IMAGE else "gzip",
        }
        with budget.running() as deadline:
            connection, response = self._send(url, headers, deadline)
            keep = False
            try:
                yield response
                keep = response.reusable
            except FetchError:  # such as a 404 response, whose short body may be received already
                with contextlib.suppress(ProtocolError):
                    keep = response.reusable
                raise
            except TimeoutError as error:
                raise FetchError("timeout", f"{self.settings.timeout:g} s") from error
            except (OSError, EOFError, zlib.error) as error:
                raise FetchError("cut_short", _describe(error)) from error
            except ProtocolError as error:
                raise FetchError("bad_answer", str(error)[:200]) from error
            finally:
                self._pool.release(url, connection, keep)

    def _send(
        self, url: HttpUrl, headers: dict[str, str], deadline: float
    ) -> tuple[Connection, HttpResponse]:
        while True:
            connection = self._pool.acquire(url, deadline)
            try:
                return connection, connection.request(url, headers, deadline)
            except (OSError, EOFError, ProtocolError) as error:
                self._pool.release(url, connection, False)
                if isinstance(error, TimeoutError):
                    raise FetchError("timeout", f"{self.settings.timeout:g} s") from error
                if connection.reused:  # the server may have closed it: retry with a new connection
                    continue
                reason = "bad_answer"
                if isinstance(error, OSError):
                    reason = "unreachable"
                elif isinstance(error, EOFError):
                    reason = "cut_short"
                raise FetchError(reason, _describe(error)) from error


class _TimeBudget:
    """Remaining time of a request, including its redirects and retries.

    Time spent waiting for the rate limiter does not count.
    """

    def __init__(self, seconds: float) -> None:
        self._remaining = seconds

    @contextlib.contextmanager
    def running(self) -> Iterator[float]:
        """Count the time of the context; yield the deadline, in seconds of `time.monotonic`."""
        start = time.monotonic()
        try:
            yield start + self._remaining
        finally:
            self._remaining -= time.monotonic() - start


def _describe(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:200]


def _retry_after(value: str | None, default: float) -> float:
    """Return the delay of a Retry-After header in seconds; `default` if missing or not valid."""
    if value is None:
        return default
    if value.strip().isdecimal():
        return float(value)
    parsed = email.utils.parsedate_tz(value)  # an HTTP date without a time zone is in UTC
    try:
        return max(0.0, email.utils.mktime_tz(parsed) - time.time()) if parsed else default
    except (ValueError, OverflowError):
        return default


def _web_codec(charset: str) -> str:
    """Return the Python codec of a charset; UTF-8 for unknown and unsafe charsets."""
    try:
        name = codecs.lookup(charset[:40]).name
    except (LookupError, ValueError):
        return "utf-8"
    return name if name in _WEB_CODECS else "utf-8"
