"""Asking engines for pictures: how many of each, and what when one fails."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from moue.dataset.collect.candidate import Candidate, Filters
from moue.dataset.collect.download import PictureFilter
from moue.dataset.collect.downloader import Downloader
from moue.dataset.collect.engines import ENGINES
from moue.dataset.collect.engines.base import Engine
from moue.dataset.collect.http.http_client import HttpClient
from moue.dataset.collect.http.http_settings import WebSettings
from moue.dataset.collect.stats import CollectStats, Query, summarize
from moue.errors import EngineError, NoResults, SourceError
from moue.progress import Progress, Summary
from moue.workspace import provenance
from moue.workspace.catalog import Catalog
from moue.workspace.workspace import Workspace


@dataclass(frozen=True, slots=True)
class SearchRequest:
    """What is to be searched for.

    Attributes:
        engines: names of `ENGINES`; they share the number, and one fills in for another.
        number: of pictures for each query.
        sites: where an engine is asked instead of its own site, by name.
    """

    queries: Sequence[Query]
    engines: Sequence[str]
    number: int
    filters: Filters = field(default_factory=Filters)
    sites: Mapping[str, str] = field(default_factory=dict)


def collect_search(
    workspace: Workspace,
    catalog: Catalog,
    wish: SearchRequest,
    settings: WebSettings,
    progress: Progress,
    look: PictureFilter | None = None,
) -> Summary:
    """Search, and take what is found, until every query has its number of pictures.

    Each engine is first asked for its share; then those that have more fill in for those that
    failed or ran dry. One that failed is not asked for the queries that follow. Pictures that a
    query has brought before count, so the same wish again goes on where it stopped.

    Raises:
        EngineError: no engine found a picture for any query, and none had before.
        SourceError: no engine can filter by the licence.
    """
    tallies: list[CollectStats] = []
    notes: list[str] = []
    failures: list[EngineError] = []
    out: set[str] = set()
    engines = [engine for name in wish.engines if _usable(engine := ENGINES[name], wish, notes)]
    if not engines:
        raise SourceError("; ".join(notes))
    with HttpClient(settings) as client, Downloader(workspace, catalog, client, look) as taker:
        for query in wish.queries:
            one = _One(client, catalog, taker, wish, query, progress)
            failures += one.run(engines, out)
            tallies += one.tallies
            have = one.total(engines)
            if have < wish.number and not failures:
                short = wish.number - have
                notes.append(f"{query.text}: {short} fewer than wished; the engines know no more")
            elif have and not any(tally.found for tally in one.tallies):
                notes.append(f"{query.text}: its {have} pictures are here already")
        notes += client.pace.given_up()
    found = any(tally.found for tally in tallies)
    had = any(provenance.count(catalog, e, q.text) for e in wish.engines for q in wish.queries)
    if failures and not found and not had:
        raise _joined(failures)
    return summarize(workspace, catalog, tallies, [*notes, *map(str, failures)])


class _One:
    """One query, at all engines."""

    def __init__(
        self,
        client: HttpClient,
        catalog: Catalog,
        taker: Downloader,
        wish: SearchRequest,
        query: Query,
        progress: Progress,
    ) -> None:
        self._client, self._catalog, self._taker = client, catalog, taker
        self._wish, self._query, self._progress = wish, query, progress
        self.tallies: list[CollectStats] = []

    def run(self, engines: Sequence[Engine], out: set[str]) -> list[EngineError]:
        """Ask for shares, then fill in; return how engines failed.

        Args:
            out: engines that are not asked any more; those that fail now are added.
        """
        wanted, number = self._wish.number, len(engines)
        parts = [-(-wanted * i // number) for i in range(number + 1)]
        shares = [until - start for start, until in pairwise(parts)]
        searches = [self._search(engine) for engine in engines]
        failures: list[EngineError] = []
        for search, share in (*zip(searches, shares, strict=True), *((s, None) for s in searches)):
            if search.engine.name in out or search.tally.ended is not None:
                continue
            left = wanted - self.total(engines)
            if share is not None:
                left = min(left, share - self._have(search.engine))
            failed = search(left)
            if failed is not None:
                failures.append(failed)
                if not isinstance(failed, NoResults):
                    out.add(search.engine.name)
        return failures

    def _search(self, engine: Engine) -> _Search:
        tally = CollectStats(engine.name, self._query.text)
        self.tallies.append(tally)
        site = self._wish.sites.get(engine.name)
        found = engine.search(self._client, self._query.text, self._wish.filters, site)
        return _Search(engine, tally, self._query, found, self._taker, self._progress)

    def _have(self, engine: Engine) -> int:
        return provenance.count(self._catalog, engine.name, self._query.text)

    def total(self, engines: Sequence[Engine]) -> int:
        """How many pictures the query has by now."""
        return sum(self._have(engine) for engine in engines)


@dataclass(slots=True)
class _Search:
    """One query at one engine, which can be gone on with."""

    engine: Engine
    tally: CollectStats
    query: Query
    found: Iterator[Candidate]
    taker: Downloader
    progress: Progress

    def __call__(self, wanted: int) -> EngineError | None:
        """Take so many more; return how the engine failed, where it did."""
        if wanted <= 0:
            return None
        what = f"{self.engine.name}: {self.query.text}"
        with self.progress.task(what, None) as advance:
            try:
                self.taker.take(self.found, self.tally, self.query, wanted, advance)
            except EngineError as error:
                self.tally.ended = error.outcome
                return error
        return None


def _usable(engine: Engine, wish: SearchRequest, notes: list[str]) -> bool:
    """Tell what an engine cannot filter by; without a licence filter it is left out."""
    cannot = engine.cannot(wish.filters)
    if "licence" in cannot:
        notes.append(f"{engine.name}: left out: it cannot filter by licence {wish.filters.licence}")
        return False
    for name in cannot:
        value = getattr(wish.filters, name)
        notes.append(f"{engine.name}: cannot filter by {name} {value}; all are taken")
    return True


def _joined(failures: Sequence[EngineError]) -> EngineError:
    """All failures as one error, of their kind where they are of one."""
    kinds = {type(failure) for failure in failures}
    kind: Callable[[str], EngineError] = kinds.pop() if len(kinds) == 1 else EngineError
    return kind("; ".join(dict.fromkeys(map(str, failures))))
