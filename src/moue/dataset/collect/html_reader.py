"""Parse untrusted HTML with limits on time and memory."""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser

MAX_PARTS = 300_000
"""Maximum number of tags, texts and comments of a page, which take one to two seconds."""
MAX_PART_LENGTH = 300_000
"""Maximum number of characters of a tag or comment. Attributes take memory, and `html.parser`
scans an incomplete part again for each window."""
_WINDOW = 150_000
"""Number of characters that are passed to the parser at once."""


class PageTooLargeError(ValueError):
    """A page has more than `MAX_PARTS` tags, texts and comments."""


class TagReader(HTMLParser):
    """HTML parser that calls `on_tag` for each start tag, with limits on the size of the page.

    A subclass implements `on_tag`.
    """

    def __init__(self) -> None:
        super().__init__()
        self._parts = 0

    def on_tag(self, name: str, attributes: dict[str, str]) -> None:
        """Process one start tag.

        Args:
            name: Name of the tag, in lower case.
            attributes: Attribute values by lower-case attribute name.
        """
        raise NotImplementedError

    def read(self, text: str) -> str | None:
        """Parse a page; return None, or the reason for which a part was not parsed.

        `on_tag` is called for all tags before that part.
        """
        unread = None
        try:
            for start in range(0, len(text), _WINDOW):
                self.feed(text[start : start + _WINDOW])
                if len(self.rawdata) > MAX_PART_LENGTH:
                    if self.cdata_elem is None:  # the content of scripts is not needed
                        unread = f"a tag is longer than {MAX_PART_LENGTH:,} characters"
                    self.rawdata = ""
        except PageTooLargeError:
            return f"the page has more than {MAX_PARTS:,} tags, texts and comments"
        except (AssertionError, ValueError) as error:  # html.parser raises these on invalid markup
            return f"the HTML is not valid ({str(error)[:80]})"
        return unread

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Count a start tag, and call `on_tag`."""
        self._count()
        self.on_tag(tag, {name: value or "" for name, value in attrs})

    def handle_data(self, data: str) -> None:
        """Count a text, comment, end tag or declaration of the page."""
        self._count()

    handle_comment = handle_pi = unknown_decl = handle_data
    handle_endtag = handle_decl = handle_data  # type: ignore[assignment]  # other parameter name

    def _count(self) -> None:
        self._parts += 1
        if self._parts > MAX_PARTS:
            raise PageTooLargeError


def largest_in_srcset(srcset: str) -> str | None:
    """Return the URL of the largest picture in a `srcset` attribute; None if there is no picture.

    Pictures are compared by their width or pixel density. `data:` URLs are ignored.
    """
    sizes = [
        (_size(descriptor), url)
        for url, descriptor in _srcset_candidates(srcset)
        if not url.startswith("data:")
    ]
    return max(sizes)[1] if sizes else None


def _srcset_candidates(srcset: str) -> Iterator[tuple[str, str]]:
    """Yield URL and first size descriptor of each entry of a `srcset`, in linear time.

    A URL may contain commas, but does not start or end with a comma.
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
    """Return the number of a size descriptor such as `640w` or `1.5x`; 1 for other texts."""
    number = descriptor[:-1] if len(descriptor) < 16 and descriptor[-1:] in ("w", "x") else ""
    plain = number.replace(".", "", 1)
    return float(number) if plain.isascii() and plain.isdecimal() else 1.0
