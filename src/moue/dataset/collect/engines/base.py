"""What a search engine is to the rest of moue."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields

from moue.dataset.collect.candidate import Candidate, Filters
from moue.dataset.collect.engines.engine_client import Ask
from moue.dataset.collect.http.http_client import HttpClient
from moue.errors import NoResults

NOT_CHECKED = "not yet checked live"


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
    pages: Callable[[Ask, str, Filters], Iterator[list[Candidate]]]
    filters: Mapping[str, Mapping[str, str]]
    api: bool = False
    checked: str = NOT_CHECKED

    def search(
        self, client: HttpClient, query: str, filters: Filters, site: str | None = None
    ) -> Iterator[Candidate]:
        """Yield what the engine finds, best first, until it has no more.

        A page that brings nothing new ends it: some engines show their last page for ever.

        Raises:
            EngineError: the outcome, where there was not even one picture. A later page that
                fails raises too; what was found before it stays.
        """
        seen: set[str] = set()
        ask = Ask(self.name, client, (site or self.site).rstrip("/"), robots=not self.api)
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
