"""Read text and CSV files that list picture files, URLs or search queries."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterator
from pathlib import Path

from moue.dataset.collect.candidate import Candidate, Query
from moue.dataset.csv_reader import read_csv
from moue.dataset.text_reader import lines_of, listed_lines, readings, unquoted
from moue.errors import DataError, SourceError
from moue.files import absolute
from moue.text import is_http_url, spellings
from moue.workspace.label_set import DEFAULT, LabelSet
from moue.workspace.workspace import CATALOG, SETTINGS

__all__ = ["is_workspace", "read_file_list", "read_query_list", "read_url_list"]

_COLUMNS: dict[str, tuple[str, ...]] = {
    "url": ("image_url",),
    "page": ("source",),
    "title": (),
    "licence": ("license",),
    "licence_url": ("license_url",),
    "author": (),
    "label": (),
}
"""Columns of a CSV file of URLs, with their alternative names."""


def read_file_list(path: Path) -> Iterator[Path]:
    r"""Yield the paths in a text file with one path on each line.

    Relative paths refer to the folder of the list. Paths may contain `\` instead of `/`, and may be
    in double quotes, or escaped as moue prints them. Blank lines and lines that start with `#` are
    skipped. Paths of missing files are yielded too; `register_files` records them as missing.

    Raises:
        SourceError: The list cannot be read, or contains URLs.
    """
    try:
        decodings = readings(path, names=True)
    except DataError as error:
        text = str(error).replace("cannot be read:", "cannot be read as a list of files:", 1)
        raise SourceError(text) from error
    # The encoding may be ambiguous: each line is tried in all possible encodings.
    for lines in zip(*(lines_of(text) for _, text in decodings), strict=False):
        spelled = [line.strip() for line in lines]
        if not spelled[0] or spelled[0].startswith("#"):
            continue
        if is_http_url(spelled[0]):
            raise SourceError(f"{path}: the list contains URLs; use `moue collect urls {path}`")
        files = [file for line in spelled for file in _possible_paths(path.parent, unquoted(line))]
        existing = next((file for file in files if os.path.lexists(file)), None)
        if existing is None and any("\udc80" <= c <= "\udcff" for c in spelled[0]):
            raise SourceError(
                f"{path}: cannot be read as a list of files: the line {spelled[0]} is not UTF-8, "
                "and no file has this name; save the list as UTF-8"
            )
        yield existing or files[0]


def read_url_list(path: Path, labels: LabelSet = DEFAULT) -> Iterator[Candidate]:
    """Yield the candidates of a URL list line by line.

    A text file has one URL on each line; blank lines and lines that start with `#` are skipped. A
    CSV file has a column `url`, and optionally `label`, `licence`, `licence_url`, `author`, `page`
    and `title`; other columns are ignored.

    Args:
        path: Path of a text file, or of a CSV file with the suffix `.csv`.
        labels: Labels that the column `label` may contain.

    Raises:
        SourceError: The list cannot be read, has no `url` column, or has an unknown label.
    """
    try:
        if path.suffix.lower() == ".csv":
            yield from _read_rows(path, labels)
        else:
            for _, line in listed_lines(path):
                yield Candidate(url=line)
    except DataError as error:
        raise SourceError(f"{error} (read as a list of URLs)") from error


def read_query_list(path: Path, labels: LabelSet = DEFAULT) -> list[Query]:
    """Return the search queries of a text file with `query` or `query, label` on each line.

    Blank lines and lines that start with `#` are skipped.

    Args:
        path: Path of the text file.
        labels: Labels that may follow a query.

    Raises:
        SourceError: The list cannot be read, is empty, or contains an unknown label.
    """
    try:
        lines = list(listed_lines(path))
    except DataError as error:
        raise SourceError(f"{error} (read as a list of queries)") from error
    queries = []
    for number, line in lines:
        text, comma, label = line.replace("，", ",").rpartition(",")
        if comma:
            queries.append(Query(text.strip(), _find_label(path, number, label, labels)))
        else:
            queries.append(Query(line.strip()))
    if not queries:
        raise SourceError(f"{path}: the list has no queries; write lines like: smiling face, smile")
    return queries


def is_workspace(folder: Path) -> bool:
    """Return True if a folder is a workspace.

    Raises:
        OSError: The folder cannot be read.
    """
    return any((folder / name).exists() for name in (SETTINGS, CATALOG))


def _possible_paths(folder: Path, name: str) -> Iterator[Path]:
    r"""Yield the possible paths of a file, the most likely first.

    The name may be escaped as moue prints it (`caf\xe9.jpg`), use the Windows separator `\`, or
    have another Unicode normal form than the file name.

    Args:
        folder: Folder to which relative paths refer.
        name: Path as written in a list.
    """
    for spelling in (*spellings(name), name.replace("\\", "/")):
        yield absolute(folder / spelling)
        yield absolute(folder / unicodedata.normalize("NFC", spelling))
        yield absolute(folder / unicodedata.normalize("NFD", spelling))


def _read_rows(path: Path, labels: LabelSet) -> Iterator[Candidate]:
    for row in read_csv(path, _COLUMNS, "url")[0].rows:
        values = {name: value for name, value in row.values.items() if name in _COLUMNS}
        if "label" in values:
            values["label"] = _find_label(path, row.line, values["label"], labels)
        if "url" in values:
            yield Candidate(**values)


def _find_label(path: Path, line: int, text: str, labels: LabelSet) -> str:
    label = labels.find(text)
    if label is None:
        raise SourceError(f"{path}:{line}: label {text.strip()!r} is not one of {labels.words}")
    return label
