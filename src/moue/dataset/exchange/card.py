"""The file `README.md` of an exported data set: what it contains, and how to read it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from moue.files import write_text

README = "README.md"
_TEMPLATE = Path(__file__).with_name("card.md.jinja")
_MOST = 20
_NO_LABEL = "no label"


class Contents:
    """Counts of an exported data set.

    Attributes:
        records: number of pictures or crops.
        labels: number of mouths by split and label.
        licences: number of pictures by licence.
    """

    def __init__(self) -> None:
        self.records = 0
        self.labels: Counter[tuple[str, str]] = Counter()
        self.licences: Counter[str] = Counter()

    def add(self, mouths: Iterable[Mapping[str, str | None]], licence: str | None) -> None:
        """Count one record."""
        self.records += 1
        for mouth in mouths:
            self.labels[mouth["split"] or "unassigned", mouth["label"] or _NO_LABEL] += 1
        self.licences[licence or "unknown"] += 1


def write_card(folder: Path, form: str, contents: Contents, labels: Sequence[str]) -> None:
    """Write `README.md` of a data set in the format `form`."""
    from jinja2 import Environment

    unlabelled = any(label == _NO_LABEL for _, label in contents.labels)
    template = Environment(autoescape=False, keep_trailing_newline=True).from_string(
        _TEMPLATE.read_text(encoding="utf-8")
    )
    text = template.render(
        form=form,
        splits=list(dict.fromkeys(split for split, _ in contents.labels)),
        labels=[*labels, _NO_LABEL] if unlabelled else list(labels),
        counts=contents.labels,
        licences=contents.licences.most_common(_MOST),
    )
    write_text(folder / README, text)
