"""Wikimedia Commons: freely licensed files, by the API of MediaWiki.

https://commons.wikimedia.org/w/api.php ; a search as generator, with the facts of each file.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from moue.dataset.collect.candidate import Candidate, Filters
from moue.dataset.collect.engines.base import Engine
from moue.dataset.collect.engines.engine_client import Ask, number, plain

_PER_PAGE = 50


def _pages(ask: Ask, query: str, filters: Filters) -> Iterator[list[Candidate]]:
    words = " ".join(["filetype:bitmap", query, *filter(None, ENGINE.filtered(filters).values())])
    asked: dict[str, object] = {
        "action": "query", "format": "json", "formatversion": 2,
        "generator": "search", "gsrnamespace": 6, "gsrsearch": words, "gsrlimit": _PER_PAGE,
        "prop": "imageinfo", "iiprop": "url|size|mime|extmetadata", "maxlag": 5,
    }  # fmt: skip
    while True:
        answer = ask.json("/w/api.php", asked)
        yield parse(ask, answer)
        if "continue" not in answer:
            return
        asked |= answer["continue"]


def parse(ask: Ask, answer: Any) -> list[Candidate]:
    """Return the pictures of one answer, in the order of the search.

    Raises:
        RateLimited: the servers are too busy for it.
        LayoutChanged: it is another kind of answer.
    """
    if not isinstance(answer, dict):
        raise ask.changed("no object")
    if "error" in answer:
        code = str(answer["error"].get("code"))
        if code in ("maxlag", "ratelimited", "readonly"):
            raise ask.limited(code)
        raise ask.changed(f"error {code}")
    if "query" not in answer:
        if "batchcomplete" in answer:
            return []
        raise ask.changed("neither results nor an end")
    pages = sorted(answer["query"]["pages"], key=lambda page: page.get("index", 0))
    return ask.read(pages, _found)


def _found(page: dict[str, Any]) -> Candidate:
    info = page["imageinfo"][0]
    facts = info.get("extmetadata") or {}

    def fact(name: str) -> str | None:
        return plain(facts.get(name, {}).get("value"))

    return Candidate(
        url=info["url"],
        page=info.get("descriptionurl"),
        title=plain(str(page.get("title", "")).removeprefix("File:")),
        width=number(info.get("width")),
        height=number(info.get("height")),
        licence=fact("LicenseShortName"),
        licence_url=fact("LicenseUrl"),
        author=fact("Artist"),
    )


ENGINE = Engine(
    name="commons",
    site="https://commons.wikimedia.org",
    pages=_pages,
    filters={
        "size": {"small": "fileres:<500", "medium": "fileres:500,1500", "large": "fileres:>1500"},
        # Everything there is free, for commerce too.
        "licence": {"free": "", "commercial": "", "public-domain": "haslicense:unrestricted"},
    },
    api=True,
)
