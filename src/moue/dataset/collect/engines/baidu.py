r"""Baidu Images (百度图片): search results as JSON from `/search/acjson`.

`objURL` is the picture URL, obfuscated by a substitution cipher; `replaceUrl` may contain it in
plain text. The JSON may be invalid: titles contain `\'`. Baidu states no licence and has no safe
search option.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import count
from typing import Any

from moue.dataset.collect.candidate import Candidate, Filters
from moue.dataset.collect.engines.base import Engine, EngineClient, plain_text
from moue.dataset.collect.http.http_client import FetchedBody
from moue.text import is_http_url

_PAGE_SIZE = 30
_CIPHER = (("_z2C$q", ":"), ("_z&e3B", "."), ("AzdH3F", "/"))
_CIPHER_LETTERS = str.maketrans(
    "wkv1ju2it3hs4g5rq6fp7eo8dn9cm0bla", "abcdefghijklmnopqrstuvw1234567890"
)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_BLOCKED = ("forbid spider access", "wappass.baidu.com", "百度安全验证", "antiflag")


def _pages(client: EngineClient, query: str, filters: Filters) -> Iterator[list[Candidate]]:
    params: dict[str, object] = {
        "tn": "resultjson_com", "ipn": "rj", "ct": 201326592, "fp": "result", "cl": 2, "lm": -1,
        "ie": "utf-8", "oe": "utf-8", "word": query, "queryWord": query, "nc": 1, "rn": _PAGE_SIZE,
    }  # fmt: skip
    for pairs in ENGINE.native_filters(filters).values():
        params |= dict(pair.split("=") for pair in pairs.split("&"))
    for page in count():
        yield parse(client, client.get_page("/search/acjson", params | {"pn": page * _PAGE_SIZE}))


def parse(client: EngineClient, response: FetchedBody) -> list[Candidate]:
    """Return the candidates of one page of results.

    Args:
        client: Client of the engine, which creates the exceptions to raise.
        response: Response with one page of results.

    Raises:
        Blocked: Baidu requires a CAPTCHA.
        LayoutChanged: No result can be parsed.
        KeyError, TypeError, ValueError: The response is not JSON, or contains no list of results.
    """
    text = response.text()
    try:
        data = json.loads(_ESCAPE.sub(_fix_escape, text), strict=False)
        results = [result for result in data["data"] if result]  # the last one is always {}
    except (ValueError, KeyError, TypeError):
        if any(word in text.lower() for word in _BLOCKED):
            raise client.blocked("a CAPTCHA is required") from None
        raise
    return client.parse_results(results, _candidate)


def decode(url: str) -> str:
    """Decode an obfuscated `objURL`; return a plain URL unchanged."""
    if "_z2C$q" not in url:
        return url
    # The marks contain letters of the cipher, so they are split off first.
    parts = re.split("(" + "|".join(re.escape(mark) for mark, _ in _CIPHER) + ")", url)
    marks = dict(_CIPHER)
    return "".join(marks.get(part) or part.translate(_CIPHER_LETTERS) for part in parts)


def _fix_escape(escape: re.Match[str]) -> str:
    return escape[0] if escape[1] in '"\\/bfnrtu' else escape[1]


def _candidate(result: dict[str, Any]) -> Candidate:
    plain: dict[str, str] = next(iter(result.get("replaceUrl") or ()), {})
    urls = (plain.get("ObjURL"), plain.get("ObjUrl"), decode(result.get("objURL") or ""))
    pages = (plain.get("FromURL"), plain.get("FromUrl"), decode(result.get("fromURL") or ""))
    return Candidate(
        url=next(filter(is_http_url, urls), None) or "",
        page=next(filter(is_http_url, pages), None),
        title=plain_text(result.get("fromPageTitle")),
    )


ENGINE = Engine(
    name="baidu",
    base_url="https://image.baidu.com",
    pages=_pages,
    filters={
        "size": {"small": "z=1", "medium": "z=2", "large": "z=3"},
        "colour": {"grey": "ic=1024"},
        "type": {"face": "s=0&lm=0&st=-1&face=1", "drawing": "s=0&lm=0&st=2&face=0"},
    },
)
