"""Pictures from URLs into the catalog: many threads fetch, the parent writes.

Results are written in the order in which they were found, each in a transaction of its own, and
never more are under way than are still wanted. So a run that is killed and started again ends
as if it had not been, and nothing is fetched that is not kept.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from typing import TypeAlias

from moue.dataset.collect.candidate import Candidate
from moue.dataset.collect.download import Download, PictureFilter, download
from moue.dataset.collect.http.fetch_error import RETRYABLE, FetchError
from moue.dataset.collect.http.http_client import HttpClient
from moue.dataset.collect.http.url_guard import parse
from moue.dataset.collect.stats import CollectStats, Query
from moue.errors import SourceError
from moue.files import remove_parts
from moue.progress import Advance
from moue.workspace import provenance
from moue.workspace.catalog import Catalog, Decision
from moue.workspace.owned_files import publish
from moue.workspace.provenance import FetchRecord, Origin
from moue.workspace.types import Sample
from moue.workspace.workspace import Workspace

_AHEAD = 4
"""URLs under way for each thread."""
_Waiting: TypeAlias = Future[Download] | tuple[Candidate, FetchRecord | None]
"""A picture that is being fetched, or one of which is known what comes of it."""


class Downloader:
    """Takes what sources find into one workspace. Use it in a `with`."""

    def __init__(
        self,
        workspace: Workspace,
        catalog: Catalog,
        client: HttpClient,
        look: PictureFilter | None = None,
    ) -> None:
        self._workspace, self._catalog = workspace, catalog
        self._client, self._look = client, look
        self._pool = ThreadPoolExecutor(client.settings.connections, "moue-collect")
        self._forgotten = provenance.forgotten(catalog)
        self._under_way: set[str] = set()
        workspace.originals.mkdir(exist_ok=True)

    def __enter__(self) -> Downloader:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()  # what is under way ends, so that an interrupt waits for nothing
        self._pool.shutdown(wait=True, cancel_futures=True)
        remove_parts(self._workspace.originals)  # of what came when it was not wanted any more

    def take(
        self,
        found: Iterator[Candidate],
        tally: CollectStats,
        query: Query,
        wanted: int | None,
        advance: Advance,
    ) -> None:
        """Take pictures until so many have come that this engine had not brought for the query.

        Args:
            found: is read only as far as needed.
            wanted: None for all.

        Raises:
            SourceError: from `found`, once all that it gave before has been taken.
            OSError: a file cannot be written.
        """
        ahead = _AHEAD * self._client.settings.connections
        waiting: deque[_Waiting] = deque()
        got, more, failed = 0, True, None
        try:
            while True:
                while more and len(waiting) < min(ahead, ahead if wanted is None else wanted - got):
                    try:
                        one = next(found, None)
                    except SourceError as error:
                        one, failed = None, error  # once what was found before has come
                    more = one is not None
                    if one is not None:
                        waiting.append(self._begin(one, tally))
                if not waiting:
                    break
                got += self._finish(waiting.popleft(), tally, query)
                advance(tally.words())
        finally:
            for unfinished in waiting:
                if isinstance(unfinished, Future):
                    unfinished.cancel()
        if failed is not None:
            raise failed

    def _begin(self, found: Candidate, tally: CollectStats) -> _Waiting:
        """Start to fetch a picture, unless it is known what comes of it."""
        tally.found += 1
        try:
            found = replace(found, url=str(parse(found.url)))
        except FetchError as failure:
            return found, FetchRecord(failure.reason, None)
        if provenance.url_hash(found.url) in self._forgotten:
            return found, FetchRecord("forgotten", None)
        if found.url in self._under_way:
            return found, None  # what comes of it will be known when it is this one's turn
        known = provenance.fetch_record(self._catalog, found.url)
        if known is not None and self._stands(known.reason):
            return found, known
        self._under_way.add(found.url)
        return self._pool.submit(
            download, self._client, found, tally.engine, self._workspace.originals, self._look
        )

    def _stands(self, reason: str | None) -> bool:
        """Whether a URL that gave a picture, or a reason, need not be asked again."""
        settings = self._client.settings
        lifted = {
            "no_face": self._look is None, "refused": settings.allow_private,
            "robots": not settings.robots, "noai": not settings.robots,
        }  # fmt: skip
        return reason not in RETRYABLE and not lifted.get(reason or "", False)

    def _finish(self, one: _Waiting, tally: CollectStats, query: Query) -> bool:
        """Write down what came of one; return whether it is a picture more for the query."""
        if isinstance(one, tuple):
            found, known = one[0], one[1] or provenance.fetch_record(self._catalog, one[0].url)
            if known is None or known.sample is None:
                tally.skipped[(known and known.reason) or "gone"] += 1
                return False
            with self._catalog.transaction():
                new = self._note(Download(found), known.sample, tally, query)
            tally.known += 1
            return new
        took = one.result()
        self._under_way.discard(took.found.url)
        reason, sample = self._judge(took)
        if took.file is not None and reason is None:
            publish(self._catalog, [took.file])
        elif took.file is not None:
            took.file.part.unlink(missing_ok=True)
        with self._catalog.transaction():
            return self._keep(took, reason, sample, tally, query)

    def _judge(self, took: Download) -> tuple[str | None, str | None]:
        """Return why a picture is not kept, and the name of the sample that shows it."""
        reason, sample = took.reason, None
        same = list(self._catalog.samples("sha256 = ?", [took.sha256])) if took.sha256 else []
        if took.sha256 in self._forgotten:
            reason = "forgotten"
        elif same:
            reason, sample = "duplicate", same[0].name
        elif reason is None:
            sample = took.name
        return reason, sample

    def _keep(
        self,
        took: Download,
        reason: str | None,
        sample: str | None,
        tally: CollectStats,
        query: Query,
    ) -> bool:
        if reason is None:
            self._add(took)
            tally.taken += 1
        if reason is not None:
            tally.skipped[reason] += 1
        provenance.record_fetch(self._catalog, took.found.url, reason, sample)
        return sample is not None and self._note(took, sample, tally, query)

    def _add(self, took: Download) -> None:
        assert took.file is not None
        self._catalog.add_samples(
            [
                Sample(
                    name=took.name,
                    source=took.found.url,
                    sha256=took.sha256,
                    original=took.file.target.relative_to(self._workspace.root).as_posix(),
                    licence=took.found.licence,
                )
            ]
        )

    def _note(self, took: Download, sample: str, tally: CollectStats, query: Query) -> bool:
        """Write down that a query found a sample; return whether it had not before."""
        found = took.found
        label = found.label or query.label
        origin = Origin(
            sample=sample, engine=tally.engine, query=query.text, url=found.url, page=found.page,
            title=found.title, author=found.author, licence=found.licence,
            licence_url=found.licence_url, type=took.type, label=label,
        )  # fmt: skip
        new = provenance.add(self._catalog, origin)
        if new and label:
            who = f"query:{query.text}"
            self._catalog.decide([Decision(sample, "weak label", None, label, who, tally.engine)])
        return new
