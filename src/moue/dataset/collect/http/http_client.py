"""Fetching one address: hop by hop, in turn, within limits of bytes, hops and time."""

from __future__ import annotations

import contextlib
import email.utils
import time
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

import moue
from moue.dataset.collect.http.charset import codec
from moue.dataset.collect.http.connection import Connection
from moue.dataset.collect.http.connection_pool import ConnectionPool
from moue.dataset.collect.http.exchange import ProtocolError, Response
from moue.dataset.collect.http.fetch_error import FetchError
from moue.dataset.collect.http.http_settings import WebSettings
from moue.dataset.collect.http.rate_limiter import RateLimiter
from moue.dataset.collect.http.response_body import read_body
from moue.dataset.collect.http.robots import Robots, check_tags
from moue.dataset.collect.http.url_guard import Address, parse

IMAGES = "image/*;q=1.0, */*;q=0.1"
PAGES = "text/html, application/xhtml+xml, */*;q=0.5"
JSON = "application/json, */*;q=0.5"

PAGE_BYTES = 10_000_000
"""The most bytes of a page, of an engine's answer or of a robots.txt: of all that is parsed."""

_REDIRECTS = (301, 302, 303, 307, 308)
_BUSY = (429, 503)
_TRIES = 3


@dataclass(frozen=True, slots=True)
class FetchedBody:
    """What an address gave.

    Attributes:
        url: where it was found, after redirects.
        type: the Content-Type as stated; empty where it was not.
    """

    url: str
    type: str
    body: bytes

    def text(self) -> str:
        """Return the body as text, in the encoding that was stated, or in UTF-8."""
        return self.body.decode(codec(_parameter(self.type, "charset") or "utf-8"), "replace")


class HttpClient:
    """Asks the web for files; may be used by many threads. Close it when done."""

    def __init__(self, settings: WebSettings) -> None:
        self.settings = settings
        self.agent = (
            f"moue/{moue.__version__} (collects pictures to learn mouth shapes from; "
            f"{settings.contact or 'its user gave no contact'})"
        )
        self.pace = RateLimiter(
            settings.rate, settings.per_host, settings.patience,
            settings.host_failures, settings.host_seconds,
        )  # fmt: skip
        self._robots = Robots(lambda url: self.get(url, robots=False).body, self.pace.slow)
        self._lines = ConnectionPool(settings.allow_private, 2 * settings.connections)

    def __enter__(self) -> HttpClient:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End everything that is under way, in all threads."""
        self.pace.stop()
        self._lines.close()

    def get(self, url: str, accept: str = PAGES, *, robots: bool = True) -> FetchedBody:
        """Fetch a URL.

        Args:
            accept: the kinds of content wanted.
            robots: heed robots.txt, unless the settings say otherwise for all.

        Raises:
            Failure: whatever it was that went wrong.
        """
        address, clock = parse(url), _Clock(self.settings.timeout)
        for _ in range(self.settings.redirects + 1):
            if robots and self.settings.robots:
                self._robots.check(address)
            answer = self._hop(address, accept, clock)
            if isinstance(answer, FetchedBody):
                return answer
            address = parse(answer, str(address))
        raise FetchError("redirects", f"more than {self.settings.redirects}")

    def _hop(self, address: Address, accept: str, clock: _Clock) -> FetchedBody | str:
        """Fetch one address; return the answer, or where it redirects to."""
        for tries in range(1, _TRIES + 1):
            try:
                with self.pace.turn(address.host), self._asked(address, accept, clock) as response:
                    if response.status not in _BUSY:
                        return self._taken(address, response, accept)
                    rest = _retry_after(response.header("retry-after"), 2.0**tries)
                    self.pace.rest(address.host, rest)
                    busy = f"{address.host}: {response.status}"
                    raise FetchError("rate_limited", busy, response.status)
            except FetchError as failure:
                if failure.status not in _BUSY or tries == _TRIES:
                    raise
        raise AssertionError("unreachable")

    def _taken(self, address: Address, response: Response, accept: str) -> FetchedBody | str:
        where = response.header("location")
        if response.status in _REDIRECTS and where:
            return where.encode("latin-1", "replace").decode("utf-8", "replace")
        if response.status != 200:
            reason = "server_error" if response.status >= 500 else "gone"
            raise FetchError(reason, f"{response.status} {response.reason}"[:200], response.status)
        if self.settings.robots:
            check_tags(response.all("x-robots-tag"))
        most = self.settings.max_bytes
        body = read_body(response, most if accept == IMAGES else min(most, PAGE_BYTES))
        return FetchedBody(str(address), response.header("content-type") or "", body)

    @contextlib.contextmanager
    def _asked(self, address: Address, accept: str, clock: _Clock) -> Iterator[Response]:
        """Ask over a line that is there or a new one; keep it where it can be used again."""
        headers = {
            "User-Agent": self.agent,
            "Accept": accept,
            "Accept-Encoding": "identity" if accept == IMAGES else "gzip",
        }
        with clock.running() as deadline:
            line, response = self._opened(address, headers, deadline)
            keep = False
            try:
                yield response
                keep = response.reusable
            except FetchError:  # such as 404, whose short body may have arrived already
                with contextlib.suppress(ProtocolError):
                    keep = response.reusable
                raise
            except TimeoutError as error:
                raise FetchError("timeout", f"{self.settings.timeout:g} s") from error
            except (OSError, EOFError, zlib.error) as error:
                raise FetchError("cut_short", f"{type(error).__name__}: {error}"[:200]) from error
            except ProtocolError as error:
                raise FetchError("bad_answer", str(error)[:200]) from error
            finally:
                self._lines.put_back(address, line, keep)

    def _opened(
        self, address: Address, headers: dict[str, str], deadline: float
    ) -> tuple[Connection, Response]:
        while True:
            line = self._lines.take(address, deadline)
            try:
                return line, line.ask(address, headers, deadline)
            except TimeoutError as error:
                self._lines.put_back(address, line, False)
                raise FetchError("timeout", f"{self.settings.timeout:g} s") from error
            except (OSError, EOFError, ProtocolError) as error:
                self._lines.put_back(address, line, False)
                if line.used:  # the server may have hung up meanwhile: once more, on a new line
                    continue
                reasons = {OSError: "unreachable", EOFError: "cut_short"}
                reason = next((r for k, r in reasons.items() if isinstance(error, k)), "bad_answer")
                raise FetchError(reason, f"{type(error).__name__}: {error}"[:200]) from error


class _Clock:
    """The seconds that are left for one file, through redirects and tries again.

    Waiting for one's turn at a host does not count.
    """

    def __init__(self, seconds: float) -> None:
        self._left = seconds

    @contextlib.contextmanager
    def running(self) -> Iterator[float]:
        """Let time pass while the context is open; yield when it will be over."""
        start = time.monotonic()
        try:
            yield start + self._left
        finally:
            self._left -= time.monotonic() - start


def _retry_after(value: str | None, otherwise: float) -> float:
    """Seconds of rest that a server asks for, in either of the two ways to say it."""
    if value is None:
        return otherwise
    if value.strip().isdecimal():
        return float(value)
    try:
        return max(0.0, email.utils.parsedate_to_datetime(value).timestamp() - time.time())
    except (ValueError, TypeError, OverflowError):
        return otherwise


def _parameter(content_type: str, name: str) -> str | None:
    for part in content_type.split(";")[1:]:
        key, _, value = part.partition("=")
        if key.strip().lower() == name:
            return value.strip().strip('"')
    return None
