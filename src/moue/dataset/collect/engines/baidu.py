r"""Baidu Images (百度图片): its list of results as JSON, `/search/acjson`.

`objURL` is the picture, in a simple cipher; `replaceUrl` may name it in plain words. The JSON is
not always proper: titles hold `\'`. No licence is stated, and there is no safe search to ask for.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import count
from typing import Any

from moue.dataset.collect.candidate import Candidate, Filters
from moue.dataset.collect.engines.base import Engine
from moue.dataset.collect.engines.engine_client import Ask, number, plain
from moue.dataset.collect.http.http_client import FetchedBody

_PER_PAGE = 30
_CIPHER = (("_z2C$q", ":"), ("_z&e3B", "."), ("AzdH3F", "/"))
_LETTERS = str.maketrans("wkv1ju2it3hs4g5rq6fp7eo8dn9cm0bla", "abcdefghijklmnopqrstuvw1234567890")
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_BLOCKED = ("forbid spider access", "wappass.baidu.com", "百度安全验证", "antiflag")


def _pages(ask: Ask, query: str, filters: Filters) -> Iterator[list[Candidate]]:
    asked: dict[str, object] = {
        "tn": "resultjson_com", "ipn": "rj", "ct": 201326592, "fp": "result", "cl": 2, "lm": -1,
        "ie": "utf-8", "oe": "utf-8", "word": query, "queryWord": query, "nc": 1, "rn": _PER_PAGE,
    }  # fmt: skip
    for pairs in ENGINE.filtered(filters).values():
        asked |= dict(pair.split("=") for pair in pairs.split("&"))
    for page in count():
        yield parse(ask, ask.page("/search/acjson", asked | {"pn": page * _PER_PAGE}))


def parse(ask: Ask, answer: FetchedBody) -> list[Candidate]:
    """Return the pictures of one page.

    Raises:
        Blocked: it takes us for a spider, which is right.
        LayoutChanged: it is no JSON, or has no list, or nothing in it can be read.
    """
    text = answer.text()
    try:
        data = json.loads(_ESCAPE.sub(_mended, text), strict=False)
        results = [one for one in data["data"] if one]  # the last one is always {}
    except (ValueError, KeyError, TypeError):
        if any(word in text.lower() for word in _BLOCKED):
            raise ask.blocked("it asks for a captcha") from None
        raise
    return ask.read(results, _found)


def decode(url: str) -> str:
    """Return the URL that stands in Baidu's cipher; a plain one is returned as it is."""
    if "_z2C$q" not in url:
        return url
    # The marks hold letters that the second step would change.
    parts = re.split("(" + "|".join(re.escape(mark) for mark, _ in _CIPHER) + ")", url)
    marks = dict(_CIPHER)
    return "".join(marks.get(part) or part.translate(_LETTERS) for part in parts)


def _mended(escape: re.Match[str]) -> str:
    return escape[0] if escape[1] in '"\\/bfnrtu' else escape[1]


def _found(one: dict[str, Any]) -> Candidate:
    plainly: dict[str, str] = next(iter(one.get("replaceUrl") or ()), {})
    urls = (plainly.get("ObjURL"), plainly.get("ObjUrl"), decode(one.get("objURL") or ""))
    pages = (plainly.get("FromURL"), plainly.get("FromUrl"), decode(one.get("fromURL") or ""))
    return Candidate(
        url=next(filter(_is_url, urls), None) or "",
        page=next(filter(_is_url, pages), None),
        title=plain(one.get("fromPageTitle")),
        width=number(one.get("width")),
        height=number(one.get("height")),
    )


def _is_url(text: str | None) -> bool:
    return bool(text) and str(text).startswith(("http://", "https://"))


ENGINE = Engine(
    name="baidu",
    site="https://image.baidu.com",
    pages=_pages,
    filters={
        "size": {"small": "z=1", "medium": "z=2", "large": "z=3"},
        "colour": {"grey": "ic=1024"},
        "type": {"face": "s=0&lm=0&st=-1&face=1", "drawing": "s=0&lm=0&st=2&face=0"},
    },
)
