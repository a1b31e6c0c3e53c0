"""The pictures that one web page shows or links to."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from html.parser import HTMLParser

from moue.dataset.collect.found import Found
from moue.errors import Blocked, Offline, SourceError
from moue.web.address import parse
from moue.web.client import PAGES, Client
from moue.web.failure import Failure
from moue.web.robots import check_tags

# A URL may hold commas, but does not begin or end with one.
_CANDIDATE = re.compile(r"([^\s,](?:\S*[^\s,])?)(?:\s+(\d+(?:\.\d+)?)[wx])?\s*(?:,|$)")
_SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".avif")


def page_images(client: Client, url: str) -> Iterator[Found]:
    """Yield the pictures of a page, in the order in which they stand there.

    Of a picture in several sizes the largest is taken. Pictures that are written into the page
    itself (`data:`) or that scripts fetch later are not seen.

    Raises:
        Blocked: the site does not want it.
        Offline: it cannot be had.
        SourceError: it shows no picture.
    """
    try:
        answer = client.get(url, PAGES)
        reader = _Reader()
        with suppress(AssertionError):  # html.parser's own; what stood before it has been read
            reader.feed(answer.text())
        if client.settings.robots:
            check_tags(reader.robots)
    except Failure as failure:
        kind = Blocked if failure.reason in ("robots", "noai", "refused") else Offline
        raise kind(f"{url}: {failure}") from failure
    base = _joined(reader.base, answer.url) or answer.url
    seen: set[str] = set()
    for source, title in reader.pictures:
        found = _joined(source, base)
        if found is not None and found not in seen:
            seen.add(found)
            yield Found(url=found, page=answer.url, title=title)
    if not seen:
        raise SourceError(
            f"{url}: shows no picture that can be read from its HTML; does it need scripts?"
        )


def _joined(url: str, base: str) -> str | None:
    try:
        return str(parse(url, base))
    except Failure:
        return None


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.base = ""
        self.robots: list[str] = []
        self.pictures: list[tuple[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        match tag:
            case "base":
                self.base = self.base or values.get("href", "")
            case "meta":
                self._meta(values)
            case "img" | "source":
                self._picture(values)
            case "a":
                href = values.get("href", "")
                if href.partition("?")[0].lower().endswith(_SUFFIXES):
                    self.pictures.append((href, values.get("title") or None))

    def _meta(self, values: dict[str, str]) -> None:
        name = (values.get("name") or values.get("property") or "").lower()
        if name in ("robots", "moue"):
            self.robots.append(values.get("content", ""))
        elif name == "og:image":
            self.pictures.append((values.get("content", ""), None))

    def _picture(self, values: dict[str, str]) -> None:
        largest = _largest(values.get("srcset") or values.get("data-srcset") or "")
        source = largest or values.get("data-src") or values.get("src")
        if source and not source.startswith("data:"):
            self.pictures.append((source, values.get("alt") or None))


def _largest(srcset: str) -> str | None:
    """The URL of the widest, or else finest, candidate of a `srcset`."""
    found = _CANDIDATE.findall(srcset)
    candidates = [(float(size or 1), url) for url, size in found if not url.startswith("data:")]
    return max(candidates)[1] if candidates else None
