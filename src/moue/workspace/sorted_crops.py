"""The places of the crops in label folders, in a temporary database.

So millions of crops need no more memory than a few. `dataset/label_folders_record.py` reads and
writes the file that keeps the places between two calls.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import Any

from moue.text import restored
from moue.workspace.database import Connection, connect

_TABLES = """
CREATE TABLE places (
    mouth TEXT PRIMARY KEY, folder TEXT NOT NULL, file TEXT NOT NULL, state INTEGER NOT NULL,
    probability REAL
) WITHOUT ROWID;
CREATE INDEX places_file ON places (file);
CREATE TABLE found (
    id INTEGER PRIMARY KEY, mouth TEXT NOT NULL, path TEXT NOT NULL, folder TEXT NOT NULL,
    file TEXT NOT NULL, renamed INTEGER NOT NULL
);
CREATE INDEX found_mouth ON found (mouth, renamed, path);
"""
_IN_FOLDER = "mouth <> '' AND folder <> ''"
_CHOSEN = (
    f"SELECT mouth, folder, file FROM found AS f WHERE {_IN_FOLDER} AND id = (SELECT id FROM found "
    f"WHERE mouth = f.mouth AND {_IN_FOLDER} ORDER BY renamed, path LIMIT 1)"
)
"""Crops directly in a label folder; of several copies of a crop, the one that was not renamed."""
_NOTED = {
    "missing": "SELECT folder || '/' || file FROM places WHERE state = 0 AND mouth NOT IN "
    "(SELECT mouth FROM found) ORDER BY mouth",
    "foreign": "SELECT path FROM found WHERE mouth = '' ORDER BY path",
    "misplaced": "SELECT path FROM found WHERE mouth <> '' AND folder = '' ORDER BY path",
    "renamed": "SELECT path FROM found WHERE renamed AND folder <> '' ORDER BY path",
}


class State(IntEnum):
    """State of the place of a crop.

    Attributes:
        COPIED: The crop was in this place after the last call.
        PENDING: An earlier call was copying the crop to this place.
        PLANNED: This call copies the crop to this place.
    """

    COPIED = 0
    PENDING = 1
    PLANNED = 2


@dataclass(frozen=True, slots=True)
class CropPlace:
    """The place of a crop in the label folders.

    Attributes:
        mouth: Name of the mouth.
        folder: Name of the label folder.
        file: Name of the file; empty for a planned crop that needs a number.
        state: State of the place.
        probability: Predicted probability of the suggested label; None without a prediction.
    """

    mouth: str
    folder: str
    file: str
    state: State = State.COPIED
    probability: float | None = None


@dataclass(frozen=True, slots=True)
class FoundCrop:
    """A crop file that was found below the folder of the label folders.

    Attributes:
        mouth: Name of the mouth; empty for a crop of another workspace.
        path: Path of the file, relative to the folder of the label folders.
        folder: Name of the label folder that contains the file; empty if the file is in a
            subfolder or outside the label folders.
        file: Name of the file.
        renamed: Whether the file was renamed, for example to `x (1).png`.
    """

    mouth: str
    path: str
    folder: str
    file: str
    renamed: bool


class SortedCrops:
    """The recorded places of crops, and the crops that were found."""

    def __init__(self, database: Connection) -> None:
        self._db = database
        database.execute("PRAGMA synchronous = OFF")
        database.execute("PRAGMA journal_mode = OFF")
        database.executescript(_TABLES)
        database.execute("BEGIN")  # a transaction that never ends writes only full pages

    # places

    def put(self, places: Iterable[CropPlace]) -> None:
        """Add places; a place replaces the earlier one of its mouth."""
        self._db.executemany(
            "INSERT OR REPLACE INTO places VALUES (?, ?, ?, ?, ?)",
            ((p.mouth, p.folder, p.file, int(p.state), p.probability) for p in places),
        )

    def places(self, *states: State) -> Iterator[CropPlace]:
        """Yield the places with one of the states, by mouth; they must not change meanwhile."""
        marks = ", ".join("?" * len(states))
        sql = f"SELECT * FROM places WHERE state IN ({marks}) ORDER BY mouth"
        return map(_place, self._stream(sql, states))

    def planned(self) -> Iterator[CropPlace]:
        """Yield the planned places, by folder and file; they must not change meanwhile."""
        sql = "SELECT * FROM places WHERE state = 2 ORDER BY folder, file"
        return map(_place, self._stream(sql))

    def places_of(self, mouths: Sequence[str]) -> dict[str, CropPlace]:
        """Return the places of at most a few hundred mouths, by name of the mouth."""
        sql = f"SELECT * FROM places WHERE mouth IN ({', '.join('?' * len(mouths))})"
        return {place.mouth: place for place in map(_place, self._stream(sql, mouths))}

    def mouths_of_files(self, files: Sequence[str]) -> dict[str, str]:
        """Return the mouths with one of at most a few hundred file names, by file name."""
        sql = (
            f"SELECT file, mouth FROM places WHERE file IN ({', '.join('?' * len(files))}) "
            "ORDER BY state DESC"  # copied crops come last, and take precedence
        )
        return dict(self._stream(sql, files))

    def settle(self, *, found_only: bool) -> None:
        """Set the state of pending places of found crops, or of all planned places, to copied."""
        found = "state = 1 AND mouth IN (SELECT mouth FROM found)"
        self._db.execute(
            f"UPDATE places SET state = 0 WHERE {found if found_only else 'state = 2'}"
        )

    def drop_pending(self) -> None:
        """Remove the pending places of earlier calls."""
        self._db.execute("DELETE FROM places WHERE state = 1")

    def files_in(self, folder: str) -> Iterator[str]:
        """Yield the file names of all places in a label folder."""
        rows = self._stream("SELECT file FROM places WHERE folder = ?", [folder])
        return (file for (file,) in rows)

    def folders_to_number(self) -> list[str]:
        """Return the label folders with planned crops that need a number, sorted."""
        rows = self._stream("SELECT DISTINCT folder FROM places WHERE file = '' ORDER BY folder")
        return [folder for (folder,) in rows]

    def to_number(self, folder: str, count: int) -> list[CropPlace]:
        """Return the next planned crops of a folder that need a number, least probable first."""
        numbered = "file = '' AND folder = ? ORDER BY probability, mouth"
        sql = f"SELECT * FROM places WHERE {numbered} LIMIT ?"
        return list(map(_place, self._stream(sql, [folder, count])))

    # found crops

    def add_found(self, crops: Iterable[FoundCrop]) -> None:
        """Add crops that were found."""
        self._db.executemany(
            "INSERT INTO found (mouth, path, folder, file, renamed) VALUES (?, ?, ?, ?, ?)",
            ((c.mouth, c.path, c.folder, c.file, c.renamed) for c in crops),
        )

    def folders(self) -> list[str]:
        """Return the label folders with a crop, also one of another workspace, sorted."""
        rows = self._stream("SELECT DISTINCT folder FROM found WHERE folder <> '' ORDER BY folder")
        return [folder for (folder,) in rows]

    def counts(self) -> dict[str, int]:
        """Return the number of crops of the workspace by label folder, sorted."""
        sql = f"SELECT folder, count(*) FROM found WHERE {_IN_FOLDER} GROUP BY folder"
        return dict(self._stream(sql))

    def present(self, mouths: Sequence[str]) -> set[str]:
        """Return those of at most a few hundred mouths with a crop, also in a subfolder."""
        sql = f"SELECT DISTINCT mouth FROM found WHERE mouth IN ({', '.join('?' * len(mouths))})"
        return {mouth for (mouth,) in self._stream(sql, mouths)}

    def folders_of(self, mouths: Sequence[str]) -> dict[str, str]:
        """Return the label folders of the crops of at most a few hundred mouths, by mouth."""
        sql = f"{_CHOSEN} AND mouth IN ({', '.join('?' * len(mouths))})"
        return {mouth: folder for mouth, folder, _ in self._stream(sql, mouths)}

    def copies(self) -> Iterator[tuple[str, str, str]]:
        """Yield mouth, folder and file of the crops that are in several label folders."""
        sql = (
            f"SELECT mouth, folder, file FROM found WHERE {_IN_FOLDER} AND mouth IN (SELECT mouth "
            f"FROM found WHERE {_IN_FOLDER} GROUP BY mouth HAVING min(folder) <> max(folder)) "
            "ORDER BY mouth, renamed, path"
        )
        return self._stream(sql)

    def noted(self, what: str, most: int) -> tuple[list[str], int]:
        """Return the first paths of unusual crops, and their number.

        Args:
            what: `missing`, `foreign`, `misplaced` or `renamed`.
            most: maximum number of paths.
        """
        first = [path for (path,) in self._stream(f"{_NOTED[what]} LIMIT {most}")]
        ((count,),) = self._stream(f"SELECT count(*) FROM ({_NOTED[what]})")
        return first, count

    def record_found(self, meanings: Mapping[str, str]) -> None:
        """Replace the places of the found crops by the places in which they are now.

        Args:
            meanings: meaning of each label folder.
        """
        for folder, meaning in meanings.items():
            self._db.execute(
                "INSERT OR REPLACE INTO places (mouth, folder, file, state) "
                f"SELECT mouth, ?, file, 0 FROM ({_CHOSEN} AND folder = ?)",
                [meaning, folder],
            )

    def _stream(self, sql: str, values: Sequence[object] = ()) -> Iterator[Any]:
        cursor = self._db.execute(sql, values)
        cursor.row_factory = None
        while rows := cursor.fetchmany(500):
            yield from (tuple(map(restored, row)) for row in rows)


@contextmanager
def sorted_crops() -> Iterator[SortedCrops]:
    """Yield an empty collection, whose file is removed at the end."""
    with tempfile.TemporaryDirectory(prefix="moue-") as folder:
        path = Path(folder) / "crops.db"
        with closing(connect(path.as_uri(), str(path))) as database:
            yield SortedCrops(database)


def _place(row: tuple[Any, ...]) -> CropPlace:
    mouth, folder, file, state, probability = row
    return CropPlace(mouth, folder, file, State(state), probability)
