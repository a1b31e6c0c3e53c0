"""Collect pictures from URL lists and web pages."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from moue.dataset.collect.candidate import Query
from moue.dataset.collect.collect_stats import CollectStats, summarize
from moue.dataset.collect.download_files import Downloader, PictureFilter
from moue.dataset.collect.source_lists import read_url_list
from moue.dataset.collect.web_page import page_images
from moue.errors import EngineError, SourceError
from moue.progress import Summary
from moue.text import is_http_url
from moue.workspace.context import Context

__all__ = ["collect_urls"]


def collect_urls(
    context: Context,
    sources: Sequence[str],
    label: str | None,
    picture_filter: PictureFilter | None = None,
) -> Summary:
    """Download the pictures of URL lists and web pages.

    Each list is read once before the first download, to count its URLs and to find errors.

    Args:
        sources: Paths of URL lists, and http or https URLs of web pages.
        label: Weak label of all pictures; a label in a list takes precedence.
        picture_filter: Function that returns True for pictures to keep; None to keep all pictures.

    Returns:
        Summary with the counts of each source and the error of each failed source.

    Raises:
        SourceError: A list cannot be read, or every source failed.
    """
    labels = context.labels
    totals = [
        None if is_http_url(source) else sum(1 for _ in read_url_list(Path(source), labels))
        for source in sources
    ]
    stats: list[CollectStats] = []
    failures: list[SourceError] = []
    notes: list[str] = []
    with Downloader(context, picture_filter) as downloader:
        for source, total in zip(sources, totals, strict=True):
            if is_http_url(source):
                one = CollectStats("page", source)
                candidates = page_images(downloader.client, source, notes)
            else:
                one = CollectStats("list", source)
                candidates = read_url_list(Path(source), labels)
            stats.append(one)
            with context.progress.task(f"{one.engine}: {source}", total) as advance:
                try:
                    downloader.download(candidates, one, Query(source, label), None, advance)
                except SourceError as error:
                    one.outcome = error.outcome if isinstance(error, EngineError) else "failed"
                    failures.append(error)
        notes += downloader.client.rate_limiter.skipped_hosts()
    if failures and len(failures) == len(sources):
        raise failures[0] if len(failures) == 1 else SourceError("; ".join(map(str, failures)))
    return summarize(context, stats, [*notes, *map(str, failures)])
