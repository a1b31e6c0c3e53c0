"""The file `moue.dataset`, by which moue recognises a data set that it exported.

The suffix is unusual on purpose: the library datasets guesses the format of a folder from the
suffixes of its files.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from moue.errors import DataError
from moue.files import read_json, write_json

MARKER = "moue.dataset"
VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Marker:
    """The content of the file.

    Attributes:
        format: name of the format.
        labels: labels of the workspace, in the order of their numbers.
        complete: False while the export is running, or if it was interrupted.
        records: number of pictures or crops; 0 before the export is complete.
        version: version of the layout.
    """

    format: str
    labels: tuple[str, ...]
    complete: bool = False
    records: int = 0
    version: int = VERSION


def write_marker(folder: Path, format: str, labels: Sequence[str], records: int | None) -> None:
    """Write the file; `records` is None at the beginning of an export."""
    marker = Marker(
        format=format, labels=tuple(labels), complete=records is not None, records=records or 0
    )
    write_json(folder / MARKER, asdict(marker))


def read_marker(folder: Path) -> Marker | None:
    """Return the content of the file in a folder; None if there is no such file.

    Raises:
        DataError: the file is damaged, of another version, or the export was interrupted.
    """
    path = folder / MARKER
    if not path.is_file():
        return None
    data = read_json(path)
    try:
        marker = Marker(**data | {"labels": tuple(map(str, data["labels"]))})
    except (TypeError, KeyError) as error:
        raise _damaged(path) from error
    if marker.version != VERSION:
        raise DataError(
            f"{path}: the data set has version {marker.version}, but this moue reads {VERSION}; "
            "use the moue version that exported it"
        )
    if not isinstance(marker.format, str) or not isinstance(marker.records, int):
        raise _damaged(path)
    if not marker.complete:
        raise DataError(
            f"{folder}: the export of this data set was interrupted; delete the folder and export "
            "the data set again"
        )
    return marker


def _damaged(path: Path) -> DataError:
    return DataError(f"{path} is damaged; export the data set again")
