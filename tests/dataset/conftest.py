"""Fixtures that collect from the web server of the tests."""

from __future__ import annotations

import pytest

from moue.dataset.collect.candidate import Filters, Query
from moue.dataset.collect.collect_search import SearchRequest, collect_search
from moue.dataset.collect.collect_urls import collect_urls
from moue.dataset.collect.http.http_settings import WebSettings
from rows import context

FAST = {
    "allow_private": True, "rate": 0.0, "timeout": 5.0, "max_backoff": 0.0, "max_connections": 4,
}  # fmt: skip


@pytest.fixture
def search(workspace, catalog, site):
    """Searches with engines that are all at the site."""

    def search(engines="openverse", number=3, queries="smile", label=None, progress=None, **more):
        filters = Filters(**{k: more.pop(k) for k in ("size", "licence", "type") if k in more})
        names = engines.split(",")
        wanted = [Query(text, label) for text in queries.split(",")]
        request = SearchRequest(wanted, names, number, dict.fromkeys(names, site.root))
        web = WebSettings(**(FAST | more))
        return collect_search(context(workspace, catalog, web, filters, progress=progress), request)

    return search


@pytest.fixture
def fetch(workspace, catalog, tmp_path):
    """Downloads the pictures of a list of URLs."""

    def fetch(*urls, label=None, picture_filter=None, **settings):
        table = tmp_path / "urls.txt"
        table.write_text("\n".join(urls))
        job = context(workspace, catalog, WebSettings(**(FAST | settings)))
        return collect_urls(job, [str(table)], label, picture_filter)

    return fetch
