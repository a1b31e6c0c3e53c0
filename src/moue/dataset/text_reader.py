"""Text files that other programs wrote: UTF-8, UTF-16, and what Windows writes without a mark."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from pathlib import Path

from moue.errors import DataError

LARGEST = 256 * 1024 * 1024
"""Bytes of the largest list or table that is read."""
_OLD = ("cp1252", "gb18030")
"""Encodings of Windows that are tried where a file is not Unicode: of the West, of China."""
_LINE_END = re.compile(r"\r\n|\r|\n")
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def read_text(path: Path) -> str:
    """Return the text of a file; one that is not Unicode is read as Windows-1252.

    Raises:
        DataError: it cannot be read as text.
    """
    return readings(path)[0][1]


def readings(path: Path, *, names: bool = False) -> list[tuple[str | None, str]]:
    """Return what a text file may say, the likeliest first: pairs of an encoding and the text.

    The encoding is None where it is sure; else the file is no Unicode and one of `_OLD` is a guess.

    Args:
        names: where the file is no Unicode, begin with its bytes as Python writes them in file
            names, with lone surrogates: they may be the names of files.

    Raises:
        DataError: no such file, a folder or device, too large, or no text.
    """
    data = _bytes(path)
    if data.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise DataError(f"{path}: cannot be read: is a workbook; save the sheet as CSV")
    try:
        for mark, encoding in _MARKS:
            if data.startswith(mark):
                return [(None, data.decode(encoding))]
        if b"\0" in data[:4096]:  # UTF-16 of mostly Latin letters, without a mark
            encoding = "utf-16-le" if data[1:2] == b"\0" else "utf-16-be"
            text = data.decode(encoding)
            if "\0" in text:
                raise DataError(f"{path}: cannot be read: is no text file")
            return [(None, text)]
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: cannot be read: is no text: {error}") from error
    try:
        return [(None, data.decode("utf-8"))]
    except UnicodeDecodeError:
        pass
    found: list[tuple[str | None, str]] = []
    if names:
        found.append(("bytes", data.decode("utf-8", "surrogateescape")))
    for encoding in _OLD:
        try:
            found.append((encoding, data.decode(encoding)))
        except UnicodeDecodeError:
            continue
    if not found:
        raise DataError(f"{path}: cannot be read: neither Unicode nor {' nor '.join(_OLD)}")
    return found


def listed_lines(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the number and the text of each line that says something.

    Blank lines and lines that begin with # are skipped. A line in double quotes is read without
    them.

    Raises:
        DataError: it cannot be read as text.
    """
    for number, line in enumerate(lines_of(read_text(path)), 1):
        line = line.strip()  # noqa: PLW2901
        if line and not line.startswith("#"):
            yield number, unquoted(line)


def lines_of(text: str) -> list[str]:
    """Return the lines of a text, without their ends."""
    return _LINE_END.split(text)


def unquoted(text: str) -> str:
    """Return a text without double quotes around it."""
    inner = text[1:-1]
    return inner if len(text) > 2 and text[0] == text[-1] == '"' and '"' not in inner else text


def _bytes(path: Path) -> bytes:
    try:
        if not path.is_file():
            path.stat()  # names what is wrong, where nothing is there
            raise DataError(f"{path}: cannot be read: is not a file")
        if (size := path.stat().st_size) > LARGEST:
            raise DataError(f"{path}: cannot be read: {size:,} bytes; {LARGEST:,} is the limit")
        return path.read_bytes()
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror or error}") from error
