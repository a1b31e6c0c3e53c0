"""Taking the pictures of URL lists and web pages."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from moue.catalog import Catalog
from moue.dataset.collect.lists import urls
from moue.dataset.collect.page import page_images
from moue.dataset.collect.take import Look
from moue.dataset.collect.tally import Query, Tally, summed
from moue.dataset.collect.web import Taker
from moue.errors import EngineError, SourceError
from moue.labels import DEFAULT, LabelSet
from moue.progress import Progress, Summary
from moue.web.client import Client
from moue.web.settings import WebSettings
from moue.workspace import Workspace


def collect_urls(
    workspace: Workspace,
    catalog: Catalog,
    sources: Sequence[str],
    label: str | None,
    settings: WebSettings,
    progress: Progress,
    look: Look | None = None,
    known: LabelSet = DEFAULT,
) -> Summary:
    """Take the pictures of URL lists (files) and of web pages (http addresses).

    A list is read once before anything is fetched: how many there are, and that all is well.

    Args:
        known: the labels that a list may name.

    Raises:
        SourceError: a list cannot be read, or no source gave anything that could be asked for.
    """
    totals = [None if _is_page(s) else sum(1 for _ in urls(Path(s), known)) for s in sources]
    tallies: list[Tally] = []
    failures: list[SourceError] = []
    notes: list[str] = []
    with Client(settings) as client, Taker(workspace, catalog, client, look) as taker:
        for source, total in zip(sources, totals, strict=True):
            tally = Tally("page" if _is_page(source) else "list", source)
            page = _is_page(source)
            found = page_images(client, source, notes) if page else urls(Path(source), known)
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
    return summed(workspace, catalog, tallies, [*notes, *map(str, failures)])


def _is_page(source: str) -> bool:
    return source.startswith(("http://", "https://"))
