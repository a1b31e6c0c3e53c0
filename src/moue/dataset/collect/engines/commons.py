"""Wikimedia Commons: freely licensed files, from the MediaWiki API.

The request to https://commons.wikimedia.org/w/api.php uses `generator=search` and
`prop=imageinfo`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from moue.dataset.collect.candidate import Candidate, Filters
from moue.dataset.collect.engines.base import Engine, EngineClient, plain_text

_PAGE_SIZE = 50


def _pages(client: EngineClient, query: str, filters: Filters) -> Iterator[list[Candidate]]:
    search = " ".join(
        ["filetype:bitmap", query, *filter(None, ENGINE.native_filters(filters).values())]
    )
    params: dict[str, object] = {
        "action": "query", "format": "json", "formatversion": 2,
        "generator": "search", "gsrnamespace": 6, "gsrsearch": search, "gsrlimit": _PAGE_SIZE,
        "prop": "imageinfo", "iiprop": "url|size|mime|extmetadata", "maxlag": 5,
    }  # fmt: skip
    while True:
        data = client.get_json("/w/api.php", params)
        yield parse(client, data)
        if "continue" not in data:
            return
        params |= data["continue"]


def parse(client: EngineClient, data: Any) -> list[Candidate]:
    """Return the candidates of one page of results, in the order of the search.

    Args:
        client: Client of the engine, which creates the exceptions to raise.
        data: Parsed JSON response.

    Raises:
        RateLimited: The response contains the error `maxlag`, `ratelimited` or `readonly`.
        LayoutChanged: The response has an unknown format.
    """
    if not isinstance(data, dict):
        raise client.layout_changed("the response is not a JSON object")
    if "error" in data:
        code = str(data["error"].get("code"))
        if code in ("maxlag", "ratelimited", "readonly"):
            raise client.rate_limited(code)
        raise client.layout_changed(f"the API returned the error {code}")
    if "query" not in data:
        if "batchcomplete" in data:
            return []
        raise client.layout_changed("the response contains neither results nor `batchcomplete`")
    pages = sorted(data["query"]["pages"], key=lambda page: page.get("index", 0))
    return client.parse_results(pages, _candidate)


def _candidate(page: dict[str, Any]) -> Candidate:
    info = page["imageinfo"][0]
    metadata = info.get("extmetadata") or {}

    def field(name: str) -> str | None:
        return plain_text(metadata.get(name, {}).get("value"))

    return Candidate(
        url=info["url"],
        page=info.get("descriptionurl"),
        title=plain_text(str(page.get("title", "")).removeprefix("File:")),
        licence=field("LicenseShortName"),
        licence_url=field("LicenseUrl"),
        author=field("Artist"),
    )


ENGINE = Engine(
    name="commons",
    base_url="https://commons.wikimedia.org",
    pages=_pages,
    filters={
        "size": {"small": "fileres:<500", "medium": "fileres:500,1500", "large": "fileres:>1500"},
        # All files of Commons are free, also for commercial use.
        "licence": {"free": "", "commercial": "", "public-domain": "haslicense:unrestricted"},
    },
    api=True,
)
