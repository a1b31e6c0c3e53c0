"""Stage 6: write labels, each with its labeller and time.

Labels come from class folders (`label_class_folders.py`), data sets (`label_datasets.py`), a CSV
file (`label_csv.py`) and label folders that the user sorts (`label_folders_read.py`). A label from
the user takes precedence over one from a CSV file or data set, which takes precedence over one from
a class folder.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from moue.errors import DataError
from moue.progress import Summary
from moue.workspace.catalog import Catalog, Decision, batched
from moue.workspace.label_set import DEFAULT, LabelSet
from moue.workspace.types import USER, Mouth

__all__ = [
    "FirstNotes",
    "LabelUpdate",
    "apply_labels",
    "label_counts",
    "require_known",
    "set_labels",
    "shortened",
    "unlabelled",
]

_PAGE = 1000
_RANK = {"folder": 0, "csv": 1, "dataset": 1, USER: 2}


@dataclass(frozen=True, slots=True)
class LabelUpdate:
    """A change of the label of a mouth.

    Attributes:
        mouth: Mouth to label.
        label: New label; None to remove the label.
        by: Labeller: `folder`, `csv`, `dataset` or `user`.
        why: Origin of the label as text, such as the path and line of a CSV file.
    """

    mouth: Mouth
    label: str | None
    by: str
    why: str


def set_labels(catalog: Catalog, updates: Iterable[LabelUpdate]) -> int:
    """Write labels unless a labeller with precedence has set one; return the number of changes."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    changed = 0
    with catalog.transaction():
        for page in batched((one for one in updates if _is_change(one)), _PAGE):
            for update in page:
                catalog.update_mouth(
                    update.mouth.name, label=update.label, label_by=update.by, label_at=now
                )
            catalog.decide(
                Decision(one.mouth.name, "label", one.mouth.label, one.label, one.by, one.why)
                for one in page
            )
            changed += len(page)
    return changed


def _is_change(update: LabelUpdate) -> bool:
    """Return whether a label is new, and no labeller with precedence has set one."""
    mouth = update.mouth
    outranked = _RANK.get(mouth.label_by or "", -1) > _RANK[update.by]
    # A contradiction in a CSV file is recorded, or a class folder would set the label.
    unset = mouth.label_by is None and update.by != "csv"
    same = mouth.label == update.label and (unset or mouth.label_by == update.by)
    return not (outranked or same)


def apply_labels(
    catalog: Catalog, updates: Iterable[LabelUpdate], notes: list[str], labels: LabelSet = DEFAULT
) -> Summary:
    """Write labels; return a summary with the given notes and a note on each conflict.

    Args:
        updates: labels to write; an iterator is read while the labels are written.
        notes: notes, which the iterator may still extend.
    """
    conflicts = FirstNotes("conflicting labels")

    def checked() -> Iterator[LabelUpdate]:
        for update in updates:
            for note in _conflicts(update):
                conflicts.add(note)
            yield update

    changed = set_labels(catalog, checked())
    counts = label_counts(catalog, labels)
    notes = [*notes, *conflicts.notes()]
    return Summary(stage="label", done=changed, counts=counts, notes=notes + unlabelled(counts))


class FirstNotes:
    """The first notes of a kind, and the number of the others.

    Args:
        what: what the notes are about.
        limit: maximum number of notes.
    """

    def __init__(self, what: str, limit: int = 5) -> None:
        self._what, self._limit = what, limit
        self._first: list[str] = []
        self._more = 0

    def add(self, note: str) -> None:
        """Keep a note, or count it."""
        if len(self._first) < self._limit:
            self._first.append(note)
        else:
            self._more += 1

    def notes(self) -> list[str]:
        """Return the notes, and a note with the number of omitted ones."""
        if not self._more:
            return self._first
        return [*self._first, f"and {self._more:,} more notes on {self._what}"]


def label_counts(catalog: Catalog, labels: LabelSet = DEFAULT) -> dict[str, int]:
    """Return the number of mouths in use by label.

    The labels of the workspace come first, then other labels of mouths, then `no label`.
    """
    counts = Counter(catalog.count_in_use("label"))
    known = {label: counts[label] for label in labels.names}
    unknown = {str(label): n for label, n in counts.items() if label and label not in known}
    return known | unknown | ({"no label": counts[None]} if counts[None] else {})


def require_known(catalog: Catalog, labels: LabelSet) -> None:
    """Check that `labels` contains the label of every mouth in use.

    Raises:
        DataError: A mouth has another label.
    """
    counts = label_counts(catalog, labels)
    unknown = [
        f"{name} ({n:,})"
        for name, n in counts.items()
        if name not in labels.names and name != "no label"
    ]
    if unknown:
        raise DataError(
            f"some mouths have labels that moue.toml does not list: {', '.join(unknown)}; add them "
            f"to labels = [...], or change them to one of {', '.join(labels.names)}"
        )


def unlabelled(counts: Mapping[str, float]) -> list[str]:
    """Return a list with a note on unlabelled mouths; an empty list if every mouth has a label.

    Args:
        counts: Number of mouths by label, as `label_counts` returns it.
    """
    without = counts.get("no label", 0)
    if not without:
        return []
    total = sum(counts.values())
    return [
        f"{without:,} of {total:,} mouths have no label and are not used for training; "
        "`moue label --to-folders` copies them into folders to sort"
    ]


def shortened(notes: Iterable[str], what: str, limit: int = 5) -> list[str]:
    """Return the first `limit` notes, and a note with the number of omitted notes on `what`."""
    found = FirstNotes(what, limit)
    for note in notes:
        found.add(note)
    return found.notes()


def _conflicts(update: LabelUpdate) -> Iterator[str]:
    """Yield a note if the CSV label of a mouth differs from its other label."""
    before, by = update.mouth.label, update.mouth.label_by
    if (by, update.by) == (USER, "csv") and before and update.label not in (None, before):
        yield (
            f"{update.mouth.name}: {update.why} has the label {update.label}, but you set "
            f"{before}; your label takes precedence"
        )
    if {by, update.by} == {"csv", "folder"} and before and update.label:
        folder, csv = (before, update.label) if by == "folder" else (update.label, before)
        if folder != csv:
            yield (
                f"{update.mouth.name}: the class folder means {folder}, but the CSV file has "
                f"{csv}; the CSV file takes precedence"
            )
