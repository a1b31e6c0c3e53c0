"""Stage 6: what each mouth shows, who said so and when.

Three ways: the names of the folders the pictures came in, a CSV file (`table.py`), and sorting
by hand in a file manager (`sorting.py`). What a person said by hand outranks a CSV, which
outranks a folder's name.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from moue.dataset.class_folders import ClassFolders, FolderTable
from moue.dataset.dedupe import kept_for
from moue.errors import DataError
from moue.progress import Summary
from moue.workspace import queries
from moue.workspace.catalog import Catalog, Decision
from moue.workspace.label_set import DEFAULT, LabelSet
from moue.workspace.types import PERSON, Mouth

_RANK = {"folder": 0, "csv": 1, PERSON: 2}


@dataclass(frozen=True, slots=True)
class LabelUpdate:
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


def label_from_class_folders(catalog: Catalog, labels: LabelSet = DEFAULT) -> Summary:
    """Label main mouths by the nearest folder of their source that means a label.

    Other faces in a picture stay without a label: a folder says nothing about them. Where
    exact copies of a picture stood in folders that disagree, it stays without one too. URLs say
    nothing, since somebody else has named their folders. A label that folders gave before and
    give no longer is taken away.

    Returns:
        A summary with the table `folders`: folder, label, and its pictures, copies and those that
        were set aside included.
    """
    said: list[LabelUpdate] = []
    notes: list[str] = []
    folders, table = ClassFolders(catalog, labels), FolderTable()
    for source in queries.file_sources(catalog, replaced=False):
        table.add(folders.of(source))
    copies = _copies(catalog, "duplicate")
    alike = _copies(catalog, "near_duplicate")
    for mouth, sample in queries.main_mouths_in_use(catalog):
        stood = [s for s in (sample.source, *copies[sample.name]) if not is_url(s)]
        found = [reading for reading in map(folders.of, stood) if reading.label]
        meant = {str(reading.label) for reading in found}
        if len(meant) == 1:
            label = meant.pop()
            said.append(LabelUpdate(mouth, label, "folder", f"folder of {sample.source}"))
            others = {r.label for s in alike[sample.name] if (r := folders.of(s)).label}
            if others - {label}:
                told = " and ".join(sorted(map(str, others - {label})))
                notes.append(f"{sample.source} ({label}): a near copy stands under {told}")
        elif meant:
            why = f"{sample.source}: copies stand under {' and '.join(sorted(meant))}"
            said.append(LabelUpdate(mouth, None, "folder", why))
            notes.append(why)
        elif mouth.label_by == "folder":
            said.append(
                LabelUpdate(mouth, None, "folder", f"no folder of {sample.source} is a label")
            )
    summary = apply_labels(
        catalog, said, [*_few(notes, "copies disagree"), *table.notes(labels)], labels
    )
    if rows := table.rows(labels):
        summary.tables["folders"] = rows
    return summary


def set_labels(catalog: Catalog, said: Iterable[LabelUpdate]) -> int:
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


def label_counts(catalog: Catalog, labels: LabelSet = DEFAULT) -> dict[str, int]:
    """Return how many mouths in use have each label.

    The labels of the workspace come first, then others that mouths still have, `no label` last.
    """
    counts = Counter(catalog.count_in_use("label"))
    known = {label: counts[label] for label in labels.names}
    strange = {str(label): n for label, n in counts.items() if label and label not in known}
    return known | strange | ({"no label": counts[None]} if counts[None] else {})


def require_known(catalog: Catalog, labels: LabelSet) -> None:
    """Raise a DataError when a mouth in use has a label that is not among `labels`."""
    counts = label_counts(catalog, labels)
    strange = [f"{name} ({n:,})" for name, n in counts.items()
               if name not in labels.names and name != "no label"]  # fmt: skip
    if strange:
        raise DataError(
            f"mouths have labels that moue.toml does not list: {', '.join(strange)}; add them to "
            f"labels = [...], or give these mouths one of {', '.join(labels.names)}"
        )


def apply_labels(
    catalog: Catalog, said: Iterable[LabelUpdate], notes: list[str], labels: LabelSet = DEFAULT
) -> Summary:
    """Write labels down as a stage does, and sum up."""
    items = list(said)
    conflicts = list(_conflicts(items))
    changed = set_labels(catalog, items)
    counts = label_counts(catalog, labels)
    notes = [*notes, *_few(conflicts, "a CSV file and a folder disagree")]
    return Summary(stage="label", done=changed, counts=counts, notes=notes + unlabelled(counts))


def unlabelled(counts: Mapping[str, float]) -> list[str]:
    """Return a sentence on the mouths without a label and what to do next; none where all have."""
    without = counts.get("no label", 0)
    if not without:
        return []
    total = sum(counts.values())
    return [
        f"{without:,} of {total:,} mouths have no label and are not learnt from; "
        "`moue label --to-folders` lays them out to be sorted"
    ]


def _conflicts(said: Iterable[LabelUpdate]) -> Iterator[str]:
    """Yield where a CSV file and a folder give different labels; the CSV file counts."""
    for item in said:
        before, by = item.mouth.label, item.mouth.label_by
        if before and item.label and before != item.label and {by, item.by} == {"csv", "folder"}:
            folder, csv = (before, item.label) if by == "folder" else (item.label, before)
            yield f"{item.mouth.name}: its folder says {folder}, the CSV file {csv}, which counts"


def _few(notes: list[str], what: str, most: int = 5) -> list[str]:
    if len(notes) <= most:
        return notes
    return [*notes[:most], f"and {len(notes) - most:,} more where {what}"]


def _copies(catalog: Catalog, reason: str) -> dict[str, list[str]]:
    """Return the sources of what fell away as a copy, by the name of the picture kept for it."""
    copies: dict[str, list[str]] = defaultdict(list)
    for copy, kept in kept_for(catalog, reason).items():
        copies[kept].append(queries.sample(catalog, copy).source)
    return copies
