"""Read the directories of a TIFF to find its main picture.

Most camera raw files are TIFFs whose first picture is a small preview.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from moue.errors import ImageError

Directory = dict[int, tuple[int, ...]]
"""Values of a TIFF directory by tag number."""

SUBFILE, WIDTH, HEIGHT, BITS, PHOTOMETRIC, MAKE = 254, 256, 257, 258, 262, 271
STRIPS, ORIENTATION, ROWS, MOST, SUB, DNG = 273, 274, 278, 281, 330, 50706
_TAGS = {SUBFILE, WIDTH, HEIGHT, BITS, PHOTOMETRIC, STRIPS, ORIENTATION, ROWS, MOST, SUB, DNG, MAKE}
_SIZES = {1: (1, "B"), 2: (1, "B"), 3: (2, "H"), 4: (4, "I"), 13: (4, "I")}
_SENSOR = (32803, 34892)
"""Values of PHOTOMETRIC that mean raw sensor data."""
_DIRECTORIES, _ENTRIES, _VALUES = 64, 1024, 100_000
_REDUCED = 1


def directories(data: bytes) -> list[Directory]:
    """Return the directories of a TIFF: the main chain first, then the sub-directories.

    Damaged directories are omitted. The list is empty for a BigTIFF.
    """
    order = "<" if data[:2] == b"II" else ">"
    found: list[Directory] = []
    waiting = list(_longs(data, 4, 1, order))
    below: list[int] = []
    seen: set[int] = set()
    while (waiting or below) and len(found) < _DIRECTORIES:
        at = waiting.pop(0) if waiting else below.pop(0)
        if at in seen or not 8 <= at < len(data) - 2:
            continue
        seen.add(at)
        (count,) = struct.unpack_from(order + "H", data, at)
        found.append(dict(_entries(data, at + 2, min(count, _ENTRIES), order)))
        below += found[-1].get(SUB, ())
        waiting += _longs(data, at + 2 + 12 * count, 1, order)
    return found


def is_raw(pages: list[Directory], data: bytes) -> bool:
    """Return True if a TIFF is a camera raw file.

    Args:
        pages: directories of the TIFF.
        data: bytes of the file.
    """
    if not pages:
        return False
    first = pages[0]
    return (
        data[8:10] == b"CR"
        or DNG in first
        or any(page.get(PHOTOMETRIC, (0,))[0] in _SENSOR for page in pages)
        or (is_reduced(first) and SUB in first and MAKE in first)
    )


def page(pages: list[Directory]) -> int:
    """Return the index of the main picture: the first that is not a reduced copy of another."""
    whole = [number for number, one in enumerate(pages) if not is_reduced(one) and WIDTH in one]
    return whole[0] if whole and is_reduced(pages[0]) else 0


def check_rows(one: Directory) -> None:
    """Check that the strips of a picture contain all rows.

    Args:
        one: directory of the picture.

    Raises:
        ImageError: the strips are too few; the reason is `unreadable`.
    """
    height, rows = one.get(HEIGHT, (0,))[0], one.get(ROWS, (0,))[0]
    held = rows * len(one.get(STRIPS, ()))
    if 0 < held < height and len(one[STRIPS]) < _VALUES:
        raise ImageError("unreadable", f"the TIFF strips contain {held:,} of {height:,} rows")


def is_reduced(one: Directory) -> bool:
    """Return True if a picture is a reduced copy of another picture in the file.

    Args:
        one: directory of the picture.
    """
    return bool(one.get(SUBFILE, (0,))[0] & _REDUCED)


def _entries(data: bytes, at: int, count: int, order: str) -> Iterator[tuple[int, tuple[int, ...]]]:
    for entry in range(at, min(at + 12 * count, len(data) - 11), 12):
        tag, kind, number = struct.unpack_from(order + "HHI", data, entry)
        if tag not in _TAGS or kind not in _SIZES or not number:
            continue
        size, code = _SIZES[kind]
        number = min(number, _VALUES)
        where = entry + 8
        if size * number > 4:
            (where,) = _longs(data, where, 1, order)
        if where + size * number <= len(data):
            yield tag, struct.unpack_from(f"{order}{number}{code}", data, where)


def _longs(data: bytes, at: int, count: int, order: str) -> tuple[int, ...]:
    if at + 4 * count > len(data):
        return ()
    return struct.unpack_from(f"{order}{count}I", data, at)
