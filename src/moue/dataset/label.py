"""Stage 6: what each mouth shows, who said so and when.

Three ways: the names of the folders the pictures came in, a CSV file (`table.py`), and sorting
by hand in a file manager (`sorting.py`). What a person said by hand outranks a CSV, which
outranks a folder's name.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import takewhile
from pathlib import Path

from moue.catalog import Catalog, Decision
from moue.dataset.dedupe import kept_for
from moue.progress import Summary
from moue.sample import LABELS, PERSON, Mouth

ALIASES: dict[str, str] = {
    "0": "none", "1": "pout", "2": "smile", "3": "open",
    "neutral": "none", "pouting": "pout", "smiling": "smile",
    "openmouth": "open", "open_mouth": "open", "open-mouth": "open",
} | {label: label for label in LABELS}  # fmt: skip
"""Folder names and CSV values that mean a label, in lower case."""

FROM_FILES = " AND ".join(f"source NOT LIKE '{s}:%'" for s in ("http", "https", "camera"))
"""The samples whose source is a path."""
_RANK = {"folder": 0, "csv": 1, PERSON: 2}


@dataclass(frozen=True, slots=True)
class Said:
    """A label for a mouth, or None to take it away.

    Attributes:
        by: who said it: `folder`, `csv` or `person`.
        why: where it stands.
    """

    mouth: Mouth
    label: str | None
    by: str
    why: str


def is_url(source: str) -> bool:
    """Whether a source is a URL."""
    return source.startswith(("http://", "https://"))


def label_of(text: str) -> str | None:
    """Return the label that a folder name or CSV value means, None when it means none."""
    return ALIASES.get(text.strip().lower())


def label_from_sources(catalog: Catalog) -> Summary:
    """Label main mouths by the nearest folder of their source that is named like a label.

    Other faces in a picture stay without a label: a folder says nothing about them. Where
    exact copies of a picture stood in folders that disagree, it stays without one too. The
    folders that all pictures share, such as /mnt/1 or /home/open, say nothing either; nor do
    URLs, whose folders somebody else has named.
    """
    said: list[Said] = []
    notes: list[str] = []
    shared = _shared_folders(catalog)
    copies: dict[str, list[str]] = defaultdict(list)
    for copy, kept in kept_for(catalog, "duplicate").items():
        copies[kept] += [s.source for s in catalog.samples("name = ?", [copy])]
    for mouth, sample in catalog.with_samples(catalog.mouths_in_use("face = 0")):
        stood = [s for s in (sample.source, *copies[sample.name]) if not is_url(s)]
        labels = {label for source in stood if (label := _from_folders(source, shared))}
        if len(labels) == 1:
            said.append(Said(mouth, labels.pop(), "folder", f"folder of {sample.source}"))
        elif labels:
            why = f"{sample.source}: copies stand under {' and '.join(sorted(labels))}"
            said.append(Said(mouth, None, "folder", why))
            notes.append(why)
    return apply(catalog, said, notes)


def say(catalog: Catalog, said: Iterable[Said]) -> int:
    """Write labels down, unless one of higher rank stands there; return how many changed."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    changed = 0
    with catalog.transaction():
        for item in said:
            mouth = item.mouth
            outranked = _RANK.get(mouth.label_by or "", -1) > _RANK[item.by]
            same = mouth.label == item.label and mouth.label_by in (None, item.by)
            if outranked or same:
                continue
            catalog.update_mouth(mouth.name, label=item.label, label_by=item.by, label_at=now)
            catalog.decide(
                [Decision(mouth.name, "label", mouth.label, item.label, item.by, item.why)]
            )
            changed += 1
    return changed


def label_counts(catalog: Catalog) -> dict[str, int]:
    """Return how many mouths in use have each label; `no label` last."""
    counts = Counter(catalog.count_in_use("label"))
    named = {label: counts[label] for label in LABELS}
    return named | ({"no label": counts[None]} if counts[None] else {})


def apply(catalog: Catalog, said: Iterable[Said], notes: list[str]) -> Summary:
    """Write labels down as a stage does, and sum up."""
    changed = say(catalog, said)
    return Summary(stage="label", done=changed, counts=label_counts(catalog), notes=notes)


def _shared_folders(catalog: Catalog) -> int:
    """How many folders, from the root, all sources have in common."""
    shared: tuple[str, ...] | None = None
    for sample in catalog.samples(FROM_FILES):
        pairs = zip(_folders(sample.source), shared or _folders(sample.source), strict=False)
        shared = tuple(a for a, _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
    return len(shared or ())


def _folders(source: str) -> tuple[str, ...]:
    return Path(source).parent.parts


def _from_folders(source: str, shared: int) -> str | None:
    labels = map(label_of, reversed(_folders(source)[shared:]))
    return next(filter(None, labels), None)
