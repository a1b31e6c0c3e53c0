"""Pictures that were dropped on the page, until `collect` has copied them into the workspace.

An upload is a folder in `uploads/`. A dropped folder stays a folder, one level deep, since its
name may be the label of its pictures.
"""

from __future__ import annotations

import re
import secrets
import shutil
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from starlette.concurrency import run_in_threadpool

from moue.files import part_beside
from moue.http_api.errors import ApiError, _, not_found
from moue.text import shortened
from moue.workspace.workspace import Workspace

_ID = re.compile(r"[0-9a-f]{16}")
_UNSAFE = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*]')
MOST = 10_000
"""Maximum number of files of one upload."""


class Uploads:
    """The uploads of a workspace."""

    def __init__(self, workspace: Workspace) -> None:
        self._root = workspace.root / "uploads"

    def create(self) -> str:
        """Create an empty upload, and return its name."""
        name = secrets.token_hex(8)
        (self._root / name).mkdir(parents=True)
        return name

    def folder(self, name: Any) -> Path:
        """Return the folder of an upload; raise ApiError if there is none of this name."""
        if isinstance(name, str) and _ID.fullmatch(name) and (self._root / name).is_dir():
            return self._root / name
        raise not_found(str(name)[:80])

    async def add(self, upload: str, folder: str, file: str, chunks: AsyncIterator[bytes]) -> Path:
        """Write one file of an upload.

        Args:
            upload: name of the upload.
            folder: name of the folder that the file was in; empty for none.
            file: name of the file.
            chunks: content of the file.

        Raises:
            ApiError: there is no such upload, it is full, or the content is too large.
        """
        root = self.folder(upload)
        if sum(1 for path in root.rglob("*") if path.is_file()) >= MOST:
            raise ApiError(413, "too_many", _("drop at most {most} files at once"), most=MOST)
        parent = root / _safe(folder) if folder else root
        parent.mkdir(exist_ok=True)
        target = _free(parent / _safe(file))
        part = part_beside(target)
        try:
            with part.open("xb") as written:
                async for chunk in chunks:
                    await run_in_threadpool(written.write, chunk)
            part.rename(target)
        finally:
            part.unlink(missing_ok=True)
        return target

    def remove(self, name: str) -> None:
        """Delete an upload, whose pictures are in the workspace now."""
        shutil.rmtree(self._root / name, ignore_errors=True)
        with suppress(OSError):  # other uploads are there
            self._root.rmdir()


def _safe(name: str) -> str:
    """Return a name for a file or folder: no separators, no hidden file, not too long."""
    return shortened(_UNSAFE.sub("_", name).strip(" .") or "picture", 200)


def _free(path: Path) -> Path:
    """Return `path`, or a path with a number if a file of this name exists."""
    number, free = 1, path
    while free.exists():
        number += 1
        free = path.with_name(f"{path.stem}-{number}{path.suffix}")
    return free
