"""Read CSV files from spreadsheets and other programs into rows of named values."""

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
    """One row of a CSV file.

    Attributes:
        line: Number of the last line of the row in the file, from 1.
        values: Non-empty values of the row, by column name.
    """

    line: int
    values: dict[str, str]


@dataclass(frozen=True, slots=True)
class CsvTable:
    """The content of a CSV file in one encoding.

    Attributes:
        encoding: Guessed encoding; None if the encoding is certain.
        columns: Column names in the order of the file; known columns have their standard names.
        rows: Non-empty rows in the order of the file.
    """

    encoding: str | None
    columns: tuple[str, ...]
    rows: tuple[CsvRow, ...]


def read_csv(path: Path, names: Mapping[str, Sequence[str]], required: str) -> list[CsvTable]:
    """Read a CSV file; return one table for each possible encoding, the most likely first.

    `text_reader.readings` lists the encodings. The delimiter is a comma, semicolon, tab or
    vertical bar. Blank lines, lines that begin with # and a line such as Excel's `sep=;` may
    precede the header.

    Args:
        path: Path of the CSV file.
        names: Alternative names of each column; case, spaces, `-` and `_` are ignored.
        required: Standard name of the required column, which the header line must contain.

    Raises:
        DataError: The file cannot be read, has no required column, has two columns with the same
            meaning, or has a row with more values than the header.
    """
    tables: list[CsvTable] = []
    errors: list[DataError] = []
    for encoding, text in readings(path):
        try:
            tables.append(_table(path, encoding, text, names, required))
        except DataError as error:
            errors.append(error)
    if not tables:
        raise errors[0]
    return tables


def column_key(name: str) -> str:
    """Normalize a column name for comparison: lower case, without spaces, `-` and `_`."""
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
            if extra := [value for value in row[len(columns) :] if value.strip()]:
                raise DataError(
                    f"{path}:{line}: the value {extra[0]!r} has no column in the header; add a "
                    f"column, or quote values that contain {delimiter!r}"
                )
            pairs = zip(columns, row, strict=False)
            values = {name: v.strip() for name, v in pairs if name and v.strip()}
            if values:
                rows.append(CsvRow(line, values))
    except csv.Error as error:
        line = start + 1 + reader.line_num
        raise DataError(
            f"{path}:{line}: invalid CSV: {error}; check the quotation marks of this row"
        ) from error
    return CsvTable(encoding, tuple(name for name in columns if name), tuple(rows))


def _header(
    path: Path, lines: Sequence[str], names: Mapping[str, Sequence[str]], required: str
) -> tuple[int, list[str], str]:
    """Return the index of the header line, the cells of the header and the delimiter."""
    known = {column_key(word) for word in (required, *names.get(required, ()))}
    delimiters = _DELIMITERS
    first = ""
    for index, line in enumerate(lines):
        text = line.strip("\r\n")
        bare = text.strip(f" {_DELIMITERS}")
        if match := _SEPARATOR_LINE.fullmatch(text.strip(" \"'")):
            delimiters = match[1]
            continue
        if not bare:
            continue
        comment = bare.startswith("#")
        candidates = [(_cells(text, delimiter, comment), delimiter) for delimiter in delimiters]
        headers = [one for one in candidates if known & set(map(column_key, one[0]))]
        if headers and not (comment and all(len(cells) < 2 for cells, _ in headers)):
            cells, delimiter = max(headers, key=lambda one: len(one[0]))
            return index, cells, delimiter
        if not comment:
            first = first or text
            break
    words = ", ".join(names.get(required, ()))
    also = f" (or {words})" if words else ""
    seen = f"the first line is {first[:80]!r}" if first else "the file has no rows"
    raise DataError(f"{path}: the file needs a header with a column named {required}{also}; {seen}")


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
    """Return the column names of a header, with the standard names of known columns.

    If the required column has its standard name, such as `file`, a column with an alternative
    name, such as `path`, is an ordinary column.
    """
    by_key: dict[str, list[int]] = {}
    for index, name in enumerate(header):
        if name:
            by_key.setdefault(column_key(name), []).append(index)
    for indices in by_key.values():
        if len(indices) > 1:
            raise DataError(
                f"{path}: {len(indices)} columns are named {header[indices[0]]!r}; keep one of them"
            )
    columns = list(header)
    for name, words in names.items():
        indices = [by_key[key][0] for key in map(column_key, (name, *words)) if key in by_key]
        if len(indices) > 1 and not (name == required and column_key(name) in by_key):
            both = " and ".join(repr(header[index]) for index in indices)
            raise DataError(f"{path}: the columns {both} both mean {name}; keep one of them")
        if indices:
            columns[indices[0]] = name
    return columns
