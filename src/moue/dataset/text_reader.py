"""Read text files from other programs in UTF-8, UTF-16, UTF-32 or a Windows encoding."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from pathlib import Path

from moue.errors import DataError

MAX_BYTES = 256 * 1024 * 1024
"""Maximum size of a text file, in bytes."""
_FALLBACKS = ("cp1252", "gb18030")
"""Western and Chinese Windows encodings, which are tried if a file is not Unicode."""
_LINE_END = re.compile(r"\r\n|\r|\n")
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def readings(path: Path, *, names: bool = False) -> list[tuple[str | None, str]]:
    """Decode a text file in every possible encoding.

    Args:
        names: Whether the file may contain file names. Then the first reading of a file that is
            not Unicode has the encoding `bytes`, which decodes like file names
            (`surrogateescape`).

    Returns:
        Pairs of encoding and text, the most likely first. The encoding is None for Unicode, which
        is certain, and otherwise a guess: cp1252 or gb18030.

    Raises:
        DataError: The file does not exist, is not a regular file, is too large, or is not text.
    """
    data = _bytes(path)
    if data.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise DataError(f"{path}: cannot be read: the file is an Excel workbook; save it as CSV")
    try:
        for bom, encoding in _BOMS:
            if data.startswith(bom):
                return [(None, data.decode(encoding))]
        if b"\0" in data[:4096]:  # UTF-16 without a byte order mark, mostly Latin letters
            encoding = "utf-16-le" if data[1:2] == b"\0" else "utf-16-be"
            text = data.decode(encoding)
            if "\0" in text:
                raise DataError(f"{path}: cannot be read: it is a binary file; give a text file")
            return [(None, text)]
    except UnicodeDecodeError as error:
        raise DataError(
            f"{path}: cannot be read: invalid Unicode: {error}; save the file as UTF-8"
        ) from error
    try:
        return [(None, data.decode("utf-8"))]
    except UnicodeDecodeError:
        pass
    found: list[tuple[str | None, str]] = []
    if names:
        found.append(("bytes", data.decode("utf-8", "surrogateescape")))
    for encoding in _FALLBACKS:
        try:
            found.append((encoding, data.decode(encoding)))
        except UnicodeDecodeError:
            continue
    if not found:
        raise DataError(
            f"{path}: cannot be read: the encoding is neither Unicode nor "
            f"{' nor '.join(_FALLBACKS)}; save the file as UTF-8"
        )
    return found


def listed_lines(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the number, from 1, and the text of each line, without surrounding double quotes.

    Blank lines and lines that begin with # are skipped.

    Raises:
        DataError: The file cannot be read as text.
    """
    for number, line in enumerate(lines_of(readings(path)[0][1]), 1):
        line = line.strip()  # noqa: PLW2901
        if line and not line.startswith("#"):
            yield number, unquoted(line)


def lines_of(text: str) -> list[str]:
    """Return the lines of a text without line ends."""
    return _LINE_END.split(text)


def unquoted(text: str) -> str:
    """Return a text without surrounding double quotes."""
    inner = text[1:-1]
    return inner if len(text) > 2 and text[0] == text[-1] == '"' and '"' not in inner else text


def _bytes(path: Path) -> bytes:
    try:
        if not path.is_file():
            path.stat()  # a missing file raises the error that names the cause
            raise DataError(
                f"{path}: cannot be read: not a regular file; give the path of a text file"
            )
        if (size := path.stat().st_size) > MAX_BYTES:
            raise DataError(
                f"{path}: cannot be read: it has {size:,} bytes; the limit is {MAX_BYTES:,} bytes"
            )
        return path.read_bytes()
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror or error}") from error
