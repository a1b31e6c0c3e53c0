"""The folder in which crops are sorted by hand: what lies in it, and what moue put there."""

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
class Placed:
    """Where a crop was put: a folder's name, and the file's."""

    place: str
    file: str


@dataclass(frozen=True, slots=True)
class Crop:
    """A crop that lies somewhere in the folder.

    Attributes:
        mouth: its name; empty for one that is none of this workspace.
        place: the name of the folder that it lies in directly; empty where it lies deeper, or
            beside the folders.
        renamed: whether the file has got a name that moue did not give it, such as `x (1).png`.
    """

    mouth: str
    path: Path
    place: str
    renamed: bool


@dataclass(slots=True)
class Record:
    """What moue put into the folder.

    Attributes:
        crops: where each crop lay when the folder was last written or read, by mouth.
        pending: what was being put there; some of it may be missing after a kill.
    """

    crops: dict[str, Placed] = field(default_factory=dict)
    pending: dict[str, Placed] = field(default_factory=dict)

    @classmethod
    def load(cls, folder: Path) -> Record:
        """Read the record of a folder; a folder without one has an empty record.

        Raises:
            DataError: a file of its name is none of moue's.
        """
        path = folder / RECORD
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
            if data["kind"] != _KIND:
                raise ValueError(data["kind"])
            made = [{k: Placed(**v) for k, v in data[n].items()} for n in ("crops", "pending")]
        except (FileNotFoundError, NotADirectoryError):
            return cls()
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise DataError(
                f"{path}: is damaged, or none of moue's; move it away, and crops that were moved "
                "since are no longer known as moved"
            ) from error
        return cls(*made)

    def save(self, catalog: Catalog, folder: Path) -> None:
        """Write the record into its folder.

        Raises:
            FileTaken: a file of its name is there that this workspace did not write.
        """
        parts = {"crops": self.crops, "pending": self.pending}
        plain = {
            name: {k: asdict(v) for k, v in sorted(part.items())} for name, part in parts.items()
        }
        put_json(catalog, folder / RECORD, {"kind": _KIND} | plain, "label", anywhere=True)

    def settle(self, lying: Set[str]) -> None:
        """Count pending crops that lie in the folder as put there."""
        for name in lying & self.pending.keys():
            self.crops[name] = self.pending.pop(name)

    def prune(self, known: Set[str]) -> None:
        """Drop the mouths that the catalog does not know, since they were forgotten."""
        for part in (self.crops, self.pending):
            for name in part.keys() - known:
                del part[name]

    def last_number(self, folder: Path, place: str) -> int:
        """Return the highest number that a file name in one of the folders begins with."""
        names = [p.file for p in (*self.crops.values(), *self.pending.values()) if p.place == place]
        if (folder / place).is_dir():
            names += os.listdir(folder / place)  # noqa: PTH208  names, not paths
        found = [_NAME.fullmatch(name) for name in names]
        return max((int(m["number"][:-1]) for m in found if m and m["number"]), default=0)


def find_crops(catalog: Catalog, folder: Path, record: Record) -> Iterator[Crop]:
    """Yield every crop below a folder, in the order of the paths.

    A file is known by the name that moue gave it, also where a file manager has put a `(1)` or
    the like behind it.
    """
    given = {p.file: name for part in (record.pending, record.crops) for name, p in part.items()}
    known = mouth_names(catalog)
    for root, folders, files in os.walk(folder):
        folders.sort()
        here = Path(root)
        place = here.name if here.parent == folder else ""
        for name in sorted(files):
            match = _NAME.fullmatch(name)
            if match is None:
                continue
            mouth = given.get(name) or _mouth_of(match, known)
            renamed = bool(mouth) and name not in given and bool(match["copy"])
            yield Crop(mouth, here / name, place, renamed)


def _mouth_of(match: re.Match[str], known: Set[str]) -> str:
    with_number = (match["number"] or "") + match["mouth"]
    return next((name for name in (with_number, match["mouth"]) if name in known), "")
