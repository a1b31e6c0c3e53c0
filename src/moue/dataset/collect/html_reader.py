"""Read untrusted HTML with bounds on time and memory."""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser

MAX_PARTS = 300_000
"""Maximum number of tags, texts and comments of one page: one or two seconds of work."""
MAX_PART_LENGTH = 300_000
"""Maximum number of characters of one tag or comment. Each attribute takes memory, and
`html.parser` scans an incomplete part again with every window."""
_WINDOW = 150_000
"""Number of characters that are parsed at once."""


class PageTooLargeError(ValueError):
    """A page has more than `MAX_PARTS` parts."""


class TagReader(HTMLParser):
    """Calls `on_tag` for every start tag, up to `MAX_PARTS` parts of the page."""

    def __init__(self) -> None:
        super().__init__()
        self._parts = 0

    def on_tag(self, name: str, attributes: dict[str, str]) -> None:
        """Handle a start tag; its name and the names of its attributes are in lower case."""
        raise NotImplementedError

    def read(self, text: str) -> str | None:
        """Read a page; return why a part of it was not read, or None if all of it was.

        `on_tag` has been called for all tags before an unread part.
        """
        unread = None
        try:
            for start in range(0, len(text), _WINDOW):
                self.feed(text[start : start + _WINDOW])
                if len(self.rawdata) > MAX_PART_LENGTH:
                    if self.cdata_elem is None:  # the content of scripts is not needed
                        unread = f"a tag in it is longer than {MAX_PART_LENGTH:,} characters"
                    self.rawdata = ""
        except PageTooLargeError:
            return f"it has more than {MAX_PARTS:,} tags and texts"
        except (AssertionError, ValueError) as error:  # html.parser's own, at broken markup
            return f"its HTML is broken ({str(error)[:80]})"
        return unread

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Count a start tag, and call `on_tag`."""
        self._count()
        self.on_tag(tag, {name: value or "" for name, value in attrs})

    def handle_data(self, data: str) -> None:
        """Count any other part of the page."""
        self._count()

    handle_comment = handle_pi = unknown_decl = handle_data
    handle_endtag = handle_decl = handle_data  # type: ignore[assignment]  # other parameter name

    def _count(self) -> None:
        self._parts += 1
        if self._parts > MAX_PARTS:
            raise PageTooLargeError


def largest_in_srcset(srcset: str) -> str | None:
    """Return the URL of the widest or densest candidate of a `srcset`; None if it is empty."""
    sizes = [
        (_size(descriptor), url)
        for url, descriptor in _srcset_candidates(srcset)
        if not url.startswith("data:")
    ]
    return max(sizes)[1] if sizes else None


def _srcset_candidates(srcset: str) -> Iterator[tuple[str, str]]:
    """Yield URL and first descriptor of each candidate, in linear time.

    A URL may contain commas, but does not begin or end with one.
    """
    url, descriptor = "", ""
    for part in srcset.split():
        word = part
        if url:
            text, comma, word = part.partition(",")
            descriptor = descriptor or text
            if not comma:
                continue
            yield url, descriptor
            url, descriptor = "", ""
        word = word.lstrip(",")
        if word.endswith(","):
            yield word.rstrip(","), ""
        else:
            url = word
    if url:
        yield url, descriptor


def _size(descriptor: str) -> float:
    """Return the number of a descriptor such as 640w or 1.5x; 1 for any other text."""
    number = descriptor[:-1] if len(descriptor) < 16 and descriptor[-1:] in ("w", "x") else ""
    plain = number.replace(".", "", 1)
    return float(number) if plain.isascii() and plain.isdecimal() else 1.0
