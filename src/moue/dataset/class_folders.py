"""What the folders that pictures came in say of them: which folder means which label."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from itertools import takewhile
from pathlib import Path
from typing import Any

from moue.text import first_names
from moue.workspace.catalog import Catalog
from moue.workspace.label_set import LabelSet, folded, is_number
from moue.workspace.provenance import collected_roots
from moue.workspace.queries import file_sources

_SPLIT_FOLDERS = {
    "train": "train", "training": "train", "训练": "train",
    "val": "val", "valid": "val", "validation": "val", "dev": "val", "验证": "val",
    "test": "test", "testing": "test", "测试": "test",
}  # fmt: skip


def split_of_folder(name: str) -> str | None:
    """Return the split that a folder name such as `train`, `Test set` or `验证集` means."""
    return _SPLIT_FOLDERS.get(folded(name).removesuffix("set").removesuffix("集"))


@dataclass(frozen=True, slots=True)
class Reading:
    """What the folders of one picture say.

    Attributes:
        folder: that decides, or the picture's own where none does; from the parent of the folder
            that was collected.
        label: that it means; None where no folder means one.
        suggestion: a label that the folder's name may be meant for.
        above: the folder in which numbered folders were not taken for labels; None elsewhere.
    """

    folder: str
    label: str | None
    suggestion: str | None = None
    above: str | None = None


class ClassFolders:
    """Reads labels from the folders of sources.

    Folders count from the one that was given to `moue collect`, itself included, to the picture's
    own; the nearest that means a label wins. For files that were given one by one they count from
    the deepest folder that all of them share. A number means a label only where every numbered
    folder beside it does.
    """

    def __init__(self, catalog: Catalog, labels: LabelSet) -> None:
        self.labels = labels
        self._roots = [root.parts for root in collected_roots(catalog)]
        self._shared = 0
        self._numbers: dict[tuple[str, ...], set[int]] = defaultdict(set)
        self.read = cache(self._read)
        shared: tuple[str, ...] | None = None
        parents = {_parts(source) for source in file_sources(catalog)}
        for parts in parents:
            if self._root(parts) is None:
                pairs = zip(parts, shared or parts, strict=False)
                shared = tuple(a for a, _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
        self._shared = max(1, len(shared or ()) - 1)
        for parts in parents:
            for i in range(self._start(parts), len(parts)):
                if is_number(parts[i]):
                    self._numbers[parts[:i]].add(int(parts[i]))

    def of(self, source: str) -> Reading:
        """Return what the folders of a source say."""
        reading: Reading = self.read(_parts(source))
        return reading

    def levels(self, source: str) -> tuple[str, ...]:
        """Return the names of the folders of a source that count, outermost first."""
        parts = _parts(source)
        return parts[self._start(parts) :]

    def _read(self, parts: tuple[str, ...]) -> Reading:
        start = self._start(parts)
        above = None
        for i in reversed(range(start, len(parts))):
            label = self.labels.named(parts[i])
            if label is None and (numbered := self.labels.numbered(parts[i])) is not None:
                if self._numbers_are_labels(parts[:i], alone=i > start):
                    label = numbered
                else:
                    above = _shown(parts[:i], start)
            if label is not None:
                return Reading(_shown(parts[: i + 1], start), label)
        for i in reversed(range(start, len(parts))):
            if split_of_folder(parts[i]):
                continue
            if suggestion := self.labels.suggest(parts[i]):
                return Reading(_shown(parts[: i + 1], start), None, suggestion, above)
        return Reading(_shown(parts, start), None, None, above)

    def _numbers_are_labels(self, parent: tuple[str, ...], *, alone: bool) -> bool:
        """Whether all numbered folders in `parent` number labels.

        Args:
            alone: one such folder is enough. The name of a folder that was collected, such as
                /mnt/1, needs another beside it.
        """
        numbers = self._numbers[parent]
        return max(numbers) < len(self.labels.names) and (alone or len(numbers) > 1)

    def _root(self, parts: tuple[str, ...]) -> tuple[str, ...] | None:
        return next((root for root in self._roots if parts[: len(root)] == root), None)

    def _start(self, parts: tuple[str, ...]) -> int:
        root = self._root(parts)
        return self._shared if root is None else max(1, len(root) - 1)


@dataclass(slots=True)
class FolderTable:
    """How many pictures each folder labels, and which folders label none."""

    _counts: Counter[Reading] = field(default_factory=Counter)

    def add(self, reading: Reading) -> None:
        """Count one picture."""
        self._counts[reading] += 1

    def rows(self, labels: LabelSet) -> list[dict[str, Any]]:
        """Return folder, label and number of pictures: the folders without a label first."""
        order = {None: -1} | {label: i for i, label in enumerate(labels.names)}
        found = sorted(
            self._counts.items(), key=lambda item: (order[item[0].label], -item[1], item[0].folder)
        )
        return [
            {"folder": reading.folder, "label": reading.label or "no label", "pictures": count}
            for reading, count in found
        ]

    def notes(self, labels: LabelSet) -> Iterator[str]:
        """Yield sentences on the folders that were not taken for labels."""
        without = [(r, n) for r, n in self._counts.most_common() if r.label is None]
        if without:
            named = first_names([_counted(reading, count) for reading, count in without])
            yield f"no label: folders {named}; labels are {labels.words}"
        for above in dict.fromkeys(reading.above for reading, _ in without if reading.above):
            yield (f"the numbers in {above} name no labels: folders beside them have other numbers")


def class_names(catalog: Catalog, labels: LabelSet) -> Counter[str]:
    """Return the names of the class folders of all pictures, and the pictures in each.

    A class folder is the outermost folder below the one that was collected, not counting folders
    such as train, val and test; where the pictures lie directly in the folder that was collected,
    and nothing is below it, it is that folder itself.
    """
    folders = ClassFolders(catalog, labels)
    levels = Counter(map(folders.levels, file_sources(catalog)))
    deep = {names[0] for names in levels if _class_of(names[1:])}
    found: Counter[str] = Counter()
    for names, count in levels.items():
        name = _class_of(names[1:]) or (None if names[0] in deep else _class_of(names))
        if name is not None:
            found[name] += count
    return found


def _class_of(names: Iterable[str]) -> str | None:
    return next((name for name in names if not split_of_folder(name)), None)


def _parts(source: str) -> tuple[str, ...]:
    return Path(source).parent.parts


def _shown(parts: tuple[str, ...], start: int) -> str:
    return "/".join(parts[start:])


def _counted(reading: Reading, count: int) -> str:
    hint = f"; did you mean {reading.suggestion}?" if reading.suggestion else ""
    return f"{reading.folder} ({count:,}{hint})"
