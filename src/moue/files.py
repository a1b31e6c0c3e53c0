"""Writing files so that a kill, a full disk or a power cut never leaves half of one.

New bytes go to a part file beside their place, reach the disk, and are then renamed. Part files
have names that nobody gives by hand, so that those of a killed process can be removed safely.
"""

from __future__ import annotations

import filecmp
import hashlib
import json
import os
import re
import sys
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import Any

from moue.errors import DataError, FileTaken
from moue.text import ERRORS, to_json

if sys.platform != "win32":
    import fcntl

_POSIX = os.name == "posix"
"""Whether an open file can be renamed and locked; on Windows it cannot be removed anyway."""
_PART = re.compile(r"\.moue-[0-9a-f]{32}\.part(-wal|-shm|-journal)?")


@dataclass(frozen=True, slots=True)
class Staged:
    """New bytes in a part file, not yet in their place; see `moue.owned.publish`.

    Attributes:
        sha256: hex digest of the bytes; `size`, their number.
        owner: the sample, run or stage that the file belongs to.
        readonly: whether the file is to be protected against changes.
    """

    target: Path
    part: Path
    size: int
    sha256: str
    owner: str = ""
    readonly: bool = False


def absolute(path: Path) -> Path:
    """Return `path` from the root, without `..`: one spelling for one file. Links stay links."""
    return Path(os.path.abspath(without_dots(path)))  # noqa: PTH100  resolve() would follow links


def without_dots(path: Path) -> Path:
    """Return `path` without `..`; behind a link, where `..` leads elsewhere, without links."""
    if ".." not in path.parts:
        return path
    plain = Path(os.path.normpath(path))
    try:
        same = not path.exists() or path.samefile(plain)
    except OSError:
        same = False
    return plain if same else path.resolve()


def part_beside(path: Path) -> Path:
    """Return a new name for a part file in the folder of `path`; see `is_part`."""
    return path.with_name(f".moue-{uuid.uuid4().hex}.part")


def is_part(name: str) -> bool:
    """Whether a file name is one that `part_beside` gives: no person chooses such a name."""
    return _PART.fullmatch(name) is not None


@contextmanager
def replacing(path: Path, overwrite: bool = True) -> Iterator[Path]:
    """Yield a part file to write; when the context ends well, it takes the place of `path`.

    The bytes are on the disk before the rename: readers see the old file or the new one. While
    the part file is in use it is locked, so that `remove_parts` leaves it alone.

    Args:
        overwrite: replace a file that has other content.

    Raises:
        FileTaken: `path` has other content, and is not to be replaced.
        OSError: naming `path`, since a failed write does not know its file.
    """
    part = part_beside(path)
    try:
        make_folder(path.parent)
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
    except OSError as error:
        part.unlink(missing_ok=True)
        raise OSError(error.errno, error.strerror, str(path)) from error
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def write_bytes(path: Path, data: bytes, overwrite: bool = True) -> None:
    """Write `data` beside `path` and rename it there, through `replacing`."""
    with replacing(path, overwrite) as part:
        part.write_bytes(data)


def write_text(path: Path, text: str) -> None:
    """Write `text` as UTF-8 through `write_bytes`; what is not UTF-8 is escaped."""
    write_bytes(path, text.encode("utf-8", ERRORS))


def as_json(value: Any) -> str:
    """Return `value` as indented JSON, keys in their own order."""
    return to_json(value, indent=2) + "\n"


def write_json(path: Path, value: Any) -> None:
    """Write `value` as `as_json` gives it, through `write_bytes`."""
    write_text(path, as_json(value))


def read_json(path: Path) -> dict[str, Any]:
    """Return the JSON object in a file that moue wrote.

    Raises:
        DataError: it is damaged.
        OSError: it cannot be read.
    """
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(value, dict):
            raise TypeError(f"a {type(value).__name__} in place of an object")
    except (ValueError, TypeError, RecursionError) as error:
        raise damaged(path, error) from error
    return value


def damaged(path: Path, error: Exception) -> DataError:
    """Return the error for a file of moue's own that is no longer as it was written."""
    return DataError(f"{path}: is damaged ({str(error)[:120]}); restore it, or move it away")


def stage(target: Path, data: bytes, owner: str = "", readonly: bool = False) -> Staged:
    """Write `data` to a part file beside `target`; `moue.owned.publish` puts it in its place.

    Raises:
        OSError: naming `target`.
    """
    part = part_beside(target)
    try:
        make_folder(target.parent)
        part.write_bytes(data)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise OSError(error.errno, error.strerror, str(target)) from error
    return Staged(target, part, len(data), hashlib.sha256(data).hexdigest(), owner, readonly)


def move_into_place(files: Iterable[Staged]) -> None:
    """Bring part files to the disk, rename them, and bring the renames to the disk.

    A protected file is protected before it is renamed, so that a kill leaves none unprotected.
    """
    files = list(files)
    for file in files:
        sync_file(file.part)
    for file in files:
        if file.readonly:
            file.part.chmod(0o444)
        file.part.replace(file.target)
    for folder in dict.fromkeys(file.target.parent for file in files):
        sync_folder(folder)


def sync_file(path: Path) -> None:
    """Bring the bytes of a file to the disk."""
    handle = os.open(path, os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def make_folder(folder: Path) -> None:
    """Create a folder where it is missing, with its parents, and bring their names to the disk."""
    missing = list(takewhile(lambda path: not path.exists(), (folder, *folder.parents)))
    folder.mkdir(parents=True, exist_ok=True)
    for path in missing:
        sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Bring the names in a folder to the disk, where the system can."""
    if not _POSIX:
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):  # some network file systems cannot
            os.fsync(handle)
    finally:
        os.close(handle)


def check_free(path: Path, overwrite: bool) -> None:
    """Check that a file does not exist, unless it may be overwritten.

    Raises:
        FileTaken: it exists.
    """
    if os.path.lexists(path) and not overwrite:
        raise FileTaken(f"{path}: already exists; choose another name or add --overwrite")


def ready_to_write(path: Path, overwrite: bool) -> None:
    """Check that a file that a person named may be written; remove what a kill left beside it.

    Raises:
        FileTaken: it exists, and was not to be overwritten.
    """
    check_free(path, overwrite)
    if path.parent.is_dir():
        remove_parts(path.parent, deep=False)


def remove_parts(folder: Path, deep: bool = True) -> None:
    """Remove the part files that a killed process left in `folder` and, if `deep`, below it.

    Part files in use stay. Entries are looked at one by one: a folder of very many files takes
    no memory.
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
    """Mark an open part file as in use; raises OSError where another process uses it."""
    if sys.platform != "win32":
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
