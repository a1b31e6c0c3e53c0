"""The pictures that one web page shows or links to."""

from __future__ import annotations

from collections.abc import Iterator

from moue.dataset.collect.candidate import Candidate
from moue.dataset.collect.html_reader import Markup, largest
from moue.dataset.collect.http.fetch_error import FetchError
from moue.dataset.collect.http.http_client import PAGES, HttpClient
from moue.dataset.collect.http.robots import check_tags
from moue.dataset.collect.http.url_guard import parse
from moue.errors import Blocked, Offline, SourceError

_SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".avif")


def page_images(
    client: HttpClient, url: str, notes: list[str] | None = None
) -> Iterator[Candidate]:
    """Yield the pictures of a page, in the order in which they stand there.

    Of a picture in several sizes the largest is taken. Pictures that are written into the page
    itself (`data:`) or that scripts fetch later are not seen.

    Args:
        notes: receives a sentence where only a part of the page could be read.

    Raises:
        Blocked: the site does not want it.
        Offline: it cannot be had.
        SourceError: it shows no picture.
    """
    try:
        answer = client.get(url, PAGES)
        reader = _Reader()
        unread = reader.read(answer.text())
        if client.settings.robots:
            check_tags(reader.robots)
    except FetchError as failure:
        kind = Blocked if failure.reason in ("robots", "noai", "refused") else Offline
        raise kind(f"{url}: {failure}") from failure
    base = _joined(reader.base, answer.url) or answer.url
    seen: set[str] = set()
    for source, title in reader.pictures:
        found = _joined(source, base)
        if found is not None and found not in seen:
            seen.add(found)
            yield Candidate(url=found, page=answer.url, title=title)
    if not seen:
        why = f"only a part of it was read, since {unread}" if unread else "does it need scripts?"
        raise SourceError(f"{url}: shows no picture that can be read from its HTML; {why}")
    if unread and notes is not None:
        notes.append(f"{url}: only a part of the page was read, since {unread}")


def _joined(url: str, base: str) -> str | None:
    try:
        return str(parse(url, base))
    except FetchError:
        return None


class _Reader(Markup):
    def __init__(self) -> None:
        super().__init__()
        self.base = ""
        self.robots: list[str] = []
        self.pictures: list[tuple[str, str | None]] = []

    def tag(self, name: str, values: dict[str, str]) -> None:
        """Gather what a tag says of pictures and of robots."""
        match name:
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
        srcset = values.get("srcset") or values.get("data-srcset") or ""
        source = largest(srcset) or values.get("data-src") or values.get("src")
        if source and not source.startswith("data:"):
            self.pictures.append((source, values.get("alt") or None))
