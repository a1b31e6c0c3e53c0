"""Write files atomically: a kill, a full disk or a power cut never leaves an incomplete file.

moue writes a part file in the folder of the target, syncs it to the disk, and renames it. Part
files have random names of a fixed form, so that moue can find and remove the part files of killed
processes.
"""

from __future__ import annotations

import csv
import filecmp
import io
import json
import os
import re
import sys
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from itertools import takewhile
from pathlib import Path
from typing import Any

from moue.disk_sync import sync_folder
from moue.errors import DataError, FileTaken
from moue.text import ERRORS, to_json

if sys.platform != "win32":
    import fcntl

_POSIX = os.name == "posix"
"""True if the system can rename and lock an open file; Windows cannot."""
_PART = re.compile(r"\.moue-[0-9a-f]{32}\.part(-wal|-shm|-journal)?")


def absolute(path: Path) -> Path:
    """Return the absolute path without `..` and without resolving links."""
    return Path(os.path.abspath(without_dots(path)))  # noqa: PTH100  resolve() would follow links


def without_dots(path: Path) -> Path:
    """Return `path` without `..`; links are resolved only if `..` follows a link."""
    if ".." not in path.parts:
        return path
    plain = Path(os.path.normpath(path))
    try:
        same = not path.exists() or path.samefile(plain)
    except OSError:
        same = False
    return plain if same else path.resolve()


def part_beside(path: Path) -> Path:
    """Return the path of a new part file in the folder of `path`, with a random name."""
    return path.with_name(f".moue-{uuid.uuid4().hex}.part")


def is_part(name: str) -> bool:
    """Return whether a file name is that of a part file; see `part_beside`."""
    return _PART.fullmatch(name) is not None


@contextmanager
def replacing(path: Path, overwrite: bool = True) -> Iterator[Path]:
    """Yield a part file to write; it replaces `path` if the context ends without an error.

    The part file is synced to the disk before the rename, so readers see either the old file or the
    new one. While the context is open, the part file is locked, so that `remove_parts` keeps it.

    Args:
        path: final path of the file.
        overwrite: True to replace an existing file that has different content.

    Raises:
        FileTaken: the file exists with different content, and `overwrite` is False.
        OSError: writing failed; its file name is `path`.
    """
    with part_file(path) as part:
        handle = os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o666)
        try:
            _lock(handle)
            yield part
            same = path.is_file() and filecmp.cmp(part, path, shallow=False)
            check_free(path, overwrite or same)
            os.fsync(handle)
            if _POSIX:
                part.replace(path)
        finally:
            os.close(handle)
        if not _POSIX:
            part.replace(path)
        sync_folder(path.parent)


@contextmanager
def part_file(path: Path, name: str | None = None) -> Iterator[Path]:
    """Yield the path of a part file beside `path`; after an error, remove the part file.

    Raises:
        OSError: writing failed; its file name is `name`, or else `path`. An error of another file
            keeps the name of that file.
    """
    part = part_beside(path)
    try:
        make_folder(path.parent)
        yield part
    except BaseException as error:
        with suppress(OSError):  # the first error is raised, since it is the cause
            part.unlink(missing_ok=True)
        if isinstance(error, OSError) and error.errno is not None and _is_unnamed(error):
            raise OSError(error.errno, error.strerror, name or str(path)) from error
        raise


def abandon_all(abandons: Iterable[Callable[[BaseException], None]], error: BaseException) -> None:
    """Abandon several unfinished files after an error, each of them even if one fails.

    Raises:
        Exception: the last of the errors, if an unfinished file could not be abandoned.
    """
    with ExitStack() as stack:
        for abandon in abandons:
            stack.callback(abandon, error)


def _is_unnamed(error: OSError) -> bool:
    """Return whether an error has no file name, or that of a part file."""
    if not isinstance(error.filename, str | bytes):
        return True
    return is_part(Path(os.fsdecode(error.filename)).name)


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Add a file name to the errors of a context, since errors of a read or a write have none.

    Raises:
        OSError: an operation of the context failed; the file name is `path`.
    """
    try:
        yield
    except OSError as error:
        if error.errno is None:
            raise
        raise OSError(error.errno, error.strerror, str(path)) from error


@contextmanager
def probe(folder: Path) -> Iterator[Path]:
    """Yield a small file with a random content, by which other machines recognise a folder.

    `remove_parts` removes the file if this process is killed.
    """
    file = part_beside(folder / "probe")
    file.write_text(uuid.uuid4().hex, encoding="ascii")
    try:
        yield file
    finally:
        file.unlink(missing_ok=True)


def write_bytes(path: Path, data: bytes, overwrite: bool = True) -> None:
    """Write bytes to a file atomically; see `replacing` for `overwrite` and the errors."""
    with replacing(path, overwrite) as part:
        part.write_bytes(data)


def write_text(path: Path, text: str) -> None:
    """Write text to a file atomically, in UTF-8; lone surrogates are escaped."""
    write_bytes(path, text.encode("utf-8", ERRORS))


def to_csv(rows: Iterable[Sequence[Any]]) -> str:
    """Return rows as the text of a CSV file."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


def as_json(value: Any) -> str:
    """Return plain data as indented JSON text that ends in a newline; keys keep their order."""
    return to_json(value, indent=2) + "\n"


def write_json(path: Path, value: Any) -> None:
    """Write plain data to a file atomically, as indented JSON."""
    write_text(path, as_json(value))


def read_json(path: Path) -> dict[str, Any]:
    """Return the JSON object in a file that moue wrote.

    Raises:
        DataError: the file does not contain a JSON object.
        OSError: the file cannot be read.
    """
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(value, dict):
            raise TypeError(f"the JSON value is a {type(value).__name__}, not an object")
    except (ValueError, TypeError, RecursionError) as error:
        raise damaged(path, error) from error
    return value


def damaged(path: Path, error: Exception) -> DataError:
    """Return the DataError for a damaged file that moue wrote; `error` describes the damage."""
    return DataError(f"{path} is damaged ({str(error)[:120]}); restore a copy or move it away")


def make_folder(folder: Path) -> None:
    """Create a folder and its missing parents, and sync their directory entries to the disk."""
    make_folders([folder])


def make_folders(folders: Iterable[Path]) -> None:
    """Create folders and their missing parents, and sync their directory entries to the disk."""
    changed: dict[Path, None] = {}
    for folder in folders:
        if folder.is_dir():
            continue
        missing = list(takewhile(lambda path: not path.exists(), (folder, *folder.parents)))
        folder.mkdir(parents=True, exist_ok=True)
        changed |= dict.fromkeys(path.parent for path in missing)
    for folder in changed:
        sync_folder(folder)


def check_free(path: Path, overwrite: bool) -> None:
    """Check that a file may be written to a path, where an old file may be only with `overwrite`.

    Raises:
        FileTaken: the path is that of a folder, or the file exists and `overwrite` is False.
    """
    if path.is_dir():
        raise FileTaken(f"{path} is a folder; name a file to write")
    if os.path.lexists(path) and not overwrite:
        raise FileTaken(f"{path}: already exists; choose another name or add --overwrite")


def ready_to_write(path: Path, overwrite: bool) -> None:
    """Check that an output file may be written, and remove old part files from its folder.

    Raises:
        FileTaken: the file exists, and `overwrite` is False.
    """
    check_free(path, overwrite)
    if path.parent.is_dir():
        remove_parts(path.parent, deep=False)


def remove_parts(folder: Path, deep: bool = True) -> None:
    """Remove the part files of killed processes from a folder; other files stay.

    The memory use does not depend on the number of files.

    Args:
        folder: folder to search; it need not exist.
        deep: True to search its subfolders too.
    """
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    if deep:
                        remove_parts(Path(entry.path))
                elif is_part(entry.name):
                    _remove_unused(Path(entry.path))
    except (FileNotFoundError, NotADirectoryError):
        return


def _remove_unused(path: Path) -> None:
    with suppress(OSError):
        handle = os.open(path, os.O_RDONLY)
        try:
            _lock(handle)
            if _POSIX:
                path.unlink()
        finally:
            os.close(handle)
        if not _POSIX:
            path.unlink()


def _lock(handle: int) -> None:
    """Lock an open part file; raise OSError if another process holds the lock."""
    if sys.platform != "win32":
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
