"""Openverse: 800 million openly licensed works, by its API v1.

https://api.openverse.org/v1/ ; without a key 20 results a page.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import Any

from moue.dataset.collect.candidate import Candidate, Filters
from moue.dataset.collect.engines.base import Engine
from moue.dataset.collect.engines.engine_client import Ask, number, plain

_PER_PAGE = 20


def _pages(ask: Ask, query: str, filters: Filters) -> Iterator[list[Candidate]]:
    for page in count(1):
        asked: dict[str, object] = {
            "q": query, "page": page, "page_size": _PER_PAGE, "mature": "false",
        }  # fmt: skip
        for pair in ENGINE.filtered(filters).values():
            name, _, value = pair.partition("=")
            if name:
                asked[name] = value
        answer = ask.json("/v1/images/", asked)
        yield parse(ask, answer)
        if page >= answer.get("page_count", 0):
            return


def parse(ask: Ask, answer: Any) -> list[Candidate]:
    """Return the pictures of one answer.

    Raises:
        LayoutChanged: there is no list of results, or none can be read.
    """
    return ask.read(answer["results"], _found)


def _found(one: dict[str, Any]) -> Candidate:
    licence = " ".join(str(one[k]) for k in ("license", "license_version") if one.get(k))
    return Candidate(
        url=one["url"],
        page=one.get("foreign_landing_url"),
        title=plain(one.get("title")),
        width=number(one.get("width")),
        height=number(one.get("height")),
        licence=(f"CC {licence}" if licence.startswith("by") else licence).upper() or None,
        licence_url=one.get("license_url"),
        author=plain(one.get("creator")),
    )


ENGINE = Engine(
    name="openverse",
    site="https://api.openverse.org",
    pages=_pages,
    filters={
        "size": {s: f"size={s}" for s in ("small", "medium", "large")},
        "type": {"photo": "category=photograph", "drawing": "category=illustration"},
        "licence": {
            "free": "", "commercial": "license_type=commercial",
            "public-domain": "license=cc0,pdm",
        },
    },
    api=True,
)  # fmt: skip
