"""Serve thumbnails from the cache of the workspace, and make the missing ones in two threads."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from moue.dataset.thumbnails import VERSION_DIGITS, cached_thumbnail, make_thumbnail
from moue.errors import ImageError
from moue.http_api.errors import ApiError, _, not_found
from moue.store import Location
from moue.studio.readers import Readers
from moue.workspace import browse
from moue.workspace.workspace import Workspace

THREADS = 2
WAITING = 1000
"""Maximum number of waiting requests; further ones are refused and may be repeated."""


@dataclass(frozen=True, slots=True)
class Thumbnail:
    """A thumbnail as WebP.

    Attributes:
        data: bytes of the file.
        version: version of the picture that it shows.
    """

    data: bytes
    version: str


class ThumbnailService:
    """Thumbnails of one workspace."""

    def __init__(self, workspace: Workspace, readers: Readers) -> None:
        self._workspace, self._readers = workspace, readers
        self._pool = ThreadPoolExecutor(THREADS, "studio-thumbnail")
        self._waiting = 0
        self._lock = threading.Lock()

    async def get(self, kind: str, name: str, version: str, side: int) -> Thumbnail:
        """Return a thumbnail.

        Args:
            kind: `pictures` or `mouths`.
            name: name of the picture or mouth.
            version: version that the client knows; empty for the current one.
            side: longer side, in pixels.

        Raises:
            ApiError: the picture does not exist or cannot be shown, or too many requests wait.
        """
        with self._lock:
            if self._waiting >= WAITING:
                text = _("too many pictures are requested at once; try again")
                raise ApiError(503, "busy", text)
            self._waiting += 1
        try:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._pool, self._get, kind, name, version, side)
        finally:
            with self._lock:
                self._waiting -= 1

    def stop(self) -> None:
        """Stop the threads."""
        self._pool.shutdown(cancel_futures=True)

    def _get(self, kind: str, name: str, version: str, side: int) -> Thumbnail:
        if version:
            data = cached_thumbnail(self._workspace, kind, name, version, side)
            if data is not None:
                return Thumbnail(data, version)
        file, current = self._find(kind, name)
        data = cached_thumbnail(self._workspace, kind, name, current, side)
        if data is None:
            try:
                data = make_thumbnail(self._workspace, kind, name, current, side, file)
            except (ImageError, OSError) as error:
                text = _("the picture {name} cannot be shown")
                raise ApiError(404, "no_picture", text, name=name) from error
        return Thumbnail(data, current)

    def _find(self, kind: str, name: str) -> tuple[Location, str]:
        """Return the place and the current version of a picture or crop."""
        with self._readers.reading() as reader:
            catalog = reader.catalog
            numbers = browse.numbers_of(catalog, kind, [name])
            if not numbers:
                raise not_found(name)
            if kind == "mouths":
                digest = browse.mouth_rows(catalog, numbers)[0].sha256
                return self._workspace.mouth(name), _version(digest)
            digest = browse.picture_rows(catalog, numbers)[0].sha256
            file = self._workspace.image(name)
            if not file.exists():
                file = self._workspace.original(catalog.sample(name))
            return file, _version(digest)


def _version(digest: str) -> str:
    return digest[:VERSION_DIGITS] or "0"
