"""Small WebP pictures of mouth crops and pictures, made on demand and cached in the workspace.

The name of a cached file contains the beginning of the SHA-256 of its picture, so a changed picture
has another thumbnail. Cached files may be deleted at any time.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Final

from moue.files import part_beside
from moue.media.image import encode_webp, read_reduced, resize_to_fit
from moue.store import Location
from moue.workspace.workspace import Workspace

SIDES: Final = (96, 192)
"""Longer sides of thumbnails, in pixels."""
VERSION_DIGITS: Final = 16
"""Number of hexadecimal digits of the SHA-256 that identify a version of a picture."""
_QUALITY = 80


def cached_thumbnail(
    workspace: Workspace, kind: str, name: str, version: str, side: int
) -> bytes | None:
    """Return a cached thumbnail; None if it is not cached or its file is damaged."""
    try:
        data = _path(workspace, kind, name, version, side).read_bytes()
    except OSError:
        return None
    return data if _is_complete(data) else None


def make_thumbnail(
    workspace: Workspace, kind: str, name: str, version: str, side: int, file: Location
) -> bytes:
    """Make a thumbnail of a picture file, cache it, and return it as WebP.

    Args:
        workspace: workspace.
        kind: `pictures` or `mouths`.
        name: name of the picture or mouth.
        version: beginning of the SHA-256 of the picture.
        side: longer side in pixels; a smaller picture keeps its size.
        file: place of the picture or crop.

    Raises:
        ImageError: the picture cannot be decoded.
        OSError: the file cannot be read.
    """
    image = resize_to_fit(read_reduced(file, side), side)
    data = encode_webp(image, _QUALITY)
    _cache(_path(workspace, kind, name, version, side), data)
    return data


def forget_thumbnails(workspace: Workspace, kind: str, names: Iterable[str]) -> int:
    """Delete the cached thumbnails of pictures or mouths; return the number of files."""
    removed = 0
    for name in names:
        folder = _folder(workspace, kind, name)
        for path in folder.glob("*") if folder.is_dir() else ():
            if path.name.startswith(f"{name}."):
                path.unlink(missing_ok=True)
                removed += 1
    return removed


def _folder(workspace: Workspace, kind: str, name: str) -> Path:
    # 256 folders, so that none has more than some hundred files.
    shard = hashlib.sha256(name.encode("utf-8", "surrogateescape")).hexdigest()[:2]
    return workspace.studio / "thumbnails" / kind / shard


def _path(workspace: Workspace, kind: str, name: str, version: str, side: int) -> Path:
    return _folder(workspace, kind, name) / f"{name}.{version[:VERSION_DIGITS]}.{side}.webp"


def _is_complete(data: bytes) -> bool:
    # A power cut may leave an empty or truncated file, because cached files are not synced.
    return data[:4] == b"RIFF" and len(data) == 8 + int.from_bytes(data[4:8], "little")


def _cache(path: Path, data: bytes) -> None:
    """Write a file atomically, but without waiting for the disk; a full disk is no error."""
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        part = part_beside(path)
        try:
            part.write_bytes(data)
            part.replace(path)
        except OSError:
            part.unlink(missing_ok=True)
