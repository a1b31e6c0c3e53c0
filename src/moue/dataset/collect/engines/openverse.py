"""Openverse: 800 million openly licensed works, from its API v1.

https://api.openverse.org/v1/ returns 20 results per page without an API key.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import Any

from moue.dataset.collect.candidate import Candidate, Filters
from moue.dataset.collect.engines.base import Engine, EngineClient, plain_text

_PAGE_SIZE = 20


def _pages(client: EngineClient, query: str, filters: Filters) -> Iterator[list[Candidate]]:
    for page in count(1):
        params: dict[str, object] = {
            "q": query, "page": page, "page_size": _PAGE_SIZE, "mature": "false",
        }  # fmt: skip
        for pair in ENGINE.native_filters(filters).values():
            name, _, value = pair.partition("=")
            if name:
                params[name] = value
        data = client.get_json("/v1/images/", params)
        yield parse(client, data)
        if page >= data.get("page_count", 0):
            return


def parse(client: EngineClient, data: Any) -> list[Candidate]:
    """Return the candidates of one page of results.

    Args:
        client: Client of the engine, which creates the exceptions to raise.
        data: Parsed JSON response.

    Raises:
        LayoutChanged: No result can be parsed.
        KeyError, TypeError: The response contains no list of results.
    """
    return client.parse_results(data["results"], _candidate)


def _candidate(result: dict[str, Any]) -> Candidate:
    licence = " ".join(str(result[k]) for k in ("license", "license_version") if result.get(k))
    return Candidate(
        url=result["url"],
        page=result.get("foreign_landing_url"),
        title=plain_text(result.get("title")),
        licence=(f"CC {licence}" if licence.startswith("by") else licence).upper() or None,
        licence_url=result.get("license_url"),
        author=plain_text(result.get("creator")),
    )


ENGINE = Engine(
    name="openverse",
    base_url="https://api.openverse.org",
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
