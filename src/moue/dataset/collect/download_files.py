"""Download candidates: worker threads fetch, the main thread writes to the catalog.

Each `Candidate` is processed in three steps:

1. `Downloader._submit` looks up the URL in the catalog, and starts a thread for a new URL.
2. `_download`, in the thread, fetches and checks the bytes, and writes a part file.
3. `Downloader._store`, in the main thread, renames the part file, and writes the sample, its
   origin and the outcome of the URL to the catalog.

Results are stored in the order of the candidates, one transaction each. At most as many downloads
are in progress as pictures are missing. Therefore, a call that is killed and resumed gives the
same result as an uninterrupted call, and no picture is downloaded without need.
"""

from __future__ import annotations

import hashlib
import math
import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from moue.dataset.collect.candidate import Candidate, Query
from moue.dataset.collect.collect_stats import CollectStats
from moue.dataset.collect.http.fetch_error import RETRYABLE, FetchError, printable
from moue.dataset.collect.http.http_client import ACCEPT_IMAGE, HttpClient
from moue.dataset.collect.http.http_settings import WebSettings
from moue.dataset.collect.http.url_guard import parse_url
from moue.dataset.collect.register_files import sample_name
from moue.errors import ImageError, SourceError
from moue.files import remove_parts
from moue.media.image import header
from moue.progress import Advance
from moue.store import Staged, Store, stage
from moue.workspace import provenance
from moue.workspace.catalog import Decision
from moue.workspace.context import Context
from moue.workspace.layout import original_key
from moue.workspace.owned_files import publish
from moue.workspace.provenance import FetchRecord, Origin
from moue.workspace.types import Sample

__all__ = ["Download", "Downloader", "PictureFilter"]

PictureFilter = Callable[[bytes], bool]
"""Function that takes the bytes of a picture file and returns True to keep the picture. It is never
called by two threads at once."""

_PENDING_PER_THREAD = 4
_SUFFIXES = {"JPEG": ".jpg", "MPO": ".jpg", "TIFF": ".tif"}
"""File suffixes by Pillow format name, for formats whose suffix differs from their name."""

# Warning filters are global to the process, and a face detector is not thread-safe.
_DECODE_LOCK = threading.Lock()


@dataclass(frozen=True, slots=True)
class Download:
    """Result of one download: a part file, or the reason why the picture is skipped.

    Attributes:
        candidate: Downloaded candidate.
        reason: Reason for skipping the picture, a key of `REASONS`; None for success.
        name: Name of the new sample; empty if the picture is skipped.
        sha256: SHA-256 of the file in hexadecimal; empty if the picture is skipped.
        type: Value of the Content-Type header; None if missing.
        file: Part file, which the main thread renames or removes; None if the picture is skipped.
    """

    candidate: Candidate
    reason: str | None = None
    name: str = ""
    sha256: str = ""
    type: str | None = None
    file: Staged | None = None


_Outcome = Future[Download] | FetchRecord | None
"""Future of a download, or recorded outcome of the URL; None if another candidate with the same URL
is in progress."""


class Downloader:
    """Downloader that stores pictures and their origins in a workspace.

    Use it in a `with` statement, which stops all threads at its end.

    Attributes:
        context: Workspace, catalog and settings.
        client: HTTP client of all downloads.
    """

    def __init__(self, context: Context, picture_filter: PictureFilter | None = None) -> None:
        self.context, self.client = context, HttpClient(context.config.get(WebSettings))
        self._workspace, self._catalog = context.workspace, context.catalog
        self._picture_filter = picture_filter
        self._pool = ThreadPoolExecutor(self.client.settings.max_connections, "moue-collect")
        self._forgotten = provenance.forgotten_hashes(self._catalog)
        self._urls_in_progress: set[str] = set()

    def __enter__(self) -> Downloader:
        return self

    def __exit__(self, *_: object) -> None:
        self.client.close()  # aborts running requests, so that Ctrl-C takes effect at once
        self._pool.shutdown(wait=True, cancel_futures=True)
        remove_parts(self._workspace.store.parts)  # of downloads that were not stored

    def download(
        self,
        candidates: Iterator[Candidate],
        stats: CollectStats,
        query: Query,
        limit: int | None,
        advance: Advance,
    ) -> None:
        """Download candidates until `limit` pictures are new for this engine and query.

        Args:
            candidates: Candidates to download, read only as far as needed.
            stats: Counts of this engine and query, updated after each candidate.
            query: Query that returned the candidates.
            limit: Maximum number of pictures; None for no limit.
            advance: Callback without arguments that is called after each candidate.

        Raises:
            SourceError: Reading `candidates` failed; all earlier candidates are stored first.
            OSError: A file cannot be written.
        """
        missing = math.inf if limit is None else limit
        max_pending = _PENDING_PER_THREAD * self.client.settings.max_connections
        pending: deque[tuple[Candidate, _Outcome]] = deque()
        exhausted, failure = False, None
        try:
            while True:
                while not exhausted and len(pending) < min(max_pending, missing):
                    try:
                        candidate = next(candidates, None)
                    except SourceError as error:
                        candidate, failure = None, error
                    if candidate is None:
                        exhausted = True
                    else:
                        pending.append(self._submit(candidate, stats))
                if not pending:
                    break
                missing -= self._collect(*pending.popleft(), stats, query)
                advance(stats.describe())
        finally:
            for _, outcome in pending:
                if isinstance(outcome, Future):
                    outcome.cancel()
        if failure is not None:
            raise failure

    def _submit(self, candidate: Candidate, stats: CollectStats) -> tuple[Candidate, _Outcome]:
        """Start the download of a candidate, unless its URL is known or in progress."""
        stats.candidates += 1
        try:
            candidate = replace(candidate, url=str(parse_url(candidate.url)))
        except FetchError as error:
            return candidate, FetchRecord(error.reason, None)
        if provenance.url_hash(candidate.url) in self._forgotten:
            return candidate, FetchRecord("forgotten", None)
        if candidate.url in self._urls_in_progress:
            return candidate, None
        record = provenance.fetch_record(self._catalog, candidate.url)
        if record is not None and self._is_final(record.reason):
            return candidate, record
        self._urls_in_progress.add(candidate.url)
        return candidate, self._pool.submit(
            _download, self.client, candidate, stats.engine, self._workspace.store,
            self._picture_filter,
        )  # fmt: skip

    def _is_final(self, reason: str | None) -> bool:
        """Return True if a URL with this outcome is never requested again."""
        settings = self.client.settings
        setting_changed = {
            "no_face": self._picture_filter is None, "refused": settings.allow_private,
            "robots": not settings.robots, "noai": not settings.robots,
        }  # fmt: skip
        return reason not in RETRYABLE and not setting_changed.get(reason or "", False)

    def _collect(
        self, candidate: Candidate, outcome: _Outcome, stats: CollectStats, query: Query
    ) -> bool:
        """Store the result of a candidate; return True if its picture is new for the query."""
        if isinstance(outcome, Future):
            self._urls_in_progress.discard(candidate.url)
            return self._store(outcome.result(), stats, query)
        record = outcome or provenance.fetch_record(self._catalog, candidate.url)
        if record is None or record.sample is None:
            stats.skipped[(record and record.reason) or "gone"] += 1
            return False
        with self._catalog.transaction():
            new = self._record_origin(candidate, None, record.sample, stats, query)
        stats.known += 1
        return new

    def _store(self, download: Download, stats: CollectStats, query: Query) -> bool:
        """Store a finished download; return True if its picture is new for the query."""
        candidate, file, reason = download.candidate, download.file, download.reason
        name = None
        if file is not None:
            duplicate = next(self._catalog.samples(sha256=download.sha256), None)
            name = download.name if duplicate is None else duplicate.name
            if download.sha256 in self._forgotten:
                reason, name = "forgotten", None
            elif duplicate is not None:
                reason = "duplicate"
            if reason is None:
                publish(self._catalog, [file])
            else:
                file.discard()
        with self._catalog.transaction():
            if file is not None and reason is None:
                sample = Sample(
                    name=download.name, source=candidate.url, sha256=download.sha256,
                    original=str(self._workspace.store.key(file.path)), licence=candidate.licence,
                )  # fmt: skip
                self._catalog.add_samples([sample])
                stats.downloaded += 1
            else:
                stats.skipped[str(reason)] += 1
            provenance.record_fetch(self._catalog, candidate.url, reason, name)
            return name is not None and self._record_origin(
                candidate, download.type, name, stats, query
            )

    def _record_origin(
        self, candidate: Candidate, type: str | None, sample: str, stats: CollectStats,
        query: Query,
    ) -> bool:  # fmt: skip
        """Record the origin of a sample; return True if the sample is new for the query."""
        label = candidate.label or query.label
        origin = Origin(
            sample=sample, engine=stats.engine, query=query.text, url=candidate.url,
            page=candidate.page, title=candidate.title, author=candidate.author,
            licence=candidate.licence, licence_url=candidate.licence_url, type=type, label=label,
        )  # fmt: skip
        new = provenance.add_origin(self._catalog, origin)
        if new and label:
            by = f"query:{query.text}"
            self._catalog.decide([Decision(sample, "weak label", None, label, by, stats.engine)])
        return new


def _download(
    client: HttpClient,
    candidate: Candidate,
    engine: str,
    store: Store,
    picture_filter: PictureFilter | None,
) -> Download:
    """Fetch and check one picture, and write a part file; runs in a worker thread.

    The format is determined from the bytes alone, not from the URL or the Content-Type.

    Raises:
        OSError: The file cannot be written.
    """
    try:
        response = client.get(candidate.url, ACCEPT_IMAGE)
        with _DECODE_LOCK:
            format, _, _ = header(response.body, client.settings.max_pixels)
            if picture_filter is not None and not picture_filter(response.body):
                return Download(candidate, "no_face")
    except (FetchError, ImageError) as error:
        return Download(candidate, error.reason)
    sha256 = hashlib.sha256(response.body).hexdigest()
    name = sample_name(Path(engine), candidate.url, sha256)
    target = store.file(original_key(name, _SUFFIXES.get(format, f".{format.lower()}")))
    file = stage(target, response.body, name, readonly=True, parts=store.parts)
    return Download(candidate, None, name, sha256, printable(response.type) or None, file)
