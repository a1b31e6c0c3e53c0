"""Google Images: search results from the scripts of the HTML page.

A result is `["thumbnail",h,w],["picture",h,w]`, followed by `"2003":[null,"id","page","title"`.
Google sends this data to browsers that run scripts. A program may receive a page without the data,
which is reported as blocked. Google states no licence.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from moue.dataset.collect.candidate import Candidate, Filters
from moue.dataset.collect.engines.base import Engine, EngineClient, plain_text
from moue.dataset.collect.http.http_client import FetchedBody

_PAGE_SIZE = 100
_TEXT = r'"((?:[^"\\]|\\.)*)"'
_RESULT = re.compile(
    r'\[\s*"https://encrypted-tbn\d\.gstatic\.com/[^"]*"\s*,\s*\d+\s*,\s*\d+\s*\]\s*,\s*'
    rf"\[\s*{_TEXT}\s*,\s*\d+\s*,\s*\d+\s*\]"
)
_PAGE = re.compile(rf'"2003"\s*:\s*\[\s*null\s*,\s*{_TEXT}\s*,\s*{_TEXT}\s*,\s*{_TEXT}')
_ESCAPE = re.compile(r"\\x([0-9a-fA-F]{2})|\\\\")
_NO_RESULTS = ("did not match any image results", "did not match any documents", "找不到和您查询的")
_BLOCKED = {
    "consent.google.": "consent to cookies is required",
    "unusual traffic": "a CAPTCHA is required",
    "/sorry/index": "a CAPTCHA is required",
    "/httpservice/retry/enablejs": "a browser that runs scripts is required",
}


def _pages(client: EngineClient, query: str, filters: Filters) -> Iterator[list[Candidate]]:
    native = ",".join(ENGINE.native_filters(filters).values())
    fixed = {"q": query, "tbm": "isch", "hl": "en", "safe": "active", "tbs": native}
    return client.result_pages(
        "/search", lambda page: {**fixed, "ijn": page, "start": page * _PAGE_SIZE}, parse
    )


def parse(client: EngineClient, response: FetchedBody, first: bool = True) -> list[Candidate]:
    """Return the candidates of one page of results.

    Args:
        client: Client of the engine, which creates the exceptions to raise.
        response: Response with one page of results.
        first: Whether the page is the first of its query; later pages may be empty.

    Raises:
        Blocked: Google requires consent, a CAPTCHA or a browser.
        LayoutChanged: The first page contains neither results nor a message that there are none.
    """
    text = response.text()
    if "\\x22" in text:  # the data may be in a string of a script
        text = _ESCAPE.sub(lambda hit: chr(int(hit[1], 16)) if hit[1] else "\\", text)
    results = list(_RESULT.finditer(text))
    ends = [*(result.start() for result in results), len(text)][1:]
    candidates = [
        _candidate(result, text[result.end() : end])
        for result, end in zip(results, ends, strict=True)
    ]
    if candidates or not first:
        return candidates
    lower = text.lower()
    if any(word in lower for word in _NO_RESULTS):
        return []
    for word, detail in _BLOCKED.items():
        if word in lower or word in response.url:
            raise client.blocked(detail)
    raise client.layout_changed("no results were found in the page")


def _candidate(result: re.Match[str], after: str) -> Candidate:
    page = _PAGE.search(after)
    return Candidate(
        url=_unescape(result[1]),
        page=_unescape(page[2]) if page else None,
        title=plain_text(_unescape(page[3])) if page else None,
    )


def _unescape(text: str) -> str:
    try:
        return str(json.loads(f'"{text}"', strict=False))
    except ValueError:
        return text


ENGINE = Engine(
    name="google",
    base_url="https://www.google.com",
    pages=_pages,
    filters={
        "size": {"small": "isz:i", "medium": "isz:m", "large": "isz:l"},
        "colour": {"colour": "ic:color", "grey": "ic:gray"},
        "type": {"photo": "itp:photo", "face": "itp:face", "drawing": "itp:lineart"},
        "licence": {"free": "il:cl"},
    },
)
