"""Write and delete the files of a workspace that moue owns.

The table `files` of the catalog lists the path and SHA-256 of every file that moue wrote or was
about to write. A file that is not listed, or has different content, belongs to the user: moue never
replaces or deletes it.

moue records the hash before it renames the part file, and removes older hashes after the file is on
the disk. So moue recognises its own files also after a kill or a power cut.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Any

from moue.disk_sync import sync_folder
from moue.errors import FileTaken
from moue.files import as_json
from moue.store import (
    Location,
    Staged,
    delete,
    exists,
    move_into_place,
    sha256_of,
    stage,
    stage_text,
)
from moue.text import ERRORS
from moue.workspace.catalog import Catalog
from moue.workspace.file_keys import is_in_store, is_inside, key_of, parts_of
from moue.workspace.recorded_files import hashes_of, is_plain_file


def publish(
    catalog: Catalog,
    files: Sequence[Staged],
    *,
    anywhere: bool = False,
    then: Callable[[], None] | None = None,
) -> None:
    """Check all targets, then move the staged files to them; move no file if a check fails.

    The function opens its own transactions, so it must not run inside a transaction.

    Args:
        anywhere: True to allow targets outside the workspace.
        then: Function that writes further rows, after the files are on the disk.

    Raises:
        FileTaken: a target is a file that moue does not own.
        CatalogError: a target lies outside the workspace.
    """
    if not files and then is None:
        return
    if catalog.in_transaction:
        raise RuntimeError("cannot publish files inside a catalog transaction; commit it first")
    try:
        keys = [key_of(catalog, file.path, anywhere) for file in files]
        found = [_found(catalog, key, file) for key, file in zip(keys, files, strict=True)]
    except BaseException:
        for file in files:
            file.discard()
        raise
    pairs = list(zip(keys, files, found, strict=True))
    rows = [
        (key, file.sha256, file.size, file.owner)
        for key, file, there in pairs
        if there != _SAME_BUT_NOT_OURS
    ]
    if rows:
        with catalog.transaction():
            catalog.execute_each("INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?)", rows)
    move_into_place(file for _, file, there in pairs if there == _TO_WRITE)
    for _, file, there in pairs:
        if there != _TO_WRITE:
            file.discard()
    with catalog.transaction():
        catalog.execute_each(
            "DELETE FROM files WHERE path = ? AND sha256 <> ?",
            [(key, file.sha256) for key, file, _ in pairs],
        )
        if then is not None:
            then()


def publish_in_batches(
    catalog: Catalog, files: Iterable[Staged], *, anywhere: bool = False
) -> None:
    """Publish staged files in batches of 64, for generators of many files; see `publish`."""
    source = iter(files)
    while batch := list(islice(source, 64)):
        publish(catalog, batch, anywhere=anywhere)


def put(
    catalog: Catalog,
    target: Location,
    data: bytes,
    owner: str = "",
    *,
    readonly: bool = False,
    anywhere: bool = False,
) -> None:
    """Write bytes to a file that moue owns; see `stage` and `publish` for arguments and errors."""
    key_of(catalog, target, anywhere)
    parts = parts_of(catalog, target)
    publish(catalog, [stage(target, data, owner, readonly, parts=parts)], anywhere=anywhere)


def put_text(
    catalog: Catalog, target: Path, text: str, owner: str = "", *, anywhere: bool = False
) -> None:
    """Write one UTF-8 text file that moue owns; see `put`."""
    put(catalog, target, text.encode("utf-8", ERRORS), owner, anywhere=anywhere)


def put_pieces(
    catalog: Catalog,
    target: Path,
    pieces: Iterable[str],
    owner: str = "",
    *,
    anywhere: bool = False,
) -> None:
    """Write one UTF-8 text file that moue owns piece by piece; see `put`."""
    key_of(catalog, target, anywhere)
    parts = parts_of(catalog, target)
    publish(catalog, [stage_text(target, pieces, owner, parts=parts)], anywhere=anywhere)


def put_json(
    catalog: Catalog, target: Path, value: Any, owner: str = "", *, anywhere: bool = False
) -> None:
    """Write plain data to one JSON file that moue owns; see `put`."""
    put_text(catalog, target, as_json(value), owner, anywhere=anywhere)


def remove(catalog: Catalog, path: Location) -> bool:
    """Delete a file of the workspace if moue wrote its current content.

    Returns:
        True if the file was deleted or is missing; False if it is not a file that moue owns.
    """
    if not is_inside(catalog, path):  # possible only with a catalog that moue did not write
        return False
    key = key_of(catalog, path, anywhere=False)
    known = hashes_of(catalog, key)
    if not exists(path):
        catalog.execute("DELETE FROM files WHERE path = ?", [key])
        return True
    if not known or not is_plain_file(path) or sha256_of(path) not in known:
        return False
    delete(path)
    if isinstance(path, Path) and is_in_store(key):
        with suppress(OSError):  # its subfolder contains other files
            path.parent.rmdir()
    catalog.execute("DELETE FROM files WHERE path = ?", [key])
    return True


def move(catalog: Catalog, old: Path, new: Path) -> None:
    """Rename a file or folder of the workspace, and update the table `files`.

    The table lists both paths during the rename, so moue recognises the files also after a kill.
    """
    before, after = (key_of(catalog, path, anywhere=False) for path in (old, new))
    inside = "path = ? OR (path >= ? AND path < ?)"
    rows = [before, f"{before}/", f"{before}0"]
    with catalog.transaction():
        catalog.execute(
            "INSERT OR REPLACE INTO files SELECT ? || substr(path, ?), sha256, size, owner "
            f"FROM files WHERE {inside}",
            [after, len(before) + 1, *rows],
        )
    old.rename(new)
    sync_folder(new.parent)
    catalog.execute(f"DELETE FROM files WHERE {inside}", rows)


def record(catalog: Catalog, paths: Sequence[Path], owner: str = "run") -> None:
    """Record the current content of files that moue wrote for `owner` into a claimed folder."""
    rows = [
        (key_of(catalog, path, anywhere=False), sha256_of(path), path.stat().st_size)
        for path in paths
    ]
    with catalog.transaction():
        for key, digest, size in rows:
            catalog.execute("DELETE FROM files WHERE path = ?", [key])
            catalog.execute("INSERT INTO files VALUES (?, ?, ?, ?)", [key, digest, size, owner])


def move_original(catalog: Catalog, sample: str, path: str, sha256: str, size: int) -> None:
    """Record that the original of a sample is now a file of the workspace.

    Args:
        sample: name of the sample.
        path: path of the file, relative to the workspace.
        sha256: hex digest of the file.
        size: size in bytes.
    """
    with catalog.transaction():
        catalog.update_sample(sample, original=path)
        sql = "INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?)"
        catalog.execute(sql, [path, sha256, size, sample])


def claim(catalog: Catalog, folder: Path) -> None:
    """Record a new folder as owned by moue; call this before creating the folder."""
    with catalog.transaction():
        sql = "INSERT OR REPLACE INTO files VALUES (?, '', 0, 'run')"
        catalog.execute(sql, [key_of(catalog, folder, anywhere=False)])


def released(catalog: Catalog, folder: Path) -> None:
    """Remove a deleted folder and its files from the table `files`."""
    key = key_of(catalog, folder, anywhere=False)
    with catalog.transaction():
        sql = "DELETE FROM files WHERE path = ? OR (path >= ? AND path < ?)"
        catalog.execute(sql, [key, f"{key}/", f"{key}0"])


_CHUNK = 1 << 20
_TO_WRITE, _SAME, _SAME_BUT_NOT_OURS = "to write", "same", "same, but not ours"


def _found(catalog: Catalog, key: str, file: Staged) -> str:
    """Compare a staged file with the file at its target; return one of the three constants.

    Raises:
        FileTaken: the target is a file that moue does not own.
    """
    # Every object below the URL of a store belongs to moue, and a worker may have written it.
    if file.is_object or not os.path.lexists(file.path):
        return _TO_WRITE
    known, target = hashes_of(catalog, key), Path(file.path)
    if target.is_file() and not target.is_symlink():
        digest = sha256_of(target)
        if digest == file.sha256:
            return _SAME if known else _SAME_BUT_NOT_OURS
        # A crash or a full disk may have truncated the file.
        if known and (digest in known or _begins_with(file, target)):
            return _TO_WRITE
    reason = "has changed since moue wrote it" if known else "was not written by moue"
    raise FileTaken(
        f"{target}: the file {reason}, but moue needs this name; "
        "move or delete the file, then run the same command again"
    )


def _begins_with(file: Staged, target: Path) -> bool:
    """Return whether a staged file begins with the content of the file at its target."""
    if file.part is None:
        return False
    with Path(file.part).open("rb") as new, target.open("rb") as old:
        while data := old.read(_CHUNK):
            if new.read(len(data)) != data:
                return False
    return True
