"""Bing Images: its list of results as HTML, `/images/async`.

Each result is an `<a class="iusc" m="{…}">` whose attribute is JSON: `murl` is the picture,
`purl` its page, `t` a title. No licence is stated.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import count

from moue.dataset.collect.candidate import Candidate, Filters
from moue.dataset.collect.engines.base import Engine
from moue.dataset.collect.engines.engine_client import STUMBLED, Ask, plain
from moue.dataset.collect.html_reader import Markup
from moue.dataset.collect.http.http_client import FetchedBody

_PER_PAGE = 35
_NONE = ("no_results", "noresults", "there are no results for", "没有与此相关的结果")
_BLOCKED = ("b_captcha", "/turing/captcha", "solve the challenge", "verify you are human")


def _pages(ask: Ask, query: str, filters: Filters) -> Iterator[list[Candidate]]:
    words = "".join(f"+filterui:{word}" for word in ENGINE.filtered(filters).values())
    for page in count():
        asked: dict[str, object] = {
            "q": query, "first": page * _PER_PAGE + 1, "count": _PER_PAGE, "adlt": "strict",
        }  # fmt: skip
        if words:
            asked["qft"] = words
        yield parse(ask, ask.page("/images/async", asked), first=page == 0)


def parse(ask: Ask, answer: FetchedBody, first: bool = True) -> list[Candidate]:
    """Return the pictures of one page.

    Args:
        first: a later page may be empty: it is past the end.

    Raises:
        Blocked: it is a riddle for people.
        LayoutChanged: there are no results, and it does not say so.
    """
    text = answer.text()
    reader = _Reader()
    unread = reader.read(text)
    if reader.found or not (first or unread):
        return reader.found
    lower = text.lower()
    if any(word in lower for word in _BLOCKED):
        raise ask.blocked("it asks for a captcha")
    if any(word in lower for word in _NONE):
        return []
    raise ask.changed(unread or f"{reader.links} results, none that can be read")


class _Reader(Markup):
    """Gathers the results; those that cannot be read are counted only."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[Candidate] = []
        self.links = 0

    def tag(self, name: str, values: dict[str, str]) -> None:
        """Read a result from its link."""
        if name != "a" or "iusc" not in values.get("class", "").split():
            return
        self.links += 1
        try:
            data = json.loads(values.get("m", ""))
            # The words that were searched for stand between two private-use marks.
            title = "".join(c for c in str(data.get("t") or "") if c not in "\ue000\ue001")
            found = Candidate(url=data["murl"], page=data.get("purl"), title=plain(title))
        except STUMBLED:
            return
        self.found.append(found)


ENGINE = Engine(
    name="bing",
    site="https://www.bing.com",
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
