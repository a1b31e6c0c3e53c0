"""Write label folders: copies of the crops, one folder for each label, to sort by hand.

The folders contain copies, so deleting one loses no crop. The hidden file `.moue.jsonl` records the
place of each copy; a copy in another place was moved by the user. The record is written before the
copies, so the same command resumes interrupted work.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias

from moue.dataset.label import label_counts
from moue.dataset.label_folders_record import last_number, open_label_folders, save_record
from moue.errors import ImageError
from moue.media.image import read_image
from moue.progress import Summary
from moue.store import Staged, stage
from moue.text import first_names
from moue.workspace.catalog import Catalog, batched
from moue.workspace.context import Context
from moue.workspace.file_keys import parts_of
from moue.workspace.label_set import DROPPED, MAYBE, UNSORTED, LabelSet
from moue.workspace.owned_files import publish_in_batches
from moue.workspace.provenance import weak_labels
from moue.workspace.recorded_files import is_damaged
from moue.workspace.sorted_crops import CropPlace, SortedCrops, State
from moue.workspace.types import Mouth

_PAGE = 500
"""Number of crops that are processed at a time."""
_NAMED = 8
"""Maximum number of unreadable crops that a note lists."""

Probabilities: TypeAlias = Mapping[str, Mapping[str, float]]
"""Probability of each label, by name of the mouth."""


@dataclass(frozen=True, slots=True)
class LabelSuggestions:
    """Labels that a model suggests for crops.

    Attributes:
        model: Description of the model for notes; empty if no model is used.
        note: Additional note for the summary; empty if there is none.
        predict: Function from the names of some mouths to their probabilities; None if no model
            is used.
    """

    model: str = ""
    note: str = ""
    predict: Callable[[Sequence[str]], Probabilities] | None = None


Presort: TypeAlias = Callable[[], LabelSuggestions]
"""Function that loads the model that suggests labels; called if a mouth has no label."""


def write_label_folders(context: Context, folder: Path, presort: Presort | None = None) -> Summary:
    """Copy every mouth crop in use to `folder/<label>/`, except crops that were copied before.

    A mouth without a label is copied to `maybe-<label>/`, where the label is the weak label of the
    picture if all weak labels agree, or else the predicted label of a model. File names there
    begin with a number; the crop with the lowest probability comes first. The user confirms a
    suggestion by moving the crop to `<label>/`. Mouths without a suggestion are copied to
    `unsorted/`.

    Args:
        presort: Function that loads the model for unlabelled mouths.

    Raises:
        DataError: The record in the folder is damaged or was not written by moue.
        FileTaken: A file of the user has the name of a crop or of the record.
    """
    catalog, labels = context.catalog, context.labels
    with open_label_folders(catalog, folder) as crops:
        plan = _Plan(context, folder, crops, presort)
        plan.make()
        save_record(catalog, folder, crops)  # a foreign record stops the command before any copy
        for name in (*labels.names, UNSORTED, DROPPED):
            (folder / name).mkdir(parents=True, exist_ok=True)
        publish_in_batches(catalog, _copies(context, folder, crops, plan.new), anywhere=True)
        crops.settle(found_only=False)
        save_record(catalog, folder, crops)
    counts = label_counts(catalog, labels)
    return Summary(stage="label", done=plan.new, counts=counts, notes=plan.notes())


class _Plan:
    """The places of the new crops; places that an interrupted command planned are kept.

    Args:
        context: Workspace, catalog, labels and progress of the call.
        root: Parent folder of the label folders.
        crops: Recorded places, to which the plan adds places.
        presort: Function that loads the model for unlabelled mouths.

    Attributes:
        new: Number of new crops.
    """

    def __init__(
        self, context: Context, root: Path, crops: SortedCrops, presort: Presort | None
    ) -> None:
        self._context, self._root, self._crops, self._presort = context, root, crops, presort
        self._suggestions: LabelSuggestions | None = None
        self._unlisted: set[str] = set()
        self._missing = self._unreadable = self.new = 0
        self._first_unreadable: list[str] = []

    def make(self) -> None:
        """Plan a place for each crop that was not copied before."""
        catalog = self._context.catalog
        pages = -(-catalog.total_in_use() // _PAGE)
        with self._context.progress.task("plan folders", pages) as advance:
            for page in batched(catalog.mouths_in_use(), _PAGE):
                names = [mouth.name for mouth in page]
                places, present = self._crops.places_of(names), self._crops.present(names)
                self._crops.put(self._places_of(self._new(page, places, present), places))
                advance("")
        self._crops.drop_pending()
        for folder in self._crops.folders_to_number():
            self._number(folder)

    def _new(
        self, page: Sequence[Mouth], places: Mapping[str, CropPlace], present: Set[str]
    ) -> list[Mouth]:
        """Return the mouths whose crops were not copied before and can be read."""
        new = []
        for mouth in page:
            place = places.get(mouth.name)
            copied = place is not None and place.state == State.COPIED
            if copied or mouth.name in present:
                self._missing += copied and mouth.name not in present
            elif _is_readable(self._context, mouth):
                new.append(mouth)
            else:
                self._unreadable += 1
                self._first_unreadable += [mouth.name][: _NAMED - len(self._first_unreadable)]
        return new

    def _places_of(
        self, new: Sequence[Mouth], before: Mapping[str, CropPlace]
    ) -> Iterator[CropPlace]:
        catalog, known = self._context.catalog, self._context.labels
        self.new += len(new)
        self._unlisted |= {m.label for m in new if m.label and m.label not in known.names}
        probabilities = self._predict([mouth.name for mouth in new if mouth.label is None])
        for mouth in new:
            found = probabilities.get(mouth.name, {})
            folder, probability = _folder_of(catalog, mouth, known, found)
            place = before.get(mouth.name)
            if place is not None and place.folder == folder:
                file = place.file
            else:
                numbered = folder.startswith(MAYBE) and probability is not None
                file = "" if numbered else f"{mouth.name}_mouth.png"
            yield CropPlace(mouth.name, folder, file, State.PLANNED, probability)

    def _predict(self, unlabelled: Sequence[str]) -> Probabilities:
        if self._presort is None or not unlabelled:
            return {}
        if self._suggestions is None:
            self._suggestions = self._presort()
        predict = self._suggestions.predict
        return {} if predict is None else predict(unlabelled)

    def _number(self, folder: str) -> None:
        """Number the file names of the crops in a folder, in ascending order of probability."""
        number = last_number(self._root, folder, self._crops)
        while page := self._crops.to_number(folder, _PAGE):
            named = [
                replace(place, file=f"{number + i:04d}-{place.mouth}_mouth.png")
                for i, place in enumerate(page, 1)
            ]
            self._crops.put(named)
            number += len(named)

    def notes(self) -> list[str]:
        """Return the notes for the summary."""
        notes, suggestions = [], self._suggestions or LabelSuggestions()
        if self._unreadable:
            names = first_names(self._first_unreadable, _NAMED, self._unreadable)
            notes.append(
                f"{self._unreadable:,} crops are missing or damaged and were not copied: {names}; "
                "run `moue crop`, then the same command again"
            )
        if suggestions.model:
            notes.append(
                f"copied crops to {MAYBE}… folders as suggested by {suggestions.model}; the least "
                "certain crops come first"
            )
        if suggestions.note:
            notes.append(suggestions.note)
        if self._unlisted:
            names = ", ".join(sorted(self._unlisted))
            notes.append(f"crops with labels that are not in moue.toml are in {UNSORTED}/: {names}")
        if self._missing:
            notes.append(
                f"{self._missing:,} crops are missing from {self._root} and were not copied again"
            )
        notes.append(
            f"move each crop into the folder of its label in {self._root}, and crops without a "
            f"mouth into {DROPPED}/; then run: moue label --from-folders"
        )
        return notes


def _is_readable(context: Context, mouth: Mouth) -> bool:
    path = context.workspace.mouth(mouth.name)
    try:
        if is_damaged(context.catalog, path):
            read_image(path)  # another program may have changed it
    except (ImageError, OSError):
        return False
    return True


def _folder_of(
    catalog: Catalog, mouth: Mouth, labels: LabelSet, probabilities: Mapping[str, float]
) -> tuple[str, float | None]:
    """Return the label folder of a crop, and the predicted probability of the suggested label."""
    if mouth.label is not None:
        return (mouth.label if mouth.label in labels.names else UNSORTED), None
    weak = set() if mouth.face else set(weak_labels(catalog, mouth.sample).values())
    if len(weak) == 1:
        (label,) = weak
        return MAYBE + label, probabilities.get(label)
    if not probabilities:
        return UNSORTED, None
    label = max(probabilities, key=probabilities.__getitem__)
    return (MAYBE + label, probabilities[label]) if label in labels.names else (UNSORTED, None)


def _copies(context: Context, root: Path, crops: SortedCrops, total: int) -> Iterator[Staged]:
    """Yield a part file for the copy of each planned crop."""
    workspace, parts = context.workspace, parts_of(context.catalog, root)
    tracked = context.progress.track(crops.planned(), "to folders", total)
    for page in batched(tracked, _PAGE):
        names = [place.mouth for place in page]
        samples = {mouth.name: mouth.sample for mouth in context.catalog.mouths(name=names)}
        for place in page:
            data = workspace.mouth(place.mouth).read_bytes()
            target = root / place.folder / place.file
            yield stage(target, data, samples[place.mouth], parts=parts)
