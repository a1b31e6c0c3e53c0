"""Write label folders: copies of the crops, one folder for each label, to sort by hand.

The folders contain copies, so deleting one loses no crop. The hidden file `.moue.json` records the
place of each copy; a copy in another place was moved by the user. The record is written before the
copies, so the same command resumes interrupted work.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from moue.dataset.label import label_counts
from moue.dataset.label_folders_record import CropPlace, LabelFoldersRecord, find_crops
from moue.errors import ImageError
from moue.media.image import read_image
from moue.progress import Summary
from moue.store import stage
from moue.text import first_names
from moue.workspace.catalog import Catalog
from moue.workspace.context import Context
from moue.workspace.file_keys import parts_of
from moue.workspace.label_set import DROPPED, MAYBE, UNSORTED, LabelSet
from moue.workspace.owned_files import is_damaged, publish_in_batches
from moue.workspace.provenance import weak_labels
from moue.workspace.queries import mouth_names
from moue.workspace.types import Mouth


@dataclass(frozen=True, slots=True)
class LabelSuggestions:
    """Labels that a model suggests for crops.

    Attributes:
        model: Description of the model for notes; empty if no model was used.
        probabilities: Probability of each label, by name of the mouth.
        note: Additional note for the summary; empty if there is none.
    """

    model: str = ""
    probabilities: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    note: str = ""


Presort = Callable[[Sequence[str]], LabelSuggestions]
"""Function from the names of unlabelled mouths to suggested labels."""


def write_label_folders(context: Context, folder: Path, presort: Presort | None = None) -> Summary:
    """Copy every mouth crop in use to `folder/<label>/`, except crops that were copied before.

    A mouth without a label is copied to `maybe-<label>/`, where the label is the weak label of the
    picture if all weak labels agree, or else the predicted label of a model. File names there
    begin with a number; the crop with the lowest probability comes first. The user confirms a
    suggestion by moving the crop to `<label>/`. Mouths without a suggestion are copied to
    `unsorted/`.

    Args:
        presort: Function that suggests labels for unlabelled mouths.

    Raises:
        DataError: The record in the folder is damaged or was not written by moue.
        FileTaken: A file of the user has the name of a crop or of the record.
    """
    catalog, labels = context.catalog, context.labels
    record = LabelFoldersRecord.load(folder)
    record.prune(mouth_names(catalog))
    present = {crop.mouth for crop in find_crops(catalog, folder, record)}
    record.settle(present)
    mouths = list(catalog.mouths_in_use())
    missing = [m for m in mouths if m.name in record.crops and m.name not in present]
    new = [m for m in mouths if m.name not in record.crops and m.name not in present]
    unreadable = {m.name for m in new if not _is_readable(context, m)}
    new = [m for m in new if m.name not in unreadable]
    unlisted = sorted({m.label for m in new if m.label and m.label not in labels.names})
    unlabelled = [mouth.name for mouth in new if mouth.label is None]
    suggestions = presort(unlabelled) if presort and unlabelled else LabelSuggestions()
    record.pending = _plan(catalog, folder, record, new, labels, suggestions)
    record.save(catalog, folder)  # a foreign record stops the command before any copy
    for name in (*labels.names, UNSORTED, DROPPED):
        (folder / name).mkdir(parents=True, exist_ok=True)
    _copy(context, folder, new, record.pending)
    record.settle(set(record.pending))
    record.save(catalog, folder)
    notes = _notes(folder, suggestions, missing, unlisted, sorted(unreadable))
    return Summary(stage="label", done=len(new), counts=label_counts(catalog, labels), notes=notes)


def _is_readable(context: Context, mouth: Mouth) -> bool:
    path = context.workspace.mouth(mouth.name)
    try:
        if is_damaged(context.catalog, path):
            read_image(path)  # another program may have changed it
    except (ImageError, OSError):
        return False
    return True


def _plan(
    catalog: Catalog,
    root: Path,
    record: LabelFoldersRecord,
    new: Sequence[Mouth],
    labels: LabelSet,
    suggestions: LabelSuggestions,
) -> dict[str, CropPlace]:
    """Return the place of each new crop; places that an interrupted command planned are kept."""
    plan: dict[str, CropPlace] = {}
    to_number: dict[str, list[tuple[float, str]]] = {}
    for mouth in new:
        folder, probability = _folder_of(catalog, mouth, labels, suggestions)
        before = record.pending.get(mouth.name)
        if before is not None and before.folder == folder:
            plan[mouth.name] = before
        elif folder.startswith(MAYBE) and probability is not None:
            to_number.setdefault(folder, []).append((probability, mouth.name))
        else:
            plan[mouth.name] = CropPlace(folder, f"{mouth.name}_mouth.png")
    for folder, crops in to_number.items():
        first = record.last_number(root, folder) + 1
        for number, (_, name) in enumerate(sorted(crops), first):
            plan[name] = CropPlace(folder, f"{number:04d}-{name}_mouth.png")
    return dict(sorted(plan.items(), key=lambda item: (item[1].folder, item[1].file)))


def _folder_of(
    catalog: Catalog, mouth: Mouth, labels: LabelSet, suggestions: LabelSuggestions
) -> tuple[str, float | None]:
    """Return the label folder of a crop, and the predicted probability of the suggested label."""
    if mouth.label is not None:
        return (mouth.label if mouth.label in labels.names else UNSORTED), None
    weak = set() if mouth.face else set(weak_labels(catalog, mouth.sample).values())
    probabilities = suggestions.probabilities.get(mouth.name, {})
    if len(weak) == 1:
        (label,) = weak
        return MAYBE + label, probabilities.get(label)
    if not probabilities:
        return UNSORTED, None
    label = max(probabilities, key=probabilities.__getitem__)
    return (MAYBE + label, probabilities[label]) if label in labels.names else (UNSORTED, None)


def _copy(
    context: Context, folder: Path, new: Sequence[Mouth], plan: Mapping[str, CropPlace]
) -> None:
    samples, crop = {mouth.name: mouth.sample for mouth in new}, context.workspace.mouth
    parts = parts_of(context.catalog, folder)
    staged = (
        stage(
            folder / place.folder / place.file, crop(name).read_bytes(), samples[name], parts=parts
        )
        for name, place in context.progress.track(list(plan.items()), "to folders", len(plan))
    )
    publish_in_batches(context.catalog, staged, anywhere=True)


def _notes(
    root: Path,
    suggestions: LabelSuggestions,
    missing: Sequence[Mouth],
    unlisted: Sequence[str],
    unreadable: Sequence[str],
) -> list[str]:
    notes = []
    if unreadable:
        notes.append(
            f"{len(unreadable):,} crops are missing or damaged and were not copied: "
            f"{first_names(unreadable)}; run `moue crop`, then the same command again"
        )
    if suggestions.model:
        notes.append(
            f"copied crops to {MAYBE}… folders as suggested by {suggestions.model}; the least "
            "certain crops come first"
        )
    if suggestions.note:
        notes.append(suggestions.note)
    if unlisted:
        names = ", ".join(unlisted)
        notes.append(f"crops with labels that are not in moue.toml are in {UNSORTED}/: {names}")
    if missing:
        notes.append(f"{len(missing):,} crops are missing from {root} and were not copied again")
    notes.append(
        f"move each crop into the folder of its label in {root}, and crops without a mouth into "
        f"{DROPPED}/; then run: moue label --from-folders"
    )
    return notes
