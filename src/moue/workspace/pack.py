"""Write a whole workspace to one file.

The workspace is locked meanwhile. The pack contains a copy of the catalog, all files of the
workspace, and the originals that lie elsewhere, which become files in `originals/`. So it needs
nothing that is outside.
"""

from __future__ import annotations

import io
import os
import re
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, cast

from moue.errors import ConfigError, DataError
from moue.files import absolute, check_free, is_part, naming, part_beside, replacing
from moue.progress import Progress
from moue.store import Location, StoredObject, exists
from moue.text import printable
from moue.workspace.catalog import Catalog
from moue.workspace.layout import original_key
from moue.workspace.owned_files import move_original
from moue.workspace.pack_format import (
    FILES,
    HEADER,
    LIST,
    HashingReader,
    PackedFile,
    forget_members,
    header,
)
from moue.workspace.store_claim import forget_store, store_keys
from moue.workspace.workspace import CATALOG, LOCK, SETTINGS, TRAINING, Workspace

_SKIPPED = (CATALOG, LOCK, TRAINING)
"""Beginnings of the names of files that are not copied as they are: the databases, and their logs
and notes."""
_SHOWN = 20
_LINKED = ("originals", "images", "mouths")
"""Folders that may be links to the store of the workspace."""


_STORE_LINE = re.compile(r"^([ \t]*store[ \t]*=)", re.MULTILINE)


@dataclass(slots=True)
class Listed:
    """The number of some files, and the names of the first ones."""

    count: int = 0
    first: list[str] = field(default_factory=list)

    def add(self, name: str) -> None:
        """Count a file."""
        self.count += 1
        if len(self.first) < _SHOWN:
            self.first.append(name)


@dataclass(slots=True)
class PackCounts:
    """Counts of a pack.

    Attributes:
        files: number of files.
        size: their bytes.
        originals: number of originals from outside the workspace.
        missing: sources of the originals that do not exist any more.
        changed: sources of the originals that have other bytes than the catalog records.
        left_out: paths of links in the workspace, which were left out.
    """

    files: int = 0
    size: int = 0
    originals: int = 0
    missing: Listed = field(default_factory=Listed)
    changed: Listed = field(default_factory=Listed)
    left_out: Listed = field(default_factory=Listed)


def pack(
    workspace: Workspace,
    catalog: Catalog,
    target: Path,
    progress: Progress,
    *,
    version: str,
    originals: bool = True,
    overwrite: bool = False,
) -> PackCounts:
    """Write a workspace to one file, and return its counts.

    Args:
        workspace: locked workspace.
        catalog: its open catalog.
        target: path of the file.
        progress: progress display.
        version: version of moue.
        originals: False to leave out the originals that lie outside the workspace.
        overwrite: True to replace an existing file.

    Raises:
        ConfigError: `target` lies in the workspace.
        FileTaken: `target` exists and `overwrite` is False.
        OSError: a file cannot be read or written.
    """
    if absolute(target).is_relative_to(absolute(workspace.root)):
        raise ConfigError(f"{target} lies in the workspace; name a file outside of it")
    check_free(target, overwrite)
    if foreign := catalog.foreign_code():
        names = printable(", ".join(foreign[:3]))
        raise DataError(
            f"{workspace.root / CATALOG}: the catalog contains triggers or views that moue did not "
            f"create: {names}; remove them, since `moue unpack` refuses them"
        )
    snapshot = part_beside(workspace.root / CATALOG)
    try:
        catalog.copy_to(snapshot)
        with (
            replacing(target, overwrite) as part,
            tarfile.open(part, "w", format=tarfile.PAX_FORMAT) as tar,
            tempfile.TemporaryFile() as listed,
        ):
            packer = _Packer(workspace, tar, listed, PackCounts())
            packer.add_bytes(HEADER, header(version))
            packer.add_files(progress)
            with Catalog(snapshot) as copy:
                packer.add_store(copy, progress)
                if originals:
                    packer.add_originals(copy, progress)
                copy.rewrite()
            packer.add_file(snapshot, CATALOG)
            listed.seek(0)
            info = tarfile.TarInfo(LIST)
            info.size = os.fstat(listed.fileno()).st_size
            tar.addfile(info, listed)
    finally:
        for end in ("", "-wal", "-shm"):
            snapshot.with_name(snapshot.name + end).unlink(missing_ok=True)
    return packer.counts


@dataclass(frozen=True, slots=True)
class _Packer:
    """The open pack.

    Attributes:
        workspace: workspace.
        tar: open tar file.
        listed: temporary file with the list of files.
        counts: counts of the pack.
    """

    workspace: Workspace
    tar: tarfile.TarFile
    listed: IO[bytes]
    counts: PackCounts

    def add_bytes(self, name: str, data: bytes) -> None:
        """Add a member that is not a file of the workspace."""
        info = tarfile.TarInfo(name)
        info.size = len(data)
        self.tar.addfile(info, io.BytesIO(data))

    def add_file(self, path: Location, name: str) -> PackedFile:
        """Add a file under a path relative to the workspace.

        Raises:
            OSError: the file cannot be read, or became shorter meanwhile.
            StoreError: the object store cannot be reached, or refuses a request.
        """
        info = tarfile.TarInfo(FILES + name)
        with _opened(path, info) as file:
            reader = HashingReader(file, Path(str(path)))
            self.tar.addfile(info, cast(IO[bytes], reader))  # it calls `read` only
            forget_members(self.tar)
        packed = PackedFile(name, reader.size, reader.sha256)
        with naming(Path(tempfile.gettempdir())):
            self.listed.write(packed.line())
        self.counts.files += 1
        self.counts.size += packed.size
        return packed

    def add_files(self, progress: Progress) -> None:
        """Add all files of the workspace except the catalog and the locks."""
        for path, name in progress.track(self._files(), "pack", None):
            self.add_file(path, name)

    def add_store(self, copy: Catalog, progress: Progress) -> None:
        """Add the files of a store outside the workspace, which the catalog lists."""
        if self.workspace.configured is None:
            return
        for name in progress.track(store_keys(copy), "store", None):
            try:
                self.add_file(self.workspace.store.file(name), name)
            except FileNotFoundError:
                self.counts.missing.add(name)
        forget_store(copy)

    def add_settings(self, path: Path) -> None:
        """Add moue.toml without its store, since the pack contains the files of the store."""
        with tempfile.NamedTemporaryFile("w", encoding="utf-8", newline="") as file:
            file.write(_STORE_LINE.sub(r"# \1", path.read_text(encoding="utf-8-sig")))
            file.flush()
            Path(file.name).chmod(path.stat().st_mode & 0o777)
            self.add_file(Path(file.name), SETTINGS)

    def add_originals(self, copy: Catalog, progress: Progress) -> None:
        """Add the originals outside the workspace, and record their new paths in the catalog."""
        for sample in progress.track(copy.samples(), "originals", copy.total()):
            path = self.workspace.original(sample)
            if not sample.sha256 or not Path(sample.original).is_absolute():
                continue
            suffix = Path(sample.original).suffix
            name = original_key(sample.name, suffix if suffix[1:].isalnum() else "")
            if not (isinstance(path, Path) and path.is_file()):
                self.counts.missing.add(sample.source)
            elif not exists(self.workspace.store.file(name)):
                packed = self.add_file(path, name)
                self.counts.originals += 1
                if packed.sha256 != sample.sha256:
                    self.counts.changed.add(sample.source)
                move_original(copy, sample.name, name, packed.sha256, packed.size)

    def _files(self) -> Iterator[tuple[Path, str]]:
        """Yield path and name of each file; the files of a folder are sorted by name."""
        folders = [""]
        while folders:
            folder, inner = folders.pop(), []
            with os.scandir(self.workspace.root / folder) as entries:
                found = sorted(entries, key=lambda entry: entry.name)
            for entry in found:
                name = f"{folder}/{entry.name}" if folder else entry.name
                if entry.is_dir(follow_symlinks=name in _LINKED):
                    inner.append(name)
                elif not entry.is_file():
                    self.counts.left_out.add(name)
                elif name == SETTINGS and self.workspace.configured is not None:
                    self.add_settings(Path(entry.path))
                elif not is_part(entry.name) and not name.startswith(_SKIPPED):
                    yield Path(entry.path), name
            folders += reversed(inner)


@contextmanager
def _opened(path: Location, info: tarfile.TarInfo) -> Iterator[IO[bytes]]:
    """Open a file or object, and set its size, time and mode in `info`."""
    if isinstance(path, StoredObject):
        data = path.read_bytes()
        info.size = len(data)
        yield io.BytesIO(data)
        return
    with path.open("rb") as file:
        status = os.fstat(file.fileno())
        info.size, info.mtime = status.st_size, int(status.st_mtime)
        info.mode = status.st_mode & 0o777
        yield file
