"""The format of a packed workspace: a tar file with a header, the files, and a list of them.

The first member, `moue-pack.json`, names the format and its version. The last member,
`files.jsonl`, has one line for each file, in the order of the members: path, size and SHA-256. It
is last because moue learns the SHA-256 while it writes a file. Any tar program can extract the
files.
"""

from __future__ import annotations

import hashlib
import json
import os
import tarfile
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Any

from moue.errors import DataError
from moue.files import naming
from moue.text import printable, to_json

HEADER, LIST = "moue-pack.json", "files.jsonl"
VERSION = 1
FILES = "workspace/"
"""Beginning of the names of the members that are files of the workspace."""
BLOCK = 1 << 20
_FORBIDDEN = frozenset("\\:\0" if os.name == "nt" else "\0")
"""Characters that lead out of a folder on this system; on others they are part of a name."""


@dataclass(frozen=True, slots=True)
class PackedFile:
    """One line of the list.

    Attributes:
        path: path relative to the workspace, with slashes.
        size: size in bytes.
        sha256: hex digest of the content.
    """

    path: str
    size: int
    sha256: str

    def line(self) -> bytes:
        """Return the file as a line of the list."""
        return (to_json(asdict(self)) + "\n").encode()

    @classmethod
    def parse(cls, line: bytes) -> PackedFile:
        """Return the file in a line of the list.

        Raises:
            ValueError: the line is damaged.
        """
        try:
            data = json.loads(line)
        except RecursionError as error:
            raise ValueError("a line of the list of files is nested too deeply") from error
        if not isinstance(data, dict) or set(data) != {"path", "size", "sha256"}:
            raise ValueError("a line of the list of files is damaged")
        if not isinstance(data["size"], int):
            raise ValueError("a size in the list of files is not a number")
        return cls(str(data["path"]), data["size"], str(data["sha256"]))


class HashingReader:
    """A binary file that computes the SHA-256 of all bytes that are read from it.

    Attributes:
        size: number of bytes read.
    """

    def __init__(self, file: IO[bytes], path: Path) -> None:
        """Begin at the position of `file`; errors of reading name `path`."""
        self._file = file
        self._path = path
        self._digest = hashlib.sha256()
        self.size = 0

    def read(self, size: int = -1) -> bytes:
        """Return up to `size` bytes."""
        with naming(self._path):
            data = self._file.read(size)
        self._digest.update(data)
        self.size += len(data)
        return data

    @property
    def sha256(self) -> str:
        """The hex digest of the bytes read so far."""
        return self._digest.hexdigest()


def header(version: str) -> bytes:
    """Return the content of the first member; `version` is that of moue."""
    return to_json({"format": "moue workspace", "version": VERSION, "moue": version}).encode()


def check_header(data: bytes, pack: str) -> None:
    """Check the content of the first member.

    Raises:
        DataError: the file is not a packed workspace, or has another version.
    """
    try:
        values: Any = json.loads(data)
        version = values["version"] if values["format"] == "moue workspace" else None
    except (ValueError, TypeError, KeyError, RecursionError):
        version = None
    if version is None:
        raise no_pack(pack)
    if version != VERSION:
        raise DataError(
            f"{pack}: the pack has version {version!r:.20}, but this moue reads {VERSION}; use the "
            "moue version that wrote it"
        )


def forget_members(tar: tarfile.TarFile) -> None:
    """Make an open tar file forget its earlier members, which it keeps for random access."""
    members: list[tarfile.TarInfo] = getattr(tar, "members", [])
    members.clear()


def no_pack(pack: str) -> DataError:
    """Return the error for a file that is not a packed workspace."""
    return DataError(f"{pack} is not a packed workspace; `moue pack` writes one")


def checked_path(info: tarfile.TarInfo, pack: str) -> str:
    """Return the path of a member, relative to the workspace.

    Raises:
        DataError: the member is not a regular file, or its path leads out of the workspace.
    """
    name = info.name.removeprefix(FILES)
    parts = PurePosixPath(name).parts
    safe = (
        info.name.startswith(FILES)
        and name == "/".join(parts)
        and parts
        and not any(part in ("", ".", "..") or _FORBIDDEN & set(part) for part in parts)
    )
    # A sparse member needs no space in the pack, but fills the disk.
    if not info.isreg() or info.issparse() or not safe:
        raise DataError(
            f"{pack}: the member {printable(info.name)[:100]} is not a file of a workspace; the "
            "pack is damaged or was changed, so nothing was extracted"
        )
    return name
