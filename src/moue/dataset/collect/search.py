"""Asking engines for pictures: how many of each, and what when one fails."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from moue import origins
from moue.catalog import Catalog
from moue.dataset.collect.engines import ENGINES
from moue.dataset.collect.engines.asking import Engine
from moue.dataset.collect.found import Filters, Found
from moue.dataset.collect.lists import urls
from moue.dataset.collect.page import page_images
from moue.dataset.collect.sheet import SHOWN, collected
from moue.dataset.collect.take import Look
from moue.dataset.collect.web import Query, Taker, Tally
from moue.errors import EngineError, SourceError
from moue.progress import Progress, Summary
from moue.web.client import Client, WebSettings
from moue.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Wish:
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
    wish: Wish,
    settings: WebSettings,
    progress: Progress,
    look: Look | None = None,
) -> Summary:
    """Search, and take what is found, until every query has its number of pictures.

    Each engine is first asked for its share; then those that have more fill in for those that
    failed or ran dry. Pictures that a query has brought before count, so the same wish again
    goes on where it stopped.

    Raises:
        EngineError: no engine gave a picture for any query, and none had before.
    """
    tallies: list[Tally] = []
    notes: list[str] = []
    failures: list[EngineError] = []
    engines = [engine for name in wish.engines if _usable(engine := ENGINES[name], wish, notes)]
    with Client(settings) as client, Taker(workspace, catalog, client, look) as taker:
        for query in wish.queries:
            one = _One(client, catalog, taker, wish, query, progress)
            failures += one.run(engines)
            tallies += one.tallies
            have = one.total(engines)
            if have < wish.number and not failures and engines:
                short = wish.number - have
                notes.append(f"{query.text}: {short} fewer than wished; the engines know no more")
            elif have and not any(tally.found for tally in one.tallies):
                notes.append(f"{query.text}: its {have} pictures are here already")
    failed = all(t.ended and not t.taken and not t.known for t in tallies)
    had = any(origins.count(catalog, e, q.text) for e in wish.engines for q in wish.queries)
    if failures and failed and not had:
        raise _joined(failures)
    if not engines:
        raise SourceError("; ".join(notes))
    return _summary(workspace, catalog, tallies, [*notes, *map(str, failures)])


def collect_urls(
    workspace: Workspace,
    catalog: Catalog,
    sources: Sequence[str],
    label: str | None,
    settings: WebSettings,
    progress: Progress,
    look: Look | None = None,
) -> Summary:
    """Take the pictures of URL lists (files) and of web pages (http addresses).

    A list is read once before anything is fetched: how many there are, and that all is well.

    Raises:
        SourceError: a list cannot be read, or no source gave anything that could be asked for.
    """
    totals = [None if _is_page(s) else sum(1 for _ in urls(Path(s))) for s in sources]
    tallies: list[Tally] = []
    failures: list[SourceError] = []
    with Client(settings) as client, Taker(workspace, catalog, client, look) as taker:
        for source, total in zip(sources, totals, strict=True):
            tally = Tally("page" if _is_page(source) else "list", source)
            found = page_images(client, source) if _is_page(source) else urls(Path(source))
            with progress.task(f"{tally.engine}: {source}", total) as advance:
                try:
                    taker.take(found, tally, Query(source, label), None, advance)
                except SourceError as error:
                    tally.ended = error.outcome if isinstance(error, EngineError) else "failed"
                    failures.append(error)
            tallies.append(tally)
    if failures and len(failures) == len(sources):
        raise failures[0] if len(failures) == 1 else SourceError("; ".join(map(str, failures)))
    return _summary(workspace, catalog, tallies, [str(error) for error in failures])


def _is_page(source: str) -> bool:
    return source.startswith(("http://", "https://"))


class _One:
    """One query, at all engines."""

    def __init__(
        self, client: Client, catalog: Catalog, taker: Taker, wish: Wish, query: Query,
        progress: Progress,
    ) -> None:  # fmt: skip
        self._client, self._catalog, self._taker = client, catalog, taker
        self._wish, self._query, self._progress = wish, query, progress
        self.tallies: list[Tally] = []

    def run(self, engines: Sequence[Engine]) -> list[EngineError]:
        """Ask for shares, then fill in; return how engines failed."""
        wanted = self._wish.number
        shares = [wanted * (i + 1) // len(engines) - wanted * i // len(engines)
                  for i in range(len(engines))]  # fmt: skip
        searches = [self._search(engine) for engine in engines]
        failures = [
            failed
            for search, share in zip(searches, shares, strict=True)
            if (failed := search(share - self._have(search.engine))) is not None
        ]
        for search in searches:
            if search.tally.ended is None and (left := wanted - self.total(engines)) > 0:
                failed = search(left)
                failures += [failed] if failed is not None else []
        return failures

    def _search(self, engine: Engine) -> _Search:
        tally = Tally(engine.name, self._query.text)
        self.tallies.append(tally)
        site = self._wish.sites.get(engine.name)
        found = engine.search(self._client, self._query.text, self._wish.filters, site)
        return _Search(engine, tally, self._query, found, self._taker, self._progress)

    def _have(self, engine: Engine) -> int:
        return origins.count(self._catalog, engine.name, self._query.text)

    def total(self, engines: Sequence[Engine]) -> int:
        """How many pictures the query has by now."""
        return sum(self._have(engine) for engine in engines)


@dataclass(slots=True)
class _Search:
    """One query at one engine, which can be gone on with."""

    engine: Engine
    tally: Tally
    query: Query
    found: Iterator[Found]
    taker: Taker
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


def _usable(engine: Engine, wish: Wish, notes: list[str]) -> bool:
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


def _summary(
    workspace: Workspace, catalog: Catalog, tallies: Sequence[Tally], notes: Sequence[str]
) -> Summary:
    new = sum(tally.taken for tally in tallies)
    asked = [tally for tally in tallies if tally.found or tally.ended]
    lines = [f"{tally.engine}: {tally.query}: {tally.words()}" for tally in asked]
    return Summary(
        stage="collect",
        done=new,
        counts={"new": new, "all": sum(catalog.count("samples", "kind").values())},
        notes=[*lines, *dict.fromkeys(notes)],
        files=collected(workspace, catalog, _first(tallies), new),
        result={"queries": [tally.to_dict() for tally in tallies]},
    )


def _first(tallies: Sequence[Tally]) -> list[str]:
    """The names of a few of the new pictures, as many of each query and engine."""
    each = [tally.names for tally in tallies if tally.names]
    share = -(-SHOWN // max(1, len(each)))
    return [name for names in each for name in names[:share]][:SHOWN]
