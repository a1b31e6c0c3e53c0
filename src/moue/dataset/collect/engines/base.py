"""Search engine interface: `Engine` describes an engine, `EngineClient` sends its requests."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import count
from typing import Any, TypeAlias
from urllib.parse import urlencode

from moue.dataset.collect.candidate import Candidate, Filters
from moue.dataset.collect.http.fetch_error import FetchError
from moue.dataset.collect.http.http_client import (
    ACCEPT_HTML,
    ACCEPT_JSON,
    FetchedBody,
    HttpClient,
)
from moue.errors import Blocked, EngineError, LayoutChanged, NoResults, Offline, RateLimited

__all__ = ["NOT_CHECKED", "PARSE_ERRORS", "Engine", "EngineClient", "plain_text"]

NOT_CHECKED = "not yet checked live"
PARSE_ERRORS = (
    KeyError, IndexError, TypeError, AttributeError, ValueError, RecursionError, AssertionError,
)  # fmt: skip
"""Errors that a parser raises on unexpected data; `html.parser` raises AssertionError."""
Parse: TypeAlias = "Callable[[EngineClient, FetchedBody, bool], list[Candidate]]"
_TAG = re.compile(r"<[^<>]{1,1000}>")
_MAX_TITLE_LENGTH = 5000


@dataclass(frozen=True, slots=True)
class Engine:
    """A search engine or an open archive.

    Attributes:
        name: Name of the engine, as in `--engine`.
        base_url: Base URL of the engine.
        pages: Function that takes a client, a query and filters, and yields the candidates of each
            page of results.
        filters: Query parameters of the engine by filter name and filter value, for the supported
            filters.
        api: Whether the engine is an API for programs, to which robots.txt does not apply.
        checked: Date of the last check of the parser against the live engine, or `NOT_CHECKED`.
    """

    name: str
    base_url: str
    pages: Callable[[EngineClient, str, Filters], Iterator[list[Candidate]]]
    filters: Mapping[str, Mapping[str, str]]
    api: bool = False
    checked: str = NOT_CHECKED

    def search(
        self, client: HttpClient, query: str, filters: Filters, base_url: str | None = None
    ) -> Iterator[Candidate]:
        """Yield all search results without duplicates, in the order of the engine.

        A page without a new result ends the search, because some engines repeat their last page.

        Args:
            client: HTTP client that sends the requests.
            query: Search words.
            filters: Search filters; unsupported filters are ignored.
            base_url: Base URL that replaces the one of the engine, such as the URL of a mirror.

        Raises:
            EngineError: The search failed, or has no results. If a page fails, the results of the
                earlier pages are yielded first.
        """
        seen: set[str] = set()
        for page in self._pages(client, query, filters, base_url):
            new = [candidate for candidate in page if candidate.url not in seen]
            if not new:
                break
            seen |= {candidate.url for candidate in new}
            yield from new
        if not seen:
            raise self._no_results(query)

    def first_page(
        self, client: HttpClient, query: str, base_url: str | None = None
    ) -> list[Candidate]:
        """Return the results of the first page of an unfiltered search.

        Args:
            client: HTTP client that sends the requests.
            query: Search words.
            base_url: Base URL that replaces the one of the engine.

        Raises:
            EngineError: The search failed, or has no results.
        """
        found = next(self._pages(client, query, Filters(), base_url), [])
        if not found:
            raise self._no_results(query)
        return found

    def _pages(
        self, client: HttpClient, query: str, filters: Filters, base_url: str | None
    ) -> Iterator[list[Candidate]]:
        url = (base_url or self.base_url).rstrip("/")
        engine_client = EngineClient(self.name, client, url, robots=not self.api)
        return engine_client.guarded(self.pages(engine_client, query, filters))

    def _no_results(self, query: str) -> NoResults:
        return NoResults(f"{self.name}: no results for {query!r}; try other search words")

    def unsupported_filters(self, filters: Filters) -> list[str]:
        """Return the names of the active filters that this engine does not support."""
        active = [name for name, value in asdict(filters).items() if value != "any"]
        return [name for name in active if name not in self.native_filters(filters)]

    def native_filters(self, filters: Filters) -> dict[str, str]:
        """Return the query parameters of the supported active filters, by filter name."""
        active = asdict(filters)
        return {
            name: values[active[name]]
            for name, values in self.filters.items()
            if active[name] in values
        }


@dataclass(frozen=True, slots=True)
class EngineClient:
    """Client that sends requests to one engine, and raises failures as `EngineError`.

    Attributes:
        name: Name of the engine, for messages.
        client: HTTP client that sends the requests.
        base_url: Base URL of the engine, without a slash at the end.
        robots: Whether to obey the robots.txt of the engine.
    """

    name: str
    client: HttpClient
    base_url: str
    robots: bool

    def get_page(
        self, path: str, params: Mapping[str, object], accept: str = ACCEPT_HTML
    ) -> FetchedBody:
        """Return the response body of a GET request.

        Args:
            path: Path of the URL, which is appended to the base URL.
            params: Query parameters by name.
            accept: Value of the Accept header.

        Raises:
            EngineError: The request failed.
        """
        try:
            url = f"{self.base_url}{path}?{urlencode(params)}"
            return self.client.get(url, accept, robots=self.robots)
        except FetchError as error:
            raise self._engine_error(error) from error

    def get_json(self, path: str, params: Mapping[str, object]) -> Any:
        """Return the parsed JSON response of a GET request.

        Args:
            path: Path of the URL, which is appended to the base URL.
            params: Query parameters by name.

        Raises:
            EngineError: The request failed; `LayoutChanged` if the response is not JSON.
        """
        response = self.get_page(path, params, ACCEPT_JSON)
        try:
            return json.loads(response.text())
        except (ValueError, RecursionError) as error:
            raise self.layout_changed(f"the response is not JSON: {error}") from error

    def result_pages(
        self, path: str, params: Callable[[int], Mapping[str, object]], parse: Parse
    ) -> Iterator[list[Candidate]]:
        """Yield the parsed pages of an HTML search, without end.

        Args:
            path: Path of the URL of each page.
            params: Function from a page number, which starts at 0, to the query parameters; empty
                parameters are not sent.
            parse: Function that takes this client, a response, and True for the first page, and
                returns the candidates of the page.
        """
        for page in count():
            sent = {name: value for name, value in params(page).items() if value != ""}
            yield parse(self, self.get_page(path, sent), page == 0)

    def guarded(self, pages: Iterator[list[Candidate]]) -> Iterator[list[Candidate]]:
        """Yield the pages of results; raise errors of the parser as `LayoutChanged`.

        Raises:
            LayoutChanged: The parser failed.
        """
        try:
            yield from pages
        except PARSE_ERRORS as error:
            raise self.layout_changed(f"{type(error).__name__}: {error}"[:120]) from error

    def parse_results(
        self, results: Sequence[Any], parse: Callable[[Any], Candidate]
    ) -> list[Candidate]:
        """Return the candidates of a page; results that cannot be parsed are skipped.

        Args:
            results: Results of one page.
            parse: Function that converts a result to a candidate.

        Raises:
            LayoutChanged: There are results, but none can be parsed.
        """
        candidates, last = [], None
        for result in results:
            try:
                candidates.append(parse(result))
            except PARSE_ERRORS as error:
                last = error
        if results and not candidates:
            detail = f"none of {len(results)} results can be parsed: {last!r}"
            raise self.layout_changed(detail[:160])
        return candidates

    def layout_changed(self, detail: str) -> LayoutChanged:
        """Return the error for a response in an unknown format."""
        return LayoutChanged(
            f"{self.name}: the response has an unknown format ({detail}); use another --engine, "
            f"or update the parser in dataset/collect/engines/{self.name}.py"
        )

    def blocked(self, detail: str) -> Blocked:
        """Return the error for an engine that blocks automated requests."""
        return Blocked(
            f"{self.name}: the engine blocks automated requests ({detail}); use another "
            "--engine, or collect a URL list with `moue collect urls`"
        )

    def rate_limited(self, detail: str) -> RateLimited:
        """Return the error for an engine that limits the request rate (such as status 429)."""
        return RateLimited(
            f"{self.name}: the rate limit was exceeded ({detail}); run the same command later"
        )

    def _engine_error(self, error: FetchError) -> EngineError:
        if error.reason == "rate_limited" or error.status == 429:
            return self.rate_limited(error.detail)
        if error.reason in ("robots", "noai"):
            return self.blocked(f"{error.detail}; --no-robots ignores this rule, at your own risk")
        if error.status in (401, 403, 405, 406, 451):
            return self.blocked(error.detail)
        if error.status in (400, 404, 410):
            return self.layout_changed(error.detail)
        return Offline(f"{self.name}: the engine cannot be reached ({error}); check the connection")


def plain_text(text: object) -> str | None:
    """Remove HTML tags, and decode character references; return None if no text remains."""
    if not isinstance(text, str):
        return None
    stripped = _TAG.sub(" ", text[:_MAX_TITLE_LENGTH])
    try:
        stripped = html.unescape(stripped)
    except ValueError:  # a character reference with more digits than Python converts
        pass
    return " ".join(stripped.split()) or None
