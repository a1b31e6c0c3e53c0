"""Bing Images: search results as HTML from `/images/async`.

Each result is an `<a class="iusc" m="{…}">` whose attribute `m` is JSON: `murl` is the URL of the
picture, `purl` the URL of its page, and `t` a title. Bing states no licence.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from moue.dataset.collect.candidate import Candidate, Filters
from moue.dataset.collect.engines.base import PARSE_ERRORS, Engine, EngineClient, plain_text
from moue.dataset.collect.html_reader import TagReader
from moue.dataset.collect.http.http_client import FetchedBody

_PAGE_SIZE = 35
_NO_RESULTS = ("no_results", "noresults", "there are no results for", "没有与此相关的结果")
_BLOCKED = ("b_captcha", "/turing/captcha", "solve the challenge", "verify you are human")


def _pages(client: EngineClient, query: str, filters: Filters) -> Iterator[list[Candidate]]:
    native = "".join(f"+filterui:{value}" for value in ENGINE.native_filters(filters).values())
    fixed = {"q": query, "count": _PAGE_SIZE, "adlt": "strict", "qft": native}
    return client.result_pages(
        "/images/async", lambda page: {**fixed, "first": page * _PAGE_SIZE + 1}, parse
    )


def parse(client: EngineClient, response: FetchedBody, first: bool = True) -> list[Candidate]:
    """Return the candidates of one page of results.

    Args:
        client: Client of the engine, which creates the exceptions to raise.
        response: Response with one page of results.
        first: Whether the page is the first of its query; later pages may be empty.

    Raises:
        Blocked: Bing requires a CAPTCHA.
        LayoutChanged: The first page contains neither results nor a message that there are none.
    """
    text = response.text()
    reader = ResultReader()
    unread = reader.read(text)
    if reader.candidates or not (first or unread):
        return reader.candidates
    lower = text.lower()
    if any(word in lower for word in _BLOCKED):
        raise client.blocked("a CAPTCHA is required")
    if any(word in lower for word in _NO_RESULTS):
        return []
    raise client.layout_changed(unread or f"none of {reader.links} results can be parsed")


class ResultReader(TagReader):
    """HTML parser that extracts the results of a page.

    Attributes:
        candidates: Candidates of the results that can be parsed.
        links: Number of results, including those that cannot be parsed.
    """

    def __init__(self) -> None:
        super().__init__()
        self.candidates: list[Candidate] = []
        self.links = 0

    def on_tag(self, name: str, attributes: dict[str, str]) -> None:
        """Process one start tag; a result is a link. See `TagReader.on_tag`."""
        if name != "a" or "iusc" not in attributes.get("class", "").split():
            return
        self.links += 1
        try:
            data = json.loads(attributes.get("m", ""))
            # Two private-use characters mark the search terms.
            title = "".join(c for c in str(data.get("t") or "") if c not in "\ue000\ue001")
            candidate = Candidate(url=data["murl"], page=data.get("purl"), title=plain_text(title))
        except PARSE_ERRORS:
            return
        self.candidates.append(candidate)


ENGINE = Engine(
    name="bing",
    base_url="https://www.bing.com",
    pages=_pages,
    filters={
        "size": {s: f"imagesize-{s}" for s in ("small", "medium", "large")},
        "colour": {"colour": "color2-color", "grey": "color2-bw"},
        "type": {"photo": "photo-photo", "face": "face-face", "drawing": "photo-linedrawing"},
        "licence": {
            "free": "licenseType-Any", "commercial": "license-L2_L3_L4",
            "public-domain": "license-L1",
        },
    },
)  # fmt: skip
