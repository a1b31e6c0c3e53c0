"""Google Images: the data that its page of results carries in its scripts.

A result is `["thumbnail",h,w],["picture",h,w]` and, a little further on,
`"2003":[null,"id","page","title"`. Google shows this to browsers that run scripts; it may give a
program a page without it, which is then reported as blocked. No licence is stated.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import count

from moue.dataset.collect.candidate import Candidate, Filters
from moue.dataset.collect.engines.base import Engine
from moue.dataset.collect.engines.engine_client import Ask, number, plain
from moue.dataset.collect.http.http_client import FetchedBody

_PER_PAGE = 100
_TEXT = r'"((?:[^"\\]|\\.)*)"'
_RESULT = re.compile(
    r'\[\s*"https://encrypted-tbn\d\.gstatic\.com/[^"]*"\s*,\s*\d+\s*,\s*\d+\s*\]\s*,\s*'
    rf"\[\s*{_TEXT}\s*,\s*(\d+)\s*,\s*(\d+)\s*\]"
)
_PAGE = re.compile(rf'"2003"\s*:\s*\[\s*null\s*,\s*{_TEXT}\s*,\s*{_TEXT}\s*,\s*{_TEXT}')
_ESCAPE = re.compile(r"\\x([0-9a-fA-F]{2})|\\\\")
_NONE = ("did not match any image results", "did not match any documents", "找不到和您查询的")
_BLOCKED = {
    "consent.google.": "it asks for consent to cookies",
    "unusual traffic": "it asks for a captcha",
    "/sorry/index": "it asks for a captcha",
    "/httpservice/retry/enablejs": "it asks for a browser that runs scripts",
}


def _pages(ask: Ask, query: str, filters: Filters) -> Iterator[list[Candidate]]:
    words = ",".join(ENGINE.filtered(filters).values())
    for page in count():
        asked: dict[str, object] = {
            "q": query, "tbm": "isch", "hl": "en", "safe": "active",
            "ijn": page, "start": page * _PER_PAGE,
        }  # fmt: skip
        if words:
            asked["tbs"] = words
        yield parse(ask, ask.page("/search", asked), first=page == 0)


def parse(ask: Ask, answer: FetchedBody, first: bool = True) -> list[Candidate]:
    """Return the pictures of one page.

    Args:
        first: a later page may be empty: it is past the end.

    Raises:
        Blocked: it asks for consent, a captcha or a browser.
        LayoutChanged: there are no results, and it does not say so.
    """
    text = answer.text()
    if "\\x22" in text:  # the data may stand in a string of a script
        text = _ESCAPE.sub(lambda hit: chr(int(hit[1], 16)) if hit[1] else "\\", text)
    results = list(_RESULT.finditer(text))
    starts = [hit.start() for hit in results] + [len(text)]
    found = [
        _found(hit, text[hit.end() : until]) for hit, until in zip(results, starts[1:], strict=True)
    ]
    if found or not first:
        return found
    lower = text.lower()
    if any(word in lower for word in _NONE):
        return []
    for word, what in _BLOCKED.items():
        if word in lower or word in answer.url:
            raise ask.blocked(what)
    raise ask.changed("no results in its scripts")


def _found(hit: re.Match[str], after: str) -> Candidate:
    about = _PAGE.search(after)
    return Candidate(
        url=_unescaped(hit[1]),
        page=_unescaped(about[2]) if about else None,
        title=plain(_unescaped(about[3])) if about else None,
        width=number(hit[3]),
        height=number(hit[2]),
    )


def _unescaped(text: str) -> str:
    try:
        return str(json.loads(f'"{text}"', strict=False))
    except ValueError:
        return text


ENGINE = Engine(
    name="google",
    site="https://www.google.com",
    pages=_pages,
    filters={
        "size": {"small": "isz:i", "medium": "isz:m", "large": "isz:l"},
        "colour": {"colour": "ic:color", "grey": "ic:gray"},
        "type": {"photo": "itp:photo", "face": "itp:face", "drawing": "itp:lineart"},
        "licence": {"free": "il:cl"},
    },
)
