"""What engines share: asking for a page, and turning what goes wrong into an outcome."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from moue.dataset.collect.candidate import Candidate
from moue.dataset.collect.http.fetch_error import FetchError
from moue.dataset.collect.http.http_client import JSON, PAGES, FetchedBody, HttpClient
from moue.errors import Blocked, EngineError, LayoutChanged, Offline, RateLimited

STUMBLED = (
    KeyError, IndexError, TypeError, AttributeError, ValueError, RecursionError, AssertionError,
)  # fmt: skip
"""What reading data of another shape raises; `html.parser` asserts what it expects."""
_TAG = re.compile(r"<[^<>]{1,1000}>")
_LONGEST = 5000
"""Characters of a title that are looked at."""


@dataclass(frozen=True, slots=True)
class Ask:
    """Asks one engine.

    Attributes:
        name: of the engine, for messages.
        robots: whether robots.txt is to be asked too.
    """

    name: str
    client: HttpClient
    site: str
    robots: bool

    def page(self, path: str, query: Mapping[str, object]) -> FetchedBody:
        """Return the answer to a query string.

        Raises:
            EngineError: the outcome.
        """
        return self._get(f"{self.site}{path}?{urlencode(query)}", PAGES)

    def json(self, path: str, query: Mapping[str, object]) -> Any:
        """Return the answer to a query string as plain data.

        Raises:
            EngineError: the outcome; `LayoutChanged` where it is no JSON.
        """
        answer = self._get(f"{self.site}{path}?{urlencode(query)}", JSON)
        try:
            return json.loads(answer.text())
        except (ValueError, RecursionError) as error:
            raise self.changed(f"the answer is no JSON: {error}") from error

    def surely(self, pages: Iterator[list[Candidate]]) -> Iterator[list[Candidate]]:
        """Yield the pages; a parser that stumbles over an answer does not know it.

        Raises:
            LayoutChanged: it stumbled.
        """
        while True:
            try:
                page = next(pages, None)
            except STUMBLED as error:
                raise self.changed(f"{type(error).__name__}: {error}"[:120]) from error
            if page is None:
                return
            yield page

    def read(self, results: Sequence[Any], one: Callable[[Any], Candidate]) -> list[Candidate]:
        """Return the results that can be read.

        Raises:
            LayoutChanged: there are some, and none can be.
        """
        found, last = [], None
        for result in results:
            try:
                found.append(one(result))
            except STUMBLED as error:
                last = error
        if results and not found:
            raise self.changed(f"{len(results)} results, none that can be read: {last!r}"[:160])
        return found

    def changed(self, what: str) -> LayoutChanged:
        """Return the outcome of an answer that the parser does not know."""
        return LayoutChanged(
            f"{self.name}: its answer is not as it was ({what}); the parser in "
            f"dataset/collect/engines/{self.name}.py must be mended, other engines go on"
        )

    def blocked(self, what: str) -> Blocked:
        """Return the outcome of an answer that turns programs away."""
        return Blocked(
            f"{self.name}: does not want to be asked by a program ({what}); moue does not "
            "get round that: take another --engine, or a list of addresses of your own"
        )

    def limited(self, what: str) -> RateLimited:
        """Return the outcome of being asked to wait."""
        return RateLimited(
            f"{self.name}: wants to be left alone for a while ({what}); "
            "the same command goes on from here later"
        )

    def _get(self, url: str, accept: str) -> FetchedBody:
        try:
            return self.client.get(url, accept, robots=self.robots)
        except FetchError as failure:
            raise self._outcome(failure) from failure

    def _outcome(self, failure: FetchError) -> EngineError:
        if failure.reason == "rate_limited" or failure.status == 429:
            return self.limited(failure.detail)
        if failure.reason in ("robots", "noai"):
            return self.blocked(
                f"{failure.detail}; --no-robots asks all the same, you answer for it"
            )
        if failure.status in (401, 403, 405, 406, 451):
            return self.blocked(failure.detail)
        if failure.status in (400, 404, 410):
            return self.changed(failure.detail)
        return Offline(f"{self.name}: cannot be reached ({failure})")


def plain(text: object) -> str | None:
    """Return a text without HTML, None for an empty one or what is no text."""
    if not isinstance(text, str):
        return None
    stripped = _TAG.sub(" ", text[:_LONGEST])
    try:
        stripped = html.unescape(stripped)
    except ValueError:  # a reference to a character, with more digits than Python reads
        pass
    return " ".join(stripped.split()) or None


def number(value: object) -> int | None:
    """Return a count of pixels, None for what is none."""
    try:
        return int(str(value)) or None
    except ValueError:
        return None
