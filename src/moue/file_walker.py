"""Find the files in folders and their subfolders.

Symbolic links to folders are followed, and each folder is searched once, so that cycles end.
The search skips hidden files and folders, and pipes, sockets and devices, which may have no end.
A folder that cannot be listed does not stop the search. All skipped files and folders are counted.
"""

from __future__ import annotations

import os
import stat
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from moue.errors import SourceError
from moue.text import printable

HIDDEN = "hidden"
SPECIAL = "special"
UNREADABLE = "unreadable"
REPEATED = "repeated"
WORKSPACE = "workspace"
_SPECIAL_KINDS = (stat.S_IFIFO, stat.S_IFSOCK, stat.S_IFCHR, stat.S_IFBLK)

_WORDS = {
    UNREADABLE: ("folder that cannot be read", "folders that cannot be read"),
    SPECIAL: ("pipe, socket or device", "pipes, sockets or devices"),
    REPEATED: ("folder that was searched already", "folders that were searched already"),
    WORKSPACE: ("moue workspace", "moue workspaces"),
    HIDDEN: ("hidden file or folder", "hidden files or folders"),
}
_END = b"\0"
"""Separator between file names; no file name contains it."""
_NAMED = 3
_LONG = 200


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A skipped file or folder.

    Attributes:
        path: path of the file or folder.
        reason: reason for skipping it: `UNREADABLE`, `SPECIAL`, `REPEATED` or `WORKSPACE`.
        detail: error message of the operating system; empty if there is none.
    """

    path: Path
    reason: str
    detail: str = ""

    @property
    def words(self) -> str:
        """The reason as text, such as `folder that cannot be read: Permission denied`."""
        return _WORDS[self.reason][0] + (f": {self.detail}" if self.detail else "")


@dataclass(slots=True)
class Skipped:
    """The skipped files and folders of a search.

    Attributes:
        counts: number of skipped files and folders by reason.
        items: skipped files and folders, except hidden ones.
    """

    counts: Counter[str] = field(default_factory=Counter)
    items: list[LeftOut] = field(default_factory=list)

    def add(self, path: Path, reason: str, detail: str = "") -> None:
        """Add a skipped file or folder; `reason` is a constant of this module."""
        self.counts[reason] += 1
        if reason != HIDDEN:
            self.items.append(LeftOut(path, reason, detail))

    def notes(self) -> Iterator[str]:
        """Yield one sentence for each reason: the count and up to three paths."""
        for reason, words in _WORDS.items():
            if not (count := self.counts[reason]):
                continue
            some = [item for item in self.items if item.reason == reason]
            named = ", ".join(_named(item) for item in some[:_NAMED])
            more = ", …" if len(some) > _NAMED else ""
            yield f"left out: {count:,} {words[count > 1]}" + (f" ({named}{more})" if named else "")

    def to_dict(self) -> dict[str, int]:
        """Return the number of skipped files and folders by reason, for JSON."""
        return {reason: self.counts[reason] for reason in _WORDS if self.counts[reason]}


@dataclass(slots=True)
class Files:
    """The files in the sources of a search. Only the bytes of names are stored, to save memory.

    Iterating yields pairs of source folder and file path, in the order of `find`. For a source
    that is a file, the source folder is its parent.

    Attributes:
        skipped: files and folders that the search skipped.
        searched: searched folders, as pairs of device and inode number, or as real paths if the
            file system has no inode numbers.
    """

    skipped: Skipped = field(default_factory=Skipped)
    searched: set[tuple[int, int] | str] = field(default_factory=set)
    _folders: list[tuple[Path, str, bytes]] = field(default_factory=list)

    def __len__(self) -> int:
        return sum(names.count(_END) + 1 for _, _, names in self._folders)

    def __iter__(self) -> Iterator[tuple[Path, Path]]:
        for root, folder, names in self._folders:
            for name in names.split(_END):
                yield root, Path(folder, os.fsdecode(name))

    def paths(self) -> Iterator[Path]:
        """Yield the file paths without the source folders."""
        return (path for _, path in self)


def find(
    sources: Iterable[Path],
    is_workspace: Callable[[Path], bool] = lambda _: False,
    deep: bool = True,
    known: Files | None = None,
) -> Files:
    """Find the files of `sources`: a source that is a file, or all files under a folder.

    Args:
        sources: files and folders.
        is_workspace: function that returns True for a folder that is a moue workspace, which
            the search skips.
        deep: True to search subfolders too.
        known: files of an earlier search, to which the new files are added; None for no earlier
            search.

    Returns:
        The files in the order of the sources, then by name, the files of a folder before its
        subfolders. A broken link counts as a file, so that reading it reports the error. If
        `known` is given, that object is returned.

    Raises:
        SourceError: a source does not exist, cannot be read, or is neither a file nor a folder.
    """
    found = Files() if known is None else known
    for source in sources:
        mode = _mode(source)
        if stat.S_ISDIR(mode):
            found._folders += _Walk(source, found, is_workspace, deep).folders()
        elif stat.S_ISREG(mode):
            found._folders.append((source.parent, str(source.parent), os.fsencode(source.name)))
        else:
            raise SourceError(f"{source} is a pipe, socket or device, not a file or folder")
    return found


class _Walk:
    """The search of one source folder: first real folders, then the targets of links."""

    def __init__(
        self,
        root: Path,
        known: Files,
        is_workspace: Callable[[Path], bool],
        deep: bool,
    ) -> None:
        self.root, self.skipped, self.searched = root, known.skipped, known.searched
        self.is_workspace, self.deep = is_workspace, deep
        self.found: list[tuple[str, bytes]] = []
        self.links: list[str] = []

    def folders(self) -> list[tuple[Path, str, bytes]]:
        self._search(str(self.root))
        # Real folders first: a folder keeps its own name, which may be its label.
        while links := sorted(self.links):
            self.links = []
            for link in links:
                self._search(link)
        self.found.sort(key=lambda one: Path(one[0]).parts)
        return [(self.root, folder, names) for folder, names in self.found if names]

    def _search(self, start: str) -> None:
        waiting = [start]
        while waiting:
            folder = waiting.pop()
            try:
                identity = _identity(folder)
                if identity in self.searched:
                    self.skipped.add(Path(folder), REPEATED)
                    continue
                self.searched.add(identity)
                with os.scandir(folder) as entries:
                    names, below = self._sort_entries(entries)
            except (OSError, UnicodeError) as error:
                if folder == str(self.root):
                    raise SourceError(f"{folder} cannot be listed: {_why(error)}") from error
                self.skipped.add(Path(folder), UNREADABLE, _why(error))
                continue
            self.found.append((folder, _END.join(map(os.fsencode, names))))
            waiting += reversed(below)

    def _sort_entries(self, entries: Iterable[os.DirEntry[str]]) -> tuple[list[str], list[str]]:
        """Return sorted file names and subfolder paths; add links to folders to `links`."""
        names: list[str] = []
        below: list[str] = []
        left: list[tuple[str, str]] = []
        for entry in entries:
            if entry.name.startswith("."):
                self.skipped.add(Path(entry.path), HIDDEN)
                continue
            kind = _kind(entry)
            if kind == "file":
                names.append(entry.name)
            elif kind == SPECIAL:
                left.append((entry.path, SPECIAL))
            elif not self.deep:
                continue
            elif self._is_workspace(Path(entry.path)):
                left.append((entry.path, WORKSPACE))
            else:
                (self.links if entry.is_symlink() else below).append(entry.path)
        for path, reason in sorted(left):
            self.skipped.add(Path(path), reason)
        return sorted(names), sorted(below)

    def _is_workspace(self, folder: Path) -> bool:
        try:
            return self.is_workspace(folder)
        except OSError:
            return False  # listing the folder reports the error


def _kind(entry: os.DirEntry[str]) -> str:
    try:
        if entry.is_dir():
            return "folder"
        if entry.is_file():
            return "file"
        return SPECIAL if stat.S_IFMT(entry.stat().st_mode) in _SPECIAL_KINDS else "file"
    except (OSError, UnicodeError):
        return "file"  # a broken or circular link: reading it reports the error


def _mode(source: Path) -> int:
    try:
        return source.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        raise SourceError(f"{source}: no such file or folder") from None
    except (OSError, ValueError) as error:
        raise SourceError(f"{source} cannot be read: {_why(error)}") from error


def _identity(folder: str) -> tuple[int, int] | str:
    found = os.stat(folder)  # noqa: PTH116  a Path for each folder costs more than the call
    # Some network file systems have no inode numbers.
    return (found.st_dev, found.st_ino) if found.st_ino else os.path.realpath(folder)


def _why(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)


def _named(item: LeftOut) -> str:
    path = printable(item.path)
    if len(path) > _LONG:
        path = f"…{path[-_LONG:]}"
    return path + (f": {item.detail}" if item.detail else "")
