"""Labelling by hand in a file manager: crops into folders, moved about, read back.

The folders hold copies, so nothing that happens there can lose a picture. A hidden file beside
them tells where each crop was put, by which a moved one is known; it is written before the crops
are, so that the same command goes on where it was killed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from moue.dataset.label import label_counts
from moue.dataset.label_folders_record import Placed, Record, find_crops
from moue.files import stage
from moue.progress import Summary
from moue.workspace.catalog import Catalog
from moue.workspace.context import Context
from moue.workspace.label_set import DROPPED, MAYBE, UNSORTED, LabelSet
from moue.workspace.owned_files import publish
from moue.workspace.provenance import weak_labels
from moue.workspace.queries import mouth_names
from moue.workspace.types import Mouth

_BATCH = 64


@dataclass(frozen=True, slots=True)
class LabelSuggestions:
    """What a model says of crops.

    Attributes:
        model: its name, in words for people; empty where there is none.
        probabilities: of each label of the model, by mouth.
        note: what a person should know of it.
    """

    model: str = ""
    probabilities: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    note: str = ""


Presort = Callable[[Sequence[str]], LabelSuggestions]
"""Called with the names of mouths that have no label."""


def write_label_folders(context: Context, folder: Path, presort: Presort | None = None) -> Summary:
    """Copy every mouth crop in use into `folder/<label>/`; those that lie there already stay.

    A mouth without a label goes into `maybe-<label>/`, to be moved by who agrees: for the label
    that the queries which found its picture agree on, else for the one that a model gives.
    File names there begin with a number: the least certain come first. What nobody has an
    opinion on goes into `unsorted/`.

    Raises:
        DataError: the folder holds a record of another program.
        FileTaken: a file of a person lies where a crop or the record is to go.
    """
    catalog, labels = context.catalog, context.labels
    record = Record.load(folder)
    record.prune(mouth_names(catalog))
    lying = {crop.mouth for crop in find_crops(catalog, folder, record)}
    record.settle(lying)
    mouths = list(catalog.mouths_in_use())
    gone = [m for m in mouths if m.name in record.crops and m.name not in lying]
    new = [m for m in mouths if m.name not in record.crops and m.name not in lying]
    strange = sorted({m.label for m in new if m.label and m.label not in labels.names})
    guesses = _guesses(new, presort)
    record.pending = _plan(catalog, folder, record, new, labels, guesses)
    record.save(catalog, folder)  # first: where another record is, nothing else is written
    for name in (*labels.names, UNSORTED, DROPPED):
        (folder / name).mkdir(parents=True, exist_ok=True)
    _copy(context, folder, new, record.pending)
    record.settle(set(record.pending))
    record.save(catalog, folder)
    notes = _notes(folder, guesses, gone, strange)
    return Summary(stage="label", done=len(new), counts=label_counts(catalog, labels), notes=notes)


def _guesses(new: Sequence[Mouth], presort: Presort | None) -> LabelSuggestions:
    names = [mouth.name for mouth in new if mouth.label is None]
    return presort(names) if presort and names else LabelSuggestions()


def _plan(
    catalog: Catalog,
    folder: Path,
    record: Record,
    new: Sequence[Mouth],
    labels: LabelSet,
    guesses: LabelSuggestions,
) -> dict[str, Placed]:
    """Return where each new crop goes; as planned before, where that was cut short."""
    plan: dict[str, Placed] = {}
    numbered: dict[str, list[tuple[float, str]]] = {}
    for mouth in new:
        place, certainty = _place(catalog, mouth, labels, guesses)
        before = record.pending.get(mouth.name)
        if before is not None and before.place == place:
            plan[mouth.name] = before
        elif place.startswith(MAYBE) and certainty is not None:
            numbered.setdefault(place, []).append((certainty, mouth.name))
        else:
            plan[mouth.name] = Placed(place, f"{mouth.name}_mouth.png")
    for place, crops in numbered.items():
        first = record.last_number(folder, place) + 1
        for number, (_, name) in enumerate(sorted(crops), first):
            plan[name] = Placed(place, f"{number:04d}-{name}_mouth.png")
    return dict(sorted(plan.items(), key=lambda item: (item[1].place, item[1].file)))


def _place(
    catalog: Catalog, mouth: Mouth, labels: LabelSet, guesses: LabelSuggestions
) -> tuple[str, float | None]:
    """Return the folder of a crop, and how certain the model is of it, in [0, 1]."""
    if mouth.label is not None:
        return (mouth.label if mouth.label in labels.names else UNSORTED), None
    weak = set() if mouth.face else set(weak_labels(catalog, mouth.sample).values())
    said = guesses.probabilities.get(mouth.name, {})
    if len(weak) == 1:
        (label,) = weak
        return MAYBE + label, said.get(label)
    if not said:
        return UNSORTED, None
    label = max(said, key=said.__getitem__)
    return (MAYBE + label, said[label]) if label in labels.names else (UNSORTED, None)


def _copy(context: Context, folder: Path, new: Sequence[Mouth], plan: Mapping[str, Placed]) -> None:
    samples = {mouth.name: mouth.sample for mouth in new}
    staged = []
    for name, placed in context.progress.track(list(plan.items()), "to folders", len(plan)):
        data = context.workspace.mouth(name).read_bytes()
        staged.append(stage(folder / placed.place / placed.file, data, samples[name]))
        if len(staged) == _BATCH:
            publish(context.catalog, staged, anywhere=True)
            staged = []
    publish(context.catalog, staged, anywhere=True)


def _notes(
    folder: Path, guesses: LabelSuggestions, gone: Sequence[Mouth], strange: Sequence[str]
) -> list[str]:
    notes = []
    if guesses.model:
        notes.append(
            f"sorted into {MAYBE}… by {guesses.model}; the least certain come first in each folder"
        )
    if guesses.note:
        notes.append(guesses.note)
    if strange:
        notes.append(f"labels that moue.toml does not list are in {UNSORTED}: {', '.join(strange)}")
    if gone:
        notes.append(
            f"{len(gone):,} crops were put into {folder} before and are no longer there; they "
            "were not put back"
        )
    notes.append(
        f"move the crops between the folders in {folder}, into {DROPPED}/ what is no mouth; "
        "then: moue label --from-folders"
    )
    return notes
