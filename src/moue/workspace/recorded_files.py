"""Read the table `files`: the files that moue wrote, and whether they still have that content.

`owned_files` writes and deletes these files.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from moue.store import Location, StoredObject, sha256_of
from moue.text import restored
from moue.workspace.catalog import Catalog
from moue.workspace.file_keys import in_own_store, is_inside, key_of, place_of


def known(catalog: Catalog, path: Path) -> bool:
    """Return whether moue ever wrote a file at a path, even if the user has changed it."""
    return bool(hashes_of(catalog, key_of(catalog, path, anywhere=True)))


def changed(catalog: Catalog, folder: str) -> Iterator[tuple[Path, str]]:
    """Yield path and recorded SHA-256 of each missing or changed file of a folder.

    Args:
        folder: folder relative to the workspace, such as `dataset`.
    """
    for path, digest in listed(catalog, folder).items():
        full = catalog.path.parent / path
        if not full.is_file() or sha256_of(full) != digest:
            yield full, digest


def is_claimed(catalog: Catalog, folder: Path) -> bool:
    """Return whether moue owns a folder; see `claim`."""
    return is_inside(catalog, folder) and "" in hashes_of(catalog, key_of(catalog, folder, False))


def wrote(catalog: Catalog, path: Location) -> bool:
    """Return whether a file exists and has the content that moue wrote."""
    known = hashes_of(catalog, key_of(catalog, path, anywhere=True))
    try:
        return bool(known) and is_plain_file(path) and sha256_of(path) in known
    except FileNotFoundError:
        return False


def is_damaged(catalog: Catalog, path: Location) -> bool:
    """Return whether a file is empty or differs from its recorded hash.

    Raises:
        FileNotFoundError: the file does not exist.
    """
    known = hashes_of(catalog, key_of(catalog, path, anywhere=True))
    if isinstance(path, Path) and path.stat().st_size == 0:
        return True
    return bool(known) and sha256_of(path) not in known


def is_whole(catalog: Catalog, path: Location) -> bool:
    """Return whether a file has its recorded size; this does not read the file.

    An object store writes whole objects, so a recorded object counts as whole.
    """
    sql = "SELECT size FROM files WHERE path = ?"
    rows = catalog.execute(sql, [key_of(catalog, path, anywhere=True)])
    return any(isinstance(path, StoredObject) or has_size(path, row["size"]) for row in rows)


def listed(catalog: Catalog, folder: str) -> dict[str, str]:
    """Return the recorded SHA-256 of every file that moue wrote below a folder of the workspace.

    Args:
        folder: folder relative to the workspace, such as `dataset` or `reports/clean`.

    Returns:
        SHA-256 by path relative to the workspace, with slashes.
    """
    sql = "SELECT path, sha256 FROM files WHERE path >= ? AND path < ?"
    return {
        row["path"]: row["sha256"] for row in catalog.execute(sql, [f"{folder}/", f"{folder}0"])
    }


def recorded(catalog: Catalog, paths: Sequence[str]) -> dict[str, tuple[str, int]]:
    """Return the recorded SHA-256 and size in bytes of files, by path; others are left out.

    Args:
        paths: at most a few hundred paths relative to the workspace, with slashes.
    """
    sql = f"SELECT path, sha256, size FROM files WHERE path IN ({', '.join('?' * len(paths))})"
    rows = catalog.execute(sql, paths)
    return {row["path"]: (row["sha256"], row["size"]) for row in rows}


def recorded_paths(catalog: Catalog, folder: str) -> Iterator[str]:
    """Yield the path of every file that moue wrote below a folder of the workspace, sorted.

    Files may be removed during the loop, and memory does not depend on their number.

    Args:
        folder: folder relative to the workspace, such as `dataset`.
    """
    last, end = f"{folder}/", f"{folder}0"
    sql = "SELECT DISTINCT path FROM files WHERE path > ? AND path < ? ORDER BY path LIMIT 1000"
    while page := [row["path"] for row in catalog.execute(sql, [last, end])]:
        last = page[-1]
        yield from page


def of_owner(catalog: Catalog, owner: str) -> list[tuple[Location, str]]:
    """Return the place and SHA-256 of every file of one sample, run or stage, sorted by path."""
    rows = catalog.execute("SELECT path, sha256 FROM files WHERE owner = ? ORDER BY path", [owner])
    return [(place_of(catalog, row["path"]), row["sha256"]) for row in rows]


def damaged(catalog: Catalog, folder: str) -> Iterator[tuple[str, str]]:
    """Yield path and owner of each file of a folder that is missing or differs in size.

    Only files on the disk of the workspace are examined. A look at each file of a shared folder
    or an object store would take hours; a stage reports the pictures that it cannot read.

    Args:
        folder: folder relative to the workspace, such as `mouths`.
    """
    root = catalog.path.parent
    if in_own_store(catalog, folder):
        return
    sql = "SELECT path, owner, size FROM files WHERE path >= ? AND path < ? ORDER BY path"
    for path, owner, size in catalog.stream(sql, [f"{folder}/", f"{folder}0"]):
        name = restored(path)
        if not has_size(root / name, size):
            yield name, restored(owner)


def has_size(path: Path, size: int) -> bool:
    """Return whether a file exists and has a size in bytes."""
    try:
        return path.stat().st_size == size
    except OSError:
        return False


def hashes_of(catalog: Catalog, key: str) -> set[str]:
    """Return the recorded SHA-256 of a file by its key; empty if moue did not write the file."""
    rows = catalog.execute("SELECT sha256 FROM files WHERE path = ?", [key])
    return {row["sha256"] for row in rows}


def is_plain_file(path: Location) -> bool:
    """Return whether a place is a file or object, and not a link."""
    return isinstance(path, StoredObject) or (path.is_file() and not path.is_symlink())
