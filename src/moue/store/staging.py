"""Write files to a store in two steps, so that a kill never leaves a wrong file.

`stage` writes the bytes to a part file, and `move_into_place` moves part files to their final
places. Part files lie in one folder, so that those of killed processes are found without listing
the store.
Object stores replace an object as a whole, so worker processes write objects directly.
"""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import uuid
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from moue import files
from moue.disk_sync import sync_files, sync_folders
from moue.files import (
    make_folder,
    part_beside,
    part_file,
)
from moue.store.location import Location
from moue.store.objects import StoredObject, is_url
from moue.store.store import PARTS, Store
from moue.text import ERRORS

_UPLOADS = 16
"""Number of objects that are written at the same time."""


@dataclass(frozen=True, slots=True)
class Staged:
    """A complete part file, which `workspace.owned_files.publish` moves to its final place.

    The paths are text, because worker processes send many of these objects, and converting a path
    takes longer than all other work on it.

    Attributes:
        path: path or URL of the final place.
        part: path of the part file; None if the target is an object that is already written.
        size: size in bytes.
        sha256: hex digest of the content.
        owner: name of the sample, run or stage that the file belongs to.
        readonly: True to make the final file read-only.
        synced: True if the part file is on the disk, so that `move_into_place` need not sync it.
    """

    path: str
    part: str | None
    size: int
    sha256: str
    owner: str = ""
    readonly: bool = False
    synced: bool = False

    def __reduce__(self) -> tuple[Any, ...]:
        # The default for a frozen dataclass with slots takes ten times as long.
        return Staged, (
            self.path, self.part, self.size, self.sha256, self.owner, self.readonly, self.synced,
        )  # fmt: skip

    @property
    def is_object(self) -> bool:
        """True if the final place is an object of an object store."""
        return is_url(self.path)

    def discard(self) -> None:
        """Delete the part file, so that the target stays as it is."""
        if self.part is not None:
            Path(self.part).unlink(missing_ok=True)


def stage(
    target: Location,
    data: bytes,
    owner: str = "",
    readonly: bool = False,
    *,
    parts: Path | None = None,
    at_once: bool = False,
) -> Staged:
    """Write bytes to a part file, which `move_into_place` moves to its final place.

    Args:
        target: final place.
        data: content of the file.
        owner: name of the sample, run or stage that the file belongs to.
        readonly: True to make the final file read-only.
        parts: folder of the part file; None for the folder of the target.
        at_once: True to write an object now instead of a part file, for worker processes.

    Raises:
        OSError: writing failed; its file name is `target`.
        StoreError: the object store cannot be reached, or refuses the request.
    """
    part = None
    if isinstance(target, StoredObject) and (at_once or parts is None):
        target.write_bytes(data)
    else:
        beside = parts / "part" if parts is not None else Path(str(target))
        with part_file(beside, str(target)) as part:
            part.write_bytes(data)
    digest = hashlib.sha256(data).hexdigest()
    return Staged(
        str(target), None if part is None else str(part), len(data), digest, owner, readonly
    )


def stage_text(
    target: Path, pieces: Iterable[str], owner: str = "", *, parts: Path | None = None
) -> Staged:
    """Write UTF-8 text to a part file piece by piece, so that long files need little memory.

    Args:
        target: final place.
        pieces: text of the file, in pieces.
        owner: name of the sample, run or stage that the file belongs to.
        parts: folder of the part file; None for the folder of the target.

    Raises:
        OSError: writing failed; its file name is `target`.
    """
    digest, size = hashlib.sha256(), 0
    beside = parts / "part" if parts is not None else target
    with part_file(beside, str(target)) as part, part.open("wb") as file:
        for text in pieces:
            data = text.encode("utf-8", ERRORS)
            digest.update(data)
            size += file.write(data)
    return Staged(str(target), str(part), size, digest.hexdigest(), owner)


def move_into_place(staged: Iterable[Staged]) -> None:
    """Move part files to their final places, and sync them to the disk.

    A read-only file gets its permissions before the move, so that a kill never leaves it writable.

    Raises:
        StoreError: the object store cannot be reached, or refuses a request.
    """
    moved: list[tuple[str, Staged]] = []
    uploads: list[tuple[Path, StoredObject]] = []
    for file in staged:
        if file.part is None:
            continue
        if file.is_object:
            uploads.append((Path(file.part), StoredObject(file.path)))
        else:
            moved.append((file.part, file))
    _move(moved)
    _upload(uploads)


def synced(files: Iterable[Staged]) -> tuple[Staged, ...]:
    """Sync part files to the disk, and return the files, marked as synced."""
    found = tuple(files)
    sync_files([file.part for file in found if file.part is not None])
    return tuple(replace(file, synced=True) for file in found)


def _move(moved: Sequence[tuple[str, Staged]]) -> None:
    sync_files([part for part, file in moved if not file.synced])
    for part, file in moved:
        if file.readonly:
            Path(part).chmod(0o444)
        _rename(part, file.path)
    sync_folders(dict.fromkeys(os.path.dirname(file.path) for _, file in moved))  # noqa: PTH120


def _rename(part: str, target: str) -> None:
    """Rename a part file, and create the folder of the target if it is missing."""
    try:
        os.replace(part, target)  # noqa: PTH105  paths would take longer than the rename
    except FileNotFoundError:
        make_folder(Path(target).parent)
        _rename_across_disks(Path(part), Path(target))
    except OSError:
        _rename_across_disks(Path(part), Path(target))


def _rename_across_disks(part: Path, target: Path) -> None:
    """Rename a part file, or copy it if the folder of the target is a link to another disk."""
    try:
        part.replace(target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise OSError(error.errno, error.strerror, str(target)) from error
        near = part_beside(target)
        try:
            shutil.copy(part, near)
            near.replace(target)
        except BaseException:
            near.unlink(missing_ok=True)
            raise
        part.unlink()


def _upload(pairs: Sequence[tuple[Path, StoredObject]]) -> None:
    if not pairs:
        return
    with ThreadPoolExecutor(min(_UPLOADS, len(pairs)), "moue-store") as pool:
        for _ in pool.map(lambda pair: pair[1].write_bytes(pair[0].read_bytes()), pairs):
            pass
    for part, _ in pairs:
        part.unlink(missing_ok=True)


@contextmanager
def probe(store: Store) -> Iterator[Location]:
    """Yield a small file with a random content, by which other machines recognise a store.

    Raises:
        StoreError: the object store cannot be reached, or refuses a request.
    """
    if not store.is_object_store:
        make_folder(store.parts)
        with files.probe(store.parts) as path:
            yield path
        return
    name = part_beside(store.parts / "probe").name
    file = store.file(f"{PARTS}/{name}")
    file.write_bytes(uuid.uuid4().hex.encode())
    try:
        yield file
    finally:
        file.unlink(missing_ok=True)
