"""Edits that wait on the disk until the workspace is free.

An edit is in the file, and synced to the disk, before the client gets an answer. It leaves the
file after its changes are in the catalog. A kill between the two is harmless, because the catalog
applies each edit only once.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from pathlib import Path

import msgspec

from moue.dataset.edits import Edit
from moue.disk_sync import sync_folder
from moue.files import make_folder

log = logging.getLogger("moue.studio")


class EditQueue:
    """A queue of edits in a file of JSON lines; one process uses it at a time.

    Attributes:
        path: path of the file.
    """

    def __init__(self, path: Path) -> None:
        """Read the edits that an earlier process left; an incomplete last line is removed."""
        self.path = path
        self._waiting: list[Edit] = []
        data = path.read_bytes() if path.exists() else b""
        complete = data[: data.rfind(b"\n") + 1]
        damaged: list[bytes] = []  # by the disk or by hand; the other lines are still valid
        for line in complete.splitlines():
            try:
                self._waiting.append(msgspec.json.decode(line, type=Edit))
            except msgspec.DecodeError:
                damaged.append(line)
        if damaged:
            self._keep(damaged)
        if len(complete) < len(data):  # never acknowledged
            os.truncate(path, len(complete))

    def _keep(self, damaged: list[bytes]) -> None:
        """Add the lines that cannot be read to another file, since this one is emptied later."""
        kept = self.path.with_name(f"{self.path.name}.damaged")
        known = kept.read_bytes().splitlines() if kept.exists() else []
        with kept.open("ab") as file:
            file.writelines(line + b"\n" for line in damaged if line not in known)
            file.flush()
            os.fsync(file.fileno())
        count = len(damaged)
        log.warning("%s: edits that cannot be read: %d; a copy is in %s", self.path, count, kept)

    def __len__(self) -> int:
        return len(self._waiting)

    def waiting(self) -> list[Edit]:
        """Return the waiting edits, oldest first."""
        return list(self._waiting)

    def append(self, edits: Sequence[Edit]) -> None:
        """Add edits; they are on the disk when this method returns.

        Raises:
            OSError: the file cannot be written.
        """
        is_new = not self.path.exists()
        if is_new:
            make_folder(self.path.parent)
        size = 0 if is_new else self.path.stat().st_size
        with self.path.open("ab") as file:
            try:
                file.writelines(msgspec.json.encode(one) + b"\n" for one in edits)
                file.flush()
                os.fsync(file.fileno())
            except OSError:
                os.truncate(self.path, size)  # no half line before the next edit
                raise
        if is_new:
            sync_folder(self.path.parent)
        self._waiting += edits

    def clear(self) -> None:
        """Remove all edits, after they are in the catalog."""
        self._waiting.clear()
        if self.path.exists():
            os.truncate(self.path, 0)
