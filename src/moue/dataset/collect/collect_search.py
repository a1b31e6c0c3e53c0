"""Collect pictures with several search queries from several search engines."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType

from moue.dataset.collect.candidate import Candidate, Filters, Query
from moue.dataset.collect.collect_stats import CollectStats, summarize
from moue.dataset.collect.download_files import Downloader, PictureFilter
from moue.dataset.collect.engines import ENGINES
from moue.dataset.collect.engines.base import Engine
from moue.errors import EngineError, NoResults, SourceError
from moue.progress import Summary
from moue.workspace import provenance
from moue.workspace.context import Context

__all__ = ["collect_search"]


def collect_search(
    context: Context,
    queries: Sequence[Query],
    engines: Sequence[str],
    number: int,
    base_urls: Mapping[str, str] = MappingProxyType({}),
    picture_filter: PictureFilter | None = None,
) -> Summary:
    """Search and download until each query has `number` pictures.

    Each engine first delivers an equal share. Then engines with more results replace engines that
    failed or have no more results. An engine that failed is not used for later queries. Pictures
    from earlier calls count, so repeating an interrupted call resumes it.

    Args:
        queries: Search queries, each with its weak label.
        engines: Names of search engines, keys of `ENGINES`.
        number: Number of pictures for each query, in total from all engines.
        base_urls: Base URLs that replace those of the engines, by engine name.
        picture_filter: Function that returns True for pictures to keep; None to keep all pictures.

    Returns:
        Summary with the counts of each query at each engine.

    Raises:
        EngineError: An engine failed, and neither this call nor an earlier one found a picture.
        SourceError: No engine supports the licence filter.
    """
    stats: list[CollectStats] = []
    notes: list[str] = []
    failures: list[EngineError] = []
    failed_engines: set[str] = set()
    filters = context.config.get(Filters)
    usable = [e for name in engines if _is_usable(e := ENGINES[name], filters, notes)]
    if not usable:
        raise SourceError("; ".join(notes))
    with Downloader(context, picture_filter) as downloader:
        for query in queries:
            searches = [
                _EngineSearch(engine, query, base_urls.get(engine.name), downloader)
                for engine in usable
            ]
            failures += _run_query(searches, number, failed_engines)
            query_stats = [search.stats for search in searches]
            stats += query_stats
            total = sum(search.count() for search in searches)
            if total < number and not failures:
                notes.append(f"{query.text}: the engines found {total:,} of {number:,} pictures")
            elif total and not any(one.candidates for one in query_stats):
                notes.append(f"{query.text}: all {total:,} pictures are already in the catalog")
        notes += downloader.client.rate_limiter.skipped_hosts()
    has_pictures = any(one.candidates for one in stats) or any(
        provenance.count_pictures(context.catalog, engine, query.text)
        for engine in engines
        for query in queries
    )
    if failures and not has_pictures:
        raise _join_errors(failures)
    return summarize(context, stats, [*notes, *map(str, failures)])


class _EngineSearch:
    """A search with one query at one engine; each `download` call continues it."""

    def __init__(
        self, engine: Engine, query: Query, base_url: str | None, downloader: Downloader
    ) -> None:
        self.engine = engine
        self.stats = CollectStats(engine.name, query.text)
        self._query, self._downloader, self._context = query, downloader, downloader.context
        self._candidates: Iterator[Candidate] = engine.search(
            downloader.client, query.text, self._context.config.get(Filters),
            base_url,
        )  # fmt: skip

    def count(self) -> int:
        """Return the number of pictures in the catalog from this engine and query."""
        return provenance.count_pictures(self._context.catalog, self.engine.name, self._query.text)

    def download(self, limit: int) -> EngineError | None:
        """Download up to `limit` more pictures; return the error of a failed engine, or None."""
        if limit <= 0:
            return None
        title = f"{self.engine.name}: {self._query.text}"
        with self._context.progress.task(title, None) as advance:
            try:
                self._downloader.download(self._candidates, self.stats, self._query, limit, advance)
            except EngineError as error:
                self.stats.outcome = error.outcome
                return error
        return None


def _run_query(
    searches: Sequence[_EngineSearch], number: int, failed_engines: set[str]
) -> list[EngineError]:
    """Search with one query at all engines; return the errors of the engines that failed.

    Args:
        searches: Searches of the same query, one for each engine.
        number: Total number of pictures of all engines.
        failed_engines: Names of the engines to skip; engines that fail are added.
    """
    failures: list[EngineError] = []

    def download(search: _EngineSearch, limit: int) -> None:
        if search.engine.name in failed_engines or search.stats.outcome is not None:
            return
        missing = number - sum(one.count() for one in searches)
        error = search.download(min(limit, missing))
        if error is None:
            return
        failures.append(error)
        if not isinstance(error, NoResults):
            failed_engines.add(search.engine.name)

    # First round: each engine delivers its quota.
    for search, quota in zip(searches, _quotas(number, len(searches)), strict=True):
        download(search, quota - search.count())
    # Second round: engines with more results deliver the missing pictures.
    for search in searches:
        download(search, number)
    return failures


def _quotas(number: int, engines: int) -> list[int]:
    """Return the number of pictures of each engine; the first engines get the remainder."""
    quota, remainder = divmod(number, engines)
    return [quota + (index < remainder) for index in range(engines)]


def _is_usable(engine: Engine, filters: Filters, notes: list[str]) -> bool:
    """Return True if the engine can be used; append a note for each unsupported filter."""
    unsupported = engine.unsupported_filters(filters)
    if "licence" in unsupported:
        notes.append(f"{engine.name} was skipped: it has no filter licence={filters.licence}")
        return False
    for name in unsupported:
        value = getattr(filters, name)
        notes.append(f"{engine.name}: the filter {name}={value} is not supported and is ignored")
    return True


def _join_errors(errors: Sequence[EngineError]) -> EngineError:
    """Return one error with all messages; its class is their common class, or EngineError."""
    kinds = {type(error) for error in errors}
    kind: Callable[[str], EngineError] = kinds.pop() if len(kinds) == 1 else EngineError
    return kind("; ".join(dict.fromkeys(map(str, errors))))
