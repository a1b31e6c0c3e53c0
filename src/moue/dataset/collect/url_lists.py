"""Taking the pictures of URL lists and web pages."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from moue.dataset.collect.download import PictureFilter
from moue.dataset.collect.downloader import Downloader
from moue.dataset.collect.http.http_client import HttpClient
from moue.dataset.collect.http.http_settings import WebSettings
from moue.dataset.collect.query_lists import read_url_list
from moue.dataset.collect.stats import CollectStats, Query, summarize
from moue.dataset.collect.web_page import page_images
from moue.errors import EngineError, SourceError
from moue.progress import Progress, Summary
from moue.workspace.catalog import Catalog
from moue.workspace.label_set import DEFAULT, LabelSet
from moue.workspace.workspace import Workspace


def collect_urls(
    workspace: Workspace,
    catalog: Catalog,
    sources: Sequence[str],
    label: str | None,
    settings: WebSettings,
    progress: Progress,
    look: PictureFilter | None = None,
    known: LabelSet = DEFAULT,
) -> Summary:
    """Take the pictures of URL lists (files) and of web pages (http addresses).

    A list is read once before anything is fetched: how many there are, and that all is well.

    Args:
        known: the labels that a list may name.

    Raises:
        SourceError: a list cannot be read, or no source gave anything that could be asked for.
    """
    totals = [
        None if _is_page(s) else sum(1 for _ in read_url_list(Path(s), known)) for s in sources
    ]
    tallies: list[CollectStats] = []
    failures: list[SourceError] = []
    notes: list[str] = []
    with HttpClient(settings) as client, Downloader(workspace, catalog, client, look) as taker:
        for source, total in zip(sources, totals, strict=True):
            tally = CollectStats("page" if _is_page(source) else "list", source)
            page = _is_page(source)
            found = (
                page_images(client, source, notes) if page else read_url_list(Path(source), known)
            )
            with progress.task(f"{tally.engine}: {source}", total) as advance:
                try:
                    taker.take(found, tally, Query(source, label), None, advance)
                except SourceError as error:
                    tally.ended = error.outcome if isinstance(error, EngineError) else "failed"
                    failures.append(error)
            tallies.append(tally)
        notes += client.pace.given_up()
    if failures and len(failures) == len(sources):
        raise failures[0] if len(failures) == 1 else SourceError("; ".join(map(str, failures)))
    return summarize(workspace, catalog, tallies, [*notes, *map(str, failures)])


def _is_page(source: str) -> bool:
    return source.startswith(("http://", "https://"))
