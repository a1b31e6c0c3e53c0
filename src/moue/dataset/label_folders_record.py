"""Label folders: the record of where moue put each crop, and a search for the crops."""

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
    """The folder and the file name of a crop."""

    folder: str
    file: str


@dataclass(frozen=True, slots=True)
class FoundCrop:
    """A crop file somewhere below the label folders.

    Attributes:
        mouth: the name of the mouth; empty for a crop of another workspace.
        folder: the name of the label folder that holds the file directly; empty elsewhere.
        renamed: whether somebody renamed the file, for example to `x (1).png`.
    """

    mouth: str
    path: Path
    folder: str
    renamed: bool


@dataclass(slots=True)
class LabelFoldersRecord:
    """What moue put into the label folders.

    Attributes:
        crops: the place of each crop after the last write or read, by mouth.
        pending: the places of crops that are being written; some may be missing after a kill.
    """

    crops: dict[str, CropPlace] = field(default_factory=dict)
    pending: dict[str, CropPlace] = field(default_factory=dict)

    @classmethod
    def load(cls, folder: Path) -> LabelFoldersRecord:
        """Read the record; without a file it is empty.

        Raises:
            DataError: the file is damaged, or not from moue.
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
                f"{path}: is damaged, or not from moue; move it away; then moue no longer knows "
                "which crops were moved"
            ) from error
        return cls(*made)

    def save(self, catalog: Catalog, folder: Path) -> None:
        """Write the record.

        Raises:
            FileTaken: this workspace did not write the file with its name.
        """
        parts = {"crops": self.crops, "pending": self.pending}
        plain = {
            name: {k: asdict(v) for k, v in sorted(part.items())} for name, part in parts.items()
        }
        put_json(catalog, folder / RECORD, {"kind": _KIND} | plain, "label", anywhere=True)

    def settle(self, found: Set[str]) -> None:
        """Move pending crops that were found to `crops`."""
        for name in found & self.pending.keys():
            self.crops[name] = self.pending.pop(name)

    def prune(self, known: Set[str]) -> None:
        """Remove mouths that are no longer in the catalog."""
        for part in (self.crops, self.pending):
            for name in part.keys() - known:
                del part[name]

    def last_number(self, root: Path, folder: str) -> int:
        """Return the highest number at the start of a file name in one label folder."""
        names = [
            p.file for p in (*self.crops.values(), *self.pending.values()) if p.folder == folder
        ]
        if (root / folder).is_dir():
            names += os.listdir(root / folder)  # noqa: PTH208  names, not paths
        found = [_NAME.fullmatch(name) for name in names]
        return max((int(m["number"][:-1]) for m in found if m and m["number"]), default=0)


def find_crops(catalog: Catalog, root: Path, record: LabelFoldersRecord) -> Iterator[FoundCrop]:
    """Yield every crop below the folder `root`, in the order of the paths.

    The file name identifies a crop, also if a file manager appended something such as `(1)`.
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
