"""Reading HTML from outside with a bound on the work that it can cause."""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser

MOST_PARTS = 300_000
"""Tags, texts and comments of one page that are read: one or two seconds of work."""
LONGEST_PART = 300_000
"""Characters of one tag or comment that are read. Each attribute of a tag takes memory, and what
is not complete is looked at again with every window."""
_WINDOW = 150_000
"""Characters that are parsed at once."""


class PageTooLargeError(ValueError):
    """A page has more parts than are read."""


class Markup(HTMLParser):
    """Calls `tag` for every start tag, up to `MOST_PARTS` parts of the page."""

    def __init__(self) -> None:
        super().__init__()
        self._parts = 0

    def tag(self, name: str, values: dict[str, str]) -> None:
        """Take a start tag and its attributes; both names are in lower case."""
        raise NotImplementedError

    def read(self, text: str) -> str | None:
        """Read a page; return why a part of it was not read, None where all of it was.

        What stood before such a place has been given to `tag`.
        """
        unread = None
        try:
            for start in range(0, len(text), _WINDOW):
                self.feed(text[start : start + _WINDOW])
                if len(self.rawdata) > LONGEST_PART:
                    if self.cdata_elem is None:  # of a script nothing is wanted
                        unread = f"a tag in it is longer than {LONGEST_PART:,} characters"
                    self.rawdata = ""
        except PageTooLargeError:
            return f"it has more than {MOST_PARTS:,} tags and texts"
        except (AssertionError, ValueError) as error:  # html.parser's own, at broken markup
            return f"its HTML is broken ({str(error)[:80]})"
        return unread

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Count it and hand it on."""
        self._count()
        self.tag(tag, {name: value or "" for name, value in attrs})

    def handle_endtag(self, tag: str) -> None:
        """Count it."""
        self._count()

    def handle_data(self, data: str) -> None:
        """Count it."""
        self._count()

    def handle_comment(self, data: str) -> None:
        """Count it."""
        self._count()

    def handle_decl(self, decl: str) -> None:
        """Count it."""
        self._count()

    def handle_pi(self, data: str) -> None:
        """Count it."""
        self._count()

    def unknown_decl(self, data: str) -> None:
        """Count it."""
        self._count()

    def _count(self) -> None:
        self._parts += 1
        if self._parts > MOST_PARTS:
            raise PageTooLargeError


def largest(srcset: str) -> str | None:
    """Return the URL of the widest, or else finest, candidate of a `srcset`; None for none."""
    best: tuple[float, str] | None = None
    for url, descriptor in _candidates(srcset):
        if not url.startswith("data:"):
            one = (_size(descriptor), url)
            best = one if best is None else max(best, one)
    return None if best is None else best[1]


def _candidates(srcset: str) -> Iterator[tuple[str, str]]:
    """Yield URL and first descriptor of each candidate, in one pass.

    A URL may hold commas, but does not begin or end with one.
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
    """Return the number of a descriptor such as 640w or 1.5x, 1 for any other text."""
    number = descriptor[:-1] if len(descriptor) < 16 and descriptor[-1:] in ("w", "x") else ""
    plain = number.replace(".", "", 1)
    return float(number) if plain.isascii() and plain.isdecimal() else 1.0
