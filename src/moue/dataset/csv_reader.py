"""CSV files as spreadsheets and other programs write them: rows by the names of their columns."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from moue.dataset.text_reader import readings
from moue.errors import DataError

_DELIMITERS = ",;\t|"
_SEPARATOR_LINE = re.compile(r"sep=(.)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class CsvRow:
    """One row; `line` is the number of its last line in the file. Empty values are left out."""

    line: int
    values: dict[str, str]


@dataclass(frozen=True, slots=True)
class CsvTable:
    """What one reading of a CSV file gives.

    Attributes:
        encoding: that was guessed; None where it is sure.
        columns: the names of the columns in their order, after `columns_of`.
    """

    encoding: str | None
    columns: tuple[str, ...]
    rows: tuple[CsvRow, ...]


def read_csv(path: Path, names: Mapping[str, Sequence[str]], required: str) -> list[CsvTable]:
    """Return what a CSV file may say, the likeliest reading first; see `text_files.readings`.

    The values may be divided by commas, semicolons, tabs or bars; blank lines, lines that
    begin with # and Excel's `sep=;` may come before the header.

    Args:
        names: other words for a column, by its name; case, spaces, `-` and `_` do not matter.
        required: the column that a header must have, by which it is known.

    Raises:
        DataError: it cannot be read, has no such column, two columns of one name, or a row with
            more values than the header.
    """
    tables, problem = [], None
    for encoding, text in readings(path):
        try:
            tables.append(_table(path, encoding, text, names, required))
        except DataError as error:
            problem = problem or error
    if not tables and problem is not None:
        raise problem
    return tables


def column_key(name: str) -> str:
    """Return a column's name without what does not matter in it."""
    return re.sub(r"[\s_-]+", "", unicodedata.normalize("NFKC", name).casefold())


def _table(
    path: Path,
    encoding: str | None,
    text: str,
    names: Mapping[str, Sequence[str]],
    required: str,
) -> CsvTable:
    lines = list(io.StringIO(text, newline=""))
    start, header, delimiter = _header(path, lines, names, required)
    columns = _columns(path, header, names, required)
    rows = []
    reader = csv.reader(iter(lines[start + 1 :]), delimiter=delimiter, strict=True)
    try:
        for row in reader:
            line = start + 1 + reader.line_num
            extra = [value for value in row[len(columns) :] if value.strip()]
            if extra:
                raise DataError(
                    f"{path}:{line}: this row has more values than the header has columns: "
                    f"{extra[0]!r}"
                )
            pairs = zip(columns, row, strict=False)
            values = {name: v.strip() for name, v in pairs if name and v.strip()}
            if values:
                rows.append(CsvRow(line, values))
    except csv.Error as error:
        line = start + 1 + reader.line_num
        raise DataError(f"{path}:{line}: cannot be read: {error}; check its quotes") from error
    return CsvTable(encoding, tuple(name for name in columns if name), tuple(rows))


def _header(
    path: Path, lines: Sequence[str], names: Mapping[str, Sequence[str]], required: str
) -> tuple[int, list[str], str]:
    """Return the index of the header's line, its cells, and what divides them."""
    known = {column_key(word) for word in (required, *names.get(required, ()))}
    given = _DELIMITERS
    first = ""
    for index, line in enumerate(lines):
        text = line.strip("\r\n")
        bare = text.strip(f" {_DELIMITERS}")
        if match := _SEPARATOR_LINE.fullmatch(text.strip(" \"'")):
            given = match[1]
            continue
        if not bare:
            continue
        comment = bare.startswith("#")
        read = [(_cells(text, delimiter, comment), delimiter) for delimiter in given]
        found = [one for one in read if known & set(map(column_key, one[0]))]
        if found and not (comment and all(len(cells) < 2 for cells, _ in found)):
            cells, delimiter = max(found, key=lambda one: len(one[0]))
            return index, cells, delimiter
        if not comment:
            first = first or text
            break
    words = ", ".join(names.get(required, ()))
    also = f" (or {words})" if words else ""
    seen = f"; its first line is {first[:80]!r}" if first else "; it holds no line"
    raise DataError(f"{path}: needs a header with a column named {required}{also}{seen}")


def _cells(text: str, delimiter: str, comment: bool) -> list[str]:
    try:
        cells = next(csv.reader([text.strip().lstrip("#") if comment else text],
                                delimiter=delimiter), [])  # fmt: skip
    except csv.Error:
        return []
    return [cell.strip().lstrip("\ufeff") for cell in cells]


def _columns(
    path: Path, header: Sequence[str], names: Mapping[str, Sequence[str]], required: str
) -> list[str]:
    """Return the columns' names: known ones by the name they go by here, empty for no name.

    Beside a column `file`, a column `path` is one like any other.
    """
    by_key: dict[str, list[int]] = {}
    for index, name in enumerate(header):
        if name:
            by_key.setdefault(column_key(name), []).append(index)
    for indices in by_key.values():
        if len(indices) > 1:
            raise DataError(f"{path}: has {len(indices)} columns {header[indices[0]]!r}; keep one")
    columns = list(header)
    for name, words in names.items():
        found = [by_key[key][0] for key in map(column_key, (name, *words)) if key in by_key]
        if len(found) > 1 and not (name == required and column_key(name) in by_key):
            told = " and ".join(repr(header[index]) for index in found)
            raise DataError(f"{path}: columns {told} both mean {name}; keep one")
        if found:
            columns[found[0]] = name
    return columns
