"""What engines share: asking for a page, and turning what goes wrong into an outcome."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any
from urllib.parse import urlencode

from moue.dataset.collect.found import Filters, Found
from moue.errors import Blocked, EngineError, LayoutChanged, NoResults, Offline, RateLimited
from moue.web.client import JSON, PAGES, Answer, Client
from moue.web.failure import Failure

NOT_CHECKED = "not yet checked live"
STUMBLED = (
    KeyError, IndexError, TypeError, AttributeError, ValueError, RecursionError, AssertionError,
)  # fmt: skip
"""What reading data of another shape raises; `html.parser` asserts what it expects."""
_TAG = re.compile(r"<[^>]+>")


@dataclass(frozen=True, slots=True)
class Engine:
    """A search engine.

    Attributes:
        site: where it is asked; tests and mirrors give another.
        pages: yields the pictures of one page of results after another; from `first(…)`.
        filters: the values that it can filter by, by the name of the filter.
        api: it is made for programs. Its own terms hold then, and robots.txt, which is for
            those who wander, is not asked.
        checked: when the parser was last seen to work on the live engine.
    """

    name: str
    site: str
    pages: Callable[[Ask, str, Filters], Iterator[list[Found]]]
    filters: Mapping[str, Mapping[str, str]]
    api: bool = False
    checked: str = NOT_CHECKED

    def search(
        self, client: Client, query: str, filters: Filters, site: str | None = None
    ) -> Iterator[Found]:
        """Yield what the engine finds, best first, until it has no more.

        A page that brings nothing new ends it: some engines show their last page for ever.

        Raises:
            EngineError: the outcome, where there was not even one picture. A later page that
                fails raises too; what was found before it stays.
        """
        seen: set[str] = set()
        ask = Ask(self, client, (site or self.site).rstrip("/"))
        for page in ask.surely(self.pages(ask, query, filters)):
            new = [found for found in page if found.url not in seen]
            if not new:
                break
            seen |= {found.url for found in new}
            yield from new
        if not seen:
            raise NoResults(f"{self.name}: no results for {query!r}; try other words")

    def cannot(self, filters: Filters) -> list[str]:
        """Return the names of the filters asked for that this engine has not."""
        return [
            field.name
            for field in fields(filters)
            if (value := getattr(filters, field.name)) != "any"
            and value not in self.filters.get(field.name, {})
        ]

    def filtered(self, filters: Filters) -> dict[str, str]:
        """Return the engine's own word for each filter that is asked for and that it has."""
        words = {
            field.name: self.filters.get(field.name, {}).get(getattr(filters, field.name))
            for field in fields(filters)
        }
        return {name: word for name, word in words.items() if word is not None}


@dataclass(frozen=True, slots=True)
class Ask:
    """Asks one engine."""

    engine: Engine
    client: Client
    site: str

    def page(self, path: str, query: Mapping[str, object]) -> Answer:
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

    def surely(self, pages: Iterator[list[Found]]) -> Iterator[list[Found]]:
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

    def read(self, results: Sequence[Any], one: Callable[[Any], Found]) -> list[Found]:
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
            f"{self.engine.name}: its answer is not as it was ({what}); the parser in "
            f"dataset/collect/engines/{self.engine.name}.py must be mended, other engines go on"
        )

    def blocked(self, what: str) -> Blocked:
        """Return the outcome of an answer that turns programs away."""
        return Blocked(
            f"{self.engine.name}: does not want to be asked by a program ({what}); moue does not "
            "get round that: take another --engine, or a list of addresses of your own"
        )

    def limited(self, what: str) -> RateLimited:
        """Return the outcome of being asked to wait."""
        return RateLimited(
            f"{self.engine.name}: wants to be left alone for a while ({what}); "
            "the same command goes on from here later"
        )

    def _get(self, url: str, accept: str) -> Answer:
        try:
            return self.client.get(url, accept, robots=not self.engine.api)
        except Failure as failure:
            raise self._outcome(failure) from failure

    def _outcome(self, failure: Failure) -> EngineError:
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
        return Offline(f"{self.engine.name}: cannot be reached ({failure})")


def plain(text: object) -> str | None:
    """Return a text without HTML, None for an empty one or what is no text."""
    if not isinstance(text, str):
        return None
    return " ".join(html.unescape(_TAG.sub(" ", text)).split()) or None


def number(value: object) -> int | None:
    """Return a count of pixels, None for what is none."""
    try:
        return int(str(value)) or None
    except ValueError:
        return None
