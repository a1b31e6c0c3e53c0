"""Extract the picture URLs of a web page."""

from __future__ import annotations

from collections.abc import Iterator

from moue.dataset.collect.candidate import Candidate
from moue.dataset.collect.html_reader import TagReader, largest_in_srcset
from moue.dataset.collect.http.fetch_error import FetchError
from moue.dataset.collect.http.http_client import ACCEPT_HTML, HttpClient
from moue.dataset.collect.http.robots import check_robots_tags
from moue.dataset.collect.http.url_guard import parse_url
from moue.errors import Blocked, Offline, SourceError

_SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".avif")


def page_images(
    client: HttpClient, url: str, notes: list[str] | None = None
) -> Iterator[Candidate]:
    """Yield the pictures that a web page shows or links to, in page order.

    If a picture has several sizes, only the largest is yielded. Embedded pictures (`data:`) and
    pictures that scripts load are not found.

    Args:
        client: HTTP client that fetches the page.
        url: http or https URL of the page.
        notes: List that receives a note if only a part of the page was parsed.

    Raises:
        Blocked: The site disallows the request, or the URL has a private address.
        Offline: The page cannot be fetched.
        SourceError: The HTML of the page contains no picture.
    """
    try:
        response = client.get(url, ACCEPT_HTML)
        reader = PageReader()
        unread = reader.read(response.text())
        if client.settings.robots:
            check_robots_tags(reader.robots)
    except FetchError as error:
        kind = Blocked if error.reason in ("robots", "noai", "refused") else Offline
        raise kind(f"{url}: {error}") from error
    base = _absolute(reader.base, response.url) or response.url
    seen: set[str] = set()
    for source, title in reader.pictures:
        picture = _absolute(source, base)
        if picture is not None and picture not in seen:
            seen.add(picture)
            yield Candidate(url=picture, page=response.url, title=title)
    if not seen:
        why = "the page may load pictures with scripts, which moue does not run"
        if unread:
            why = f"only a part of the page was parsed, because {unread}"
        raise SourceError(f"{url}: no picture was found in the HTML; {why}")
    if unread and notes is not None:
        notes.append(f"{url}: only a part of the page was parsed, because {unread}")


def _absolute(url: str, base: str) -> str | None:
    try:
        return str(parse_url(url, base))
    except FetchError:
        return None


class PageReader(TagReader):
    """HTML parser that extracts the pictures, base URL and robots directives of a page.

    Attributes:
        base: Value of `<base href>`; empty if missing.
        robots: Contents of the `<meta>` tags named `robots` or `moue`.
        pictures: URL, possibly relative, and title or alternative text of each picture.
    """

    def __init__(self) -> None:
        super().__init__()
        self.base = ""
        self.robots: list[str] = []
        self.pictures: list[tuple[str, str | None]] = []

    def on_tag(self, name: str, attributes: dict[str, str]) -> None:
        """Process one start tag; see `TagReader.on_tag`."""
        match name:
            case "base":
                self.base = self.base or attributes.get("href", "")
            case "meta":
                self._meta(attributes)
            case "img" | "source":
                self._picture(attributes)
            case "a":
                href = attributes.get("href", "")
                if href.partition("?")[0].lower().endswith(_SUFFIXES):
                    self.pictures.append((href, attributes.get("title") or None))

    def _meta(self, attributes: dict[str, str]) -> None:
        name = (attributes.get("name") or attributes.get("property") or "").lower()
        if name in ("robots", "moue"):
            self.robots.append(attributes.get("content", ""))
        elif name == "og:image":
            self.pictures.append((attributes.get("content", ""), None))

    def _picture(self, attributes: dict[str, str]) -> None:
        srcset = attributes.get("srcset") or attributes.get("data-srcset") or ""
        source = largest_in_srcset(srcset) or attributes.get("data-src") or attributes.get("src")
        if source and not source.startswith("data:"):
            self.pictures.append((source, attributes.get("alt") or None))
