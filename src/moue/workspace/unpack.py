"""Extract a packed workspace, and verify every file of it.

The files are extracted beside the target folder, which appears only when all of them have the right
SHA-256 and the catalog is intact.
"""

from __future__ import annotations

import os
import shutil
import tarfile
import tempfile
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from moue.disk_sync import sync_folder
from moue.errors import CatalogError, DataError, FileTaken
from moue.files import (
    absolute,
    make_folder,
    naming,
)
from moue.progress import Progress
from moue.text import first_names, printable
from moue.workspace.catalog import Catalog
from moue.workspace.pack_format import (
    BLOCK,
    HEADER,
    LIST,
    HashingReader,
    PackedFile,
    check_header,
    checked_path,
    forget_members,
    no_pack,
)
from moue.workspace.workspace import CATALOG

_LARGEST_HEADER = 10_000


@dataclass(slots=True)
class UnpackCounts:
    """Numbers of files and bytes of a pack."""

    files: int = 0
    size: int = 0


def unpack(pack: Path, target: Path | None, progress: Progress) -> UnpackCounts:
    """Extract a packed workspace to a new folder, and verify it.

    Args:
        pack: path of the pack.
        target: folder to create; it may exist if it is empty. None to verify the pack only.
        progress: progress display.

    Raises:
        DataError: the pack is damaged; the message names the damaged files.
        FileTaken: the folder contains files.
        OSError: the pack cannot be read, or a file cannot be written; it names the pack or the
            folder.
    """
    if pack.is_dir():
        raise DataError(f"{pack} is a folder; name the file that `moue pack` wrote")
    if target is None:
        return _Reader(pack, None, pack).read(progress)
    target = absolute(target)
    if os.path.lexists(target) and not target.is_dir():
        raise FileTaken(f"{target} is a file; name a new folder")
    if target.is_dir() and any(target.iterdir()):
        raise FileTaken(f"{target} already exists and is not empty; name a new folder")
    if target.is_symlink():
        raise FileTaken(f"{target} is a link; name the folder itself, or a new folder")
    place = target.with_name(f".{target.name}.moue-unpack")
    with naming(target):
        _remove_old(place)
        make_folder(place)
    try:
        counts = _Reader(pack, place, target).read(progress)
        _check_catalog(pack, place)
        with naming(target):
            if target.is_dir():
                target.rmdir()
            place.rename(target)
            sync_folder(target.parent)
    except BaseException:
        shutil.rmtree(place, ignore_errors=True)
        raise
    return counts


class _Reader:
    """The pack that is being read.

    Attributes:
        pack: path of the pack.
        place: folder to write to; None to verify only.
        target: folder to name in errors of writing.
    """

    def __init__(self, pack: Path, place: Path | None, target: Path) -> None:
        self.pack = pack
        self.place = place
        self.target = target
        self._counts = UnpackCounts()
        self._last = "its beginning"

    def read(self, progress: Progress) -> UnpackCounts:
        """Read the whole pack, and return its counts."""
        listed: bool | None = None
        try:
            with tarfile.open(self.pack, "r:") as tar, tempfile.TemporaryFile() as found:
                members = iter(tar)
                first = next(members, None)
                if first is None or first.name != HEADER or first.size > _LARGEST_HEADER:
                    raise no_pack(str(self.pack))
                check_header(_content(tar, first).read(), str(self.pack))
                for info in progress.track(members, "unpack", None):
                    if listed:
                        raise DataError(
                            f"{self.pack}: there is more data after its list of files; pack "
                            "the workspace again"
                        )
                    listed = info.name == LIST
                    if listed:
                        found.seek(0)
                        self._compare(_content(tar, info), found)
                    else:
                        line = self._extract(tar, info).line()
                        with naming(Path(tempfile.gettempdir())):
                            found.write(line)
                    forget_members(tar)
        except (tarfile.TarError, EOFError) as error:
            if listed is None and self._last == "its beginning":
                raise no_pack(str(self.pack)) from error
            raise self._damaged(f"the data after {self._last} cannot be read") from error
        except OSError as error:
            if error.filename is not None:
                raise
            raise OSError(error.errno, error.strerror, str(self.pack)) from error
        if not listed:
            raise self._damaged(f"it ends after {self._last}")
        return self._counts

    def _extract(self, tar: tarfile.TarFile, info: tarfile.TarInfo) -> PackedFile:
        path = checked_path(info, str(self.pack))
        self._last = printable(path)
        with _content(tar, info) as content:
            reader = HashingReader(content, self.pack)
            if self.place is None:
                while reader.read(BLOCK):
                    pass
            else:
                try:
                    self._write(self.place / path, reader, info)
                except (FileExistsError, NotADirectoryError) as error:
                    raise self._damaged(f"it has more than one file {self._last}") from error
        if reader.size != info.size:
            raise self._damaged(f"it ends in the middle of {self._last}")
        self._counts.files += 1
        self._counts.size += reader.size
        return PackedFile(path, reader.size, reader.sha256)

    def _write(self, path: Path, reader: HashingReader, info: tarfile.TarInfo) -> None:
        with naming(self.target):
            path.parent.mkdir(parents=True, exist_ok=True)
            file = path.open("xb")
        try:
            while data := reader.read(BLOCK):
                with naming(self.target):
                    file.write(data)
            with naming(self.target):
                file.flush()
                os.fsync(file.fileno())
        finally:
            with suppress(OSError):  # after a failed write, closing writes again
                file.close()
        with naming(self.target):
            with suppress(ValueError, OverflowError):  # extracted in spite of an invalid time
                os.utime(path, (info.mtime, info.mtime))
            path.chmod(info.mode & 0o755 | 0o400)

    def _compare(self, expected: IO[bytes], found: IO[bytes]) -> None:
        """Compare the list of the pack with the files that were read.

        Raises:
            DataError: a file is damaged, missing or not in the list.
        """
        wrong: list[str] = []
        with closing(expected):
            for line in expected:
                try:
                    listed = PackedFile.parse(line)
                    read = PackedFile.parse(found.readline())
                except ValueError as error:
                    raise self._damaged("its list of files cannot be read") from error
                if listed != read:
                    wrong.append(printable(read.path))
        if found.readline():
            raise self._damaged("its list of files is incomplete")
        if wrong:
            raise self._damaged(f"these files have changed: {first_names(wrong, 5)}")

    def _damaged(self, what: str) -> DataError:
        return DataError(
            f"{self.pack} is damaged: {what}; copy the pack again, or pack the workspace again"
        )


def _content(tar: tarfile.TarFile, info: tarfile.TarInfo) -> IO[bytes]:
    content = tar.extractfile(info)
    if content is None:
        raise tarfile.ReadError(f"{info.name} is not a file")
    return content


def _check_catalog(pack: Path, place: Path) -> None:
    try:
        with Catalog(place / CATALOG) as catalog:
            intact, foreign = catalog.is_intact(), catalog.foreign_code()
    except CatalogError as error:
        raise DataError(f"{pack}: the catalog cannot be used: {error}") from error
    if not intact:
        raise DataError(f"{pack}: the catalog was damaged when the workspace was packed")
    if foreign:
        names = printable(", ".join(foreign[:3]))
        raise DataError(
            f"{pack}: the catalog contains triggers or views that moue did not create, which could "
            f"change the workspace later: {names}; do not use this pack"
        )


def _remove_old(place: Path) -> None:
    """Remove the folder of an unpacking that was killed."""
    if place.is_dir() and not place.is_symlink():
        with suppress(FileNotFoundError):
            shutil.rmtree(place)
    elif os.path.lexists(place):
        raise FileTaken(f"{place}: moue needs this name; move the file away")
