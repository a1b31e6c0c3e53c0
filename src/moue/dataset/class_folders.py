"""Class folders: determine the label of a collected picture from the names of its folders."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import takewhile
from pathlib import Path
from typing import Any

from moue.text import first_names
from moue.workspace.catalog import Catalog
from moue.workspace.label_set import LabelSet, folded, is_number
from moue.workspace.provenance import collected_roots
from moue.workspace.queries import file_folders

__all__ = [
    "ClassFolder", "ClassFolders", "class_names", "folder_notes", "folder_rows", "split_of_folder",
]  # fmt: skip

_SPLIT_FOLDERS = {
    "train": "train", "training": "train", "训练": "train",
    "val": "val", "valid": "val", "validation": "val", "dev": "val", "验证": "val",
    "test": "test", "testing": "test", "测试": "test",
}  # fmt: skip


def split_of_folder(name: str) -> str | None:
    """Return the split named by a folder such as `Test set` or `验证集`; None for other names."""
    return _SPLIT_FOLDERS.get(folded(name).removesuffix("set").removesuffix("集"))


@dataclass(frozen=True, slots=True)
class ClassFolder:
    """The folder that determines the label of a picture.

    Attributes:
        folder: Path relative to the parent of the collected folder; the picture's own folder if
            no folder means a label.
        label: Label that the folder name means; None if no folder means a label.
        suggestion: Label with a similar name if `label` is None; None if no label is similar.
        unused_numbers: Path of a folder with numbered subfolders that are not labels, or None.
    """

    folder: str
    label: str | None
    suggestion: str | None = None
    unused_numbers: str | None = None


class ClassFolders:
    """Index of the class folders of all collected pictures, by picture path (`source`).

    The candidates are the folders from the collected folder to the folder of the picture. The
    class folder is the candidate nearest to the picture whose name means a label. If files were
    collected one by one, their deepest common folder counts as the collected folder. A numbered
    folder means a label only if all numbered folders beside it do.

    Attributes:
        labels: labels of the workspace.
        pictures: number of picture files in each folder, by path of the folder.
    """

    def __init__(self, catalog: Catalog, labels: LabelSet) -> None:
        self.labels = labels
        self.pictures = file_folders(catalog)
        self._roots = [root.parts for root in collected_roots(catalog)]
        self._shared = 0
        self._numbers: dict[tuple[str, ...], set[int]] = defaultdict(set)
        self._find_cached = cache(self._find)
        shared: tuple[str, ...] | None = None
        parents = [_parts_of(folder) for folder in self.pictures]
        for parts in parents:
            if self._root(parts) is None:
                pairs = zip(parts, shared or parts, strict=False)
                shared = tuple(a for a, _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
        self._shared = max(1, len(shared or ()) - 1)
        for parts in parents:
            for i in range(self._start(parts), len(parts)):
                if is_number(parts[i]):
                    self._numbers[parts[:i]].add(int(parts[i]))

    def of(self, source: str) -> ClassFolder:
        """Return the class folder of the picture with the path `source`."""
        return self.of_folder(str(Path(source).parent))

    def of_folder(self, folder: str) -> ClassFolder:
        """Return the class folder of the pictures directly in `folder`."""
        found: ClassFolder = self._find_cached(_parts_of(folder))
        return found

    def counts(self) -> Counter[ClassFolder]:
        """Return the number of pictures of each class folder."""
        counts: Counter[ClassFolder] = Counter()
        for folder, count in self.pictures.items():
            counts[self.of_folder(folder)] += count
        return counts

    def levels(self, folder: str) -> tuple[str, ...]:
        """Return the folder names from the collected folder to `folder`."""
        parts = _parts_of(folder)
        return parts[self._start(parts) :]

    def _find(self, parts: tuple[str, ...]) -> ClassFolder:
        start = self._start(parts)
        unused_numbers = None
        for i in reversed(range(start, len(parts))):
            label = self.labels.named(parts[i])
            if label is None and (numbered := self.labels.numbered(parts[i])) is not None:
                if self._numbers_are_labels(parts[:i], alone=i > start):
                    label = numbered
                else:
                    unused_numbers = _relative(parts[:i], start)
            if label is not None:
                return ClassFolder(_relative(parts[: i + 1], start), label)
        for i in reversed(range(start, len(parts))):
            if split_of_folder(parts[i]):
                continue
            if suggestion := self.labels.suggest(parts[i]):
                return ClassFolder(
                    _relative(parts[: i + 1], start), None, suggestion, unused_numbers
                )
        return ClassFolder(_relative(parts, start), None, None, unused_numbers)

    def _numbers_are_labels(self, parent: tuple[str, ...], *, alone: bool) -> bool:
        """Return True if every numbered folder in `parent` has the number of a label.

        Args:
            alone: Whether one numbered folder is enough. If False, at least two are required; this
                protects a collected folder such as /mnt/1.
        """
        numbers = self._numbers[parent]
        return max(numbers) < len(self.labels.names) and (alone or len(numbers) > 1)

    def _root(self, parts: tuple[str, ...]) -> tuple[str, ...] | None:
        return next((root for root in self._roots if parts[: len(root)] == root), None)

    def _start(self, parts: tuple[str, ...]) -> int:
        root = self._root(parts)
        return self._shared if root is None else max(1, len(root) - 1)


def folder_rows(counts: Counter[ClassFolder], labels: LabelSet) -> list[dict[str, Any]]:
    """Return rows with `folder`, `label` and `pictures` (count); folders without a label first."""
    order = {None: -1} | {label: i for i, label in enumerate(labels.names)}
    ordered = sorted(
        counts.items(), key=lambda item: (order[item[0].label], -item[1], item[0].folder)
    )
    return [
        {"folder": one.folder, "label": one.label or "no label", "pictures": count}
        for one, count in ordered
    ]


def folder_notes(counts: Counter[ClassFolder], labels: LabelSet) -> Iterator[str]:
    """Yield summary notes that list the folders whose names match no label."""
    without = [(one, count) for one, count in counts.most_common() if one.label is None]
    if without:
        names = first_names([_counted(one, count) for one, count in without], 8)
        yield f"these folder names match no label: {names}; the labels are {labels.words}"
    for parent in dict.fromkeys(one.unused_numbers for one, _ in without if one.unused_numbers):
        yield (
            f"the numbered folders in {parent} were not used as labels, because some numbers "
            "belong to no label"
        )


def class_names(catalog: Catalog, labels: LabelSet) -> Counter[str]:
    """Return the number of pictures in each folder that may be named after a label, by name.

    The candidates are the outermost folders below the collected folder, after skipping split
    folders such as train, val and test. A collected folder without subfolders is a candidate too.
    """
    folders = ClassFolders(catalog, labels)
    levels: Counter[tuple[str, ...]] = Counter()
    for folder, count in folders.pictures.items():
        levels[folders.levels(folder)] += count
    deep = {names[0] for names in levels if _class_of(names[1:])}
    pictures: Counter[str] = Counter()
    for names, count in levels.items():
        name = _class_of(names[1:]) or (None if names[0] in deep else _class_of(names))
        if name is not None:
            pictures[name] += count
    return pictures


def _class_of(names: Iterable[str]) -> str | None:
    return next((name for name in names if not split_of_folder(name)), None)


def _parts_of(folder: str) -> tuple[str, ...]:
    return Path(folder).parts


def _relative(parts: tuple[str, ...], start: int) -> str:
    return "/".join(parts[start:])


def _counted(one: ClassFolder, count: int) -> str:
    hint = f"; did you mean {one.suggestion}?" if one.suggestion else ""
    return f"{one.folder} ({count:,}{hint})"
