r"""Escape and unescape untrusted text for SQLite, JSON, files and terminals.

A file name is bytes. Python decodes bytes that are not UTF-8 as lone surrogates
(`surrogateescape`), which neither SQLite nor a UTF-8 file accepts. A name may also contain control
characters that move the cursor of a terminal or reverse its text. moue writes text in these forms:

| destination | form |
|---|---|
| SQLite | TEXT; a name that is not UTF-8 is a BLOB of its bytes (`storable`, `restored`) |
| JSON | the same value, with escapes that every JSON parser decodes (`to_json`) |
| CSV, HTML and other UTF-8 files | a byte that is not UTF-8 is escaped as `\xe9` (`ERRORS`) |
| terminal | control characters are escaped as well (`printable`) |

`unescaped` converts a printed name back to the name of the file.
"""

from __future__ import annotations

import codecs
import hashlib
import json
import os
import re
from collections.abc import Iterator, Sequence
from typing import Any

NAME_MAX = 255
"""Maximum length of a file name on common file systems, in bytes."""
ERRORS = "moue.escape"
"""Name of the codec error handler that escapes characters that cannot be encoded."""

_BIDI = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
_SEPARATORS = "\u2028\u2029"
_SURROGATES = "\ud800-\udfff"
_UNPRINTABLE = re.compile(f"[\x00-\x1f\x7f-\x9f{_BIDI}{_SEPARATORS}{_SURROGATES}\ufff9-\ufffb]")
_NOT_IN_JSON = re.compile(f"[\x7f-\x9f{_BIDI}{_SEPARATORS}{_SURROGATES}\ufff9-\ufffb]")
_ESCAPED_BYTE = re.compile(r"\\x([89a-f][0-9a-f])")
_NAMED = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def printable(text: object, keep: str = "") -> str:
    r"""Escape `text` to one line that is safe to print on any terminal.

    Control characters (C0, C1), characters that change the direction of text, line separators
    and bytes that are not UTF-8 become escapes such as `\x1b`, `\u202e` and `\xe9`.

    Args:
        text: object whose `str` is printed, such as a path or an error.
        keep: characters to leave unescaped, such as a newline.
    """

    def escape(match: re.Match[str]) -> str:
        return match[0] if match[0] in keep else _escape(match[0])

    return _UNPRINTABLE.sub(escape, str(text))


def first_names(names: Sequence[str], most: int = 8, count: int | None = None) -> str:
    """Join the first `most` names with commas, and add the number of further names.

    Args:
        count: number of all names, if `names` contains only the first ones.
    """
    further = (len(names) if count is None else count) - len(names[:most])
    more = f" and {further:,} more" if further else ""
    return ", ".join(names[:most]) + more


def is_http_url(text: str | None) -> bool:
    """Return whether a text starts with `http://` or `https://`."""
    return text is not None and text.startswith(("http://", "https://"))


def to_json(value: Any, indent: int | None = None, sort_keys: bool = False) -> str:
    """Encode plain data as JSON text that is valid UTF-8 and contains no control characters.

    All escapes are those of the JSON standard, so that every parser returns the same value.
    """
    text = json.dumps(value, ensure_ascii=False, indent=indent, sort_keys=sort_keys)
    return _NOT_IN_JSON.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def storable(value: Any) -> Any:
    """Convert a value for SQLite: text with surrogates becomes bytes, others stay unchanged."""
    if not isinstance(value, str) or value.isascii():
        return value
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        return to_bytes(value)
    return value


def to_bytes(text: str) -> bytes:
    """Encode text as UTF-8; a lone surrogate becomes the byte that it represents."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:  # a surrogate that stands for no byte, as in invalid JSON
        return text.encode("utf-8", ERRORS)


def restored(value: Any) -> Any:
    """Decode a value that `storable` converted: bytes become text, other values stay unchanged."""
    return value.decode("utf-8", "surrogateescape") if isinstance(value, bytes) else value


def unescaped(name: str) -> str:
    r"""Decode the escaped bytes of a printed file name, such as `\xe9`."""
    return _ESCAPED_BYTE.sub(lambda match: chr(0xDC00 + int(match[1], 16)), name)


def spellings(name: str) -> Iterator[str]:
    """Yield the file names that a typed name may mean: as typed, and with escapes decoded."""
    yield name
    if (other := unescaped(name)) != name:
        yield other


def shortened(name: str, limit: int = NAME_MAX) -> str:
    """Shorten a file name to at most `limit` bytes of UTF-8; shorter names stay unchanged.

    A shortened name stays unique: it ends in 12 hex digits of the hash of the full name, and the
    extension.
    """
    if len(to_bytes(name)) <= limit:
        return name
    stem, extension = os.path.splitext(name)  # noqa: PTH122  a name, not a path
    if len(to_bytes(extension)) > 16:
        stem, extension = name, ""
    end = f"-{hashlib.sha256(to_bytes(name)).hexdigest()[:12]}{extension}"
    room = limit - len(to_bytes(end))
    while len(to_bytes(stem)) > room:
        stem = stem[: min(len(stem) - 1, room)]
    return stem + end


def _escape(character: str) -> str:
    code = ord(character)
    if character in _NAMED:
        return _NAMED[character]
    if 0xDC80 <= code <= 0xDCFF:  # a byte that is not UTF-8
        return f"\\x{code - 0xDC00:02x}"
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _escape_error(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(map(_escape, error.object[error.start : error.end])), error.end


codecs.register_error(ERRORS, _escape_error)
