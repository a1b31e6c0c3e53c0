"""Lists that people write: of URLs, and of what to search for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from moue.dataset.collect.candidate import Candidate
from moue.dataset.collect.stats import Query
from moue.dataset.csv_reader import read_csv
from moue.dataset.text_reader import listed_lines
from moue.errors import DataError, SourceError
from moue.workspace.label_set import DEFAULT, LabelSet

_COLUMNS: dict[str, tuple[str, ...]] = {
    "url": ("image_url",),
    "page": ("source",),
    "title": (),
    "licence": ("license",),
    "licence_url": ("license_url",),
    "author": (),
    "label": (),
}


def read_url_list(path: Path, labels: LabelSet = DEFAULT) -> Iterator[Candidate]:
    """Yield the pictures that a file names, as it is read.

    A text file has a URL on each line; blank lines and lines that begin with # are skipped. A
    CSV file has a header with `url`, and any of label, licence, licence_url, author, page and
    title; its other columns are left alone.

    Raises:
        SourceError: it cannot be read, has no `url` column, or a label is none.
    """
    try:
        if path.suffix.lower() == ".csv":
            yield from _rows(path, labels)
        else:
            for _, line in listed_lines(path):
                yield Candidate(url=line)
    except DataError as error:
        raise SourceError(f"{error} (a list of URLs)") from error


def read_keyword_list(path: Path, labels: LabelSet = DEFAULT) -> list[Query]:
    """Return what a file asks for: on each line `query, label` or only a query.

    Raises:
        SourceError: it cannot be read, is empty, or a label is none.
    """
    try:
        lines = list(listed_lines(path))
    except DataError as error:
        raise SourceError(f"{error} (a list of queries)") from error
    queries = []
    for number, line in lines:
        text, comma, label = line.replace("，", ",").rpartition(",")
        words = (text if comma else label).strip()
        meant = _label(path, number, label, labels) if comma else None
        queries.append(Query(words, meant))
    if not queries:
        raise SourceError(f"{path}: holds no query; write lines such as: smiling face, smile")
    return queries


def _rows(path: Path, labels: LabelSet) -> Iterator[Candidate]:
    for row in read_csv(path, _COLUMNS, "url")[0].rows:
        known = {k: v for k, v in row.values.items() if k in _COLUMNS}
        if "label" in known:
            known["label"] = _label(path, row.line, known["label"], labels)
        if "url" in known:
            yield Candidate(**known)  # type: ignore[arg-type]


def _label(path: Path, line: int, text: str, labels: LabelSet) -> str:
    label = labels.find(text)
    if label is None:
        raise SourceError(f"{path}:{line}: label {text.strip()!r} is not one of {labels.words}")
    return label
