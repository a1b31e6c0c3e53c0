"""The store of a workspace: the place of its picture files."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from urllib.request import url2pathname

from moue.errors import ConfigError, StoreError
from moue.files import absolute
from moue.store.location import Location
from moue.store.objects import SCHEMES, StoredObject, is_url

PARTS = ".parts"
"""Folder of the part files of a workspace or of a folder store."""
_FILE = "file"


@dataclass(frozen=True, slots=True)
class Store:
    """A folder or an object store.

    Attributes:
        root: absolute path of a folder, or URL of an object store without a slash at its end.
        parts: folder of part files: in the folder, or on the disk of this machine for an object
            store.
    """

    root: Path | str
    parts: Path

    @classmethod
    def in_folder(cls, folder: Path) -> Store:
        """Return the store in a folder."""
        root = absolute(folder)
        return cls(root, root / PARTS)

    @classmethod
    def parse(cls, text: str, workspace: Path) -> Store:
        """Return the store in the setting `store`.

        Args:
            text: path of a folder, or URL with the scheme s3, gs or file; empty for the workspace.
            workspace: folder of the workspace, to which a path is relative.

        Raises:
            ConfigError: the text is not such a URL, or the path is that of a file.
        """
        text = text.strip()
        scheme, colon, rest = text.partition("://")
        if not colon:
            if text and (workspace / text).is_file():
                raise ConfigError(f"store = {text!r}: this is a file; write the path of a folder")
            return cls.in_folder(workspace / text)
        if scheme == _FILE:
            path = Path(url2pathname(rest))
            if not path.is_absolute():
                raise ConfigError(f"store = {text!r}: write three slashes, as in file:///mnt/data")
            return cls.in_folder(path)
        bucket = rest.partition("/")[0]
        if scheme not in SCHEMES or not bucket:
            known = ", ".join(f"{one}://BUCKET/FOLDER" for one in SCHEMES)
            raise ConfigError(f"store = {text!r}: write the path of a folder, or one of {known}")
        if any(c in rest for c in "?#@") or "//" in rest or ".." in rest.split("/"):
            raise ConfigError(
                f"store = {text!r}: the URL may contain only a bucket and folders; the credentials "
                "of the store belong in its environment variables or files"
            )
        return cls(f"{scheme}://{rest.rstrip('/')}", absolute(workspace) / PARTS)

    def __str__(self) -> str:
        return str(self.root)

    @property
    def is_object_store(self) -> bool:
        """True for an object store, False for a folder."""
        return isinstance(self.root, str)

    def file(self, key: str) -> Location:
        """Return the place of the file with a key, such as `images/1f2/a-1f2e3d4c5b6a.jpg`.

        Raises:
            StoreError: the key leaves the object store.
        """
        if isinstance(self.root, str):
            if ".." in key.split("/"):  # possible only with a catalog that moue did not write
                raise StoreError(f"{self.root}: {key!r} is not the name of a file of moue")
            return StoredObject(f"{self.root}/{key}")
        return self.root / key

    def key(self, place: Location | str) -> str | None:
        """Return the key of a file, given its place or the text of it; None outside this store."""
        text = str(place)
        if isinstance(self.root, str) or is_url(text):
            start = f"{self.root}/"
            return text.removeprefix(start) if text.startswith(start) else None
        start = str(self.root) + os.sep
        if text.startswith(start) and ".." not in text:  # faster than paths
            return text.removeprefix(start).replace(os.sep, "/")
        full = absolute(Path(text))
        return full.relative_to(self.root).as_posix() if full.is_relative_to(self.root) else None

    @property
    def on_nodes(self) -> Store:
        """The store as other machines see it: with the real path of its folder."""
        return self if isinstance(self.root, str) else Store.in_folder(self.root.resolve())
