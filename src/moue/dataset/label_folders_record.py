"""Record of the place of each crop in the label folders, and a search for the crop files."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Set
from dataclasses import asdict, dataclass, field
from pathlib import Path

from moue.errors import DataError
from moue.workspace.catalog import Catalog
from moue.workspace.owned_files import put_json
from moue.workspace.queries import mouth_names

RECORD = ".moue.json"
_KIND = "crops sorted by hand"
_NAME = re.compile(r"(?P<number>[0-9]{4,}-)?(?P<mouth>.+)_mouth(?P<copy>.*)\.png", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class CropPlace:
    """The place of a crop: the names of its label folder and of its file."""

    folder: str
    file: str


@dataclass(frozen=True, slots=True)
class FoundCrop:
    """A crop file that was found below the folder of the label folders.

    Attributes:
        mouth: Name of the mouth; empty for a crop of another workspace.
        path: Path of the file.
        folder: Name of the label folder that contains the file; empty if the file is in a
            subfolder or outside the label folders.
        renamed: Whether the file was renamed, for example to `x (1).png`.
    """

    mouth: str
    path: Path
    folder: str
    renamed: bool


@dataclass(slots=True)
class LabelFoldersRecord:
    """The record of the crops that moue copied into the label folders.

    Attributes:
        crops: Place of each crop after the last write or read, by name of the mouth.
        pending: Place of each crop that is being copied, by name of the mouth; after an
            interruption, some of these crops do not exist.
    """

    crops: dict[str, CropPlace] = field(default_factory=dict)
    pending: dict[str, CropPlace] = field(default_factory=dict)

    @classmethod
    def load(cls, folder: Path) -> LabelFoldersRecord:
        """Read the record from a folder; return an empty record if there is no record file.

        Raises:
            DataError: The file is damaged or was not written by moue.
        """
        path = folder / RECORD
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
            if data["kind"] != _KIND:
                raise ValueError(data["kind"])
            made = [{k: CropPlace(**v) for k, v in data[n].items()} for n in ("crops", "pending")]
        except (FileNotFoundError, NotADirectoryError):
            return cls()
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise DataError(
                f"{path}: the record of sorted crops is damaged or was not written by moue; move "
                "the file away to start a new record, which ignores earlier moves of crops"
            ) from error
        return cls(*made)

    def save(self, catalog: Catalog, folder: Path) -> None:
        """Write the record to a folder.

        Raises:
            FileTaken: The record file exists, and this workspace did not write it.
        """
        parts = {"crops": self.crops, "pending": self.pending}
        plain = {
            name: {k: asdict(v) for k, v in sorted(part.items())} for name, part in parts.items()
        }
        put_json(catalog, folder / RECORD, {"kind": _KIND} | plain, "label", anywhere=True)

    def settle(self, found: Set[str]) -> None:
        """Move the pending crops of the mouths in `found` to `crops`."""
        for name in found & self.pending.keys():
            self.crops[name] = self.pending.pop(name)

    def prune(self, known: Set[str]) -> None:
        """Remove the crops of all mouths that are not in `known`."""
        for part in (self.crops, self.pending):
            for name in part.keys() - known:
                del part[name]

    def last_number(self, root: Path, folder: str) -> int:
        """Return the highest number at the start of a file name in a label folder, or 0."""
        names = [
            p.file for p in (*self.crops.values(), *self.pending.values()) if p.folder == folder
        ]
        if (root / folder).is_dir():
            names += os.listdir(root / folder)  # noqa: PTH208  names, not paths
        found = [_NAME.fullmatch(name) for name in names]
        return max((int(m["number"][:-1]) for m in found if m and m["number"]), default=0)


def find_crops(catalog: Catalog, root: Path, record: LabelFoldersRecord) -> Iterator[FoundCrop]:
    """Yield every crop below the folder `root`, in the order of the paths.

    The file name identifies a crop, even with a suffix that a file manager appends, such as `(1)`.
    """
    by_file = {p.file: name for part in (record.pending, record.crops) for name, p in part.items()}
    known = mouth_names(catalog)
    for parent, folders, files in os.walk(root):
        folders.sort()
        here = Path(parent)
        folder = here.name if here.parent == root else ""
        for name in sorted(files):
            match = _NAME.fullmatch(name)
            if match is None:
                continue
            mouth = by_file.get(name) or _mouth_of(match, known)
            renamed = bool(mouth) and name not in by_file and bool(match["copy"])
            yield FoundCrop(mouth, here / name, folder, renamed)


def _mouth_of(match: re.Match[str], known: Set[str]) -> str:
    with_number = (match["number"] or "") + match["mouth"]
    return next((name for name in (with_number, match["mouth"]) if name in known), "")
