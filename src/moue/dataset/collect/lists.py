"""Lists that people write: of URLs, and of what to search for."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from moue.dataset.collect.found import Found
from moue.dataset.collect.tally import Query
from moue.errors import SourceError
from moue.labels import DEFAULT, LabelSet

_FIELDS = ("url", "page", "title", "licence", "licence_url", "author", "label")
_ALSO = {"image_url": "url", "license": "licence", "license_url": "licence_url", "source": "page"}


def urls(path: Path, labels: LabelSet = DEFAULT) -> Iterator[Found]:
    """Yield the pictures that a file names, as it is read.

    A text file has a URL on each line; blank lines and lines that begin with # are skipped. A
    CSV file has a header with `url`, and any of label, licence, licence_url, author, page and
    title; its other columns are left alone.

    Raises:
        SourceError: it cannot be read, has no `url` column, or a label is none.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = _rows(path, file, labels) if path.suffix.lower() == ".csv" else _lines(file)
            yield from rows
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise SourceError(f"{path}: cannot be read as a list of URLs: {error}") from error


def keywords(path: Path, labels: LabelSet = DEFAULT) -> list[Query]:
    """Return what a file asks for: on each line `query, label` or only a query.

    Raises:
        SourceError: it cannot be read, is empty, or a label is none.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(f"{path}: cannot be read as a list of queries: {error}") from error
    queries = []
    for number, line in enumerate(lines, 1):
        if line.strip() and not line.lstrip().startswith("#"):
            text, comma, label = line.replace("，", ",").rpartition(",")
            words = (text if comma else label).strip()
            meant = _label(path, number, label, labels) if comma else None
            queries.append(Query(words, meant))
    if not queries:
        raise SourceError(f"{path}: holds no query; write lines such as: smiling face, smile")
    return queries


def _lines(file: TextIO) -> Iterator[Found]:
    for line in file:
        if line.strip() and not line.lstrip().startswith("#"):
            yield Found(url=line.strip())


def _rows(path: Path, file: TextIO, labels: LabelSet) -> Iterator[Found]:
    reader = csv.DictReader(file)
    names = {name: _ALSO.get(name, name) for name in map(_tame, reader.fieldnames or ())}
    if "url" not in names.values():
        raise SourceError(f"{path}: needs a header with a column named url")
    reader.fieldnames = [names[name] for name in map(_tame, reader.fieldnames or ())]
    for row in reader:
        known = {k: v.strip() for k in _FIELDS if isinstance(v := row.get(k), str) and v.strip()}
        if "label" in known:
            known["label"] = _label(path, reader.line_num, known["label"], labels)
        if "url" in known:
            yield Found(**known)  # type: ignore[arg-type]


def _tame(name: str) -> str:
    return name.strip().lower().replace(" ", "_")


def _label(path: Path, line: int, text: str, labels: LabelSet) -> str:
    label = labels.find(text)
    if label is None:
        raise SourceError(f"{path}:{line}: label {text.strip()!r} is not one of {labels.words}")
    return label
