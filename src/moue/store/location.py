"""A file of a store: a path on a disk, or an object."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import TypeAlias

from moue.store.objects import StoredObject

Location: TypeAlias = Path | StoredObject
"""Place of a file. Both types have `read_bytes`, `exists`, `unlink`, `name`, `stem` and `str()`."""


def exists(place: Location) -> bool:
    """Return whether a file, also a broken link, or an object exists."""
    return place.exists() if isinstance(place, StoredObject) else os.path.lexists(place)


def sha256_of(place: Location) -> str:
    """Return the SHA-256 of the content of a file or object, in hexadecimal."""
    if isinstance(place, StoredObject):
        return hashlib.sha256(place.read_bytes()).hexdigest()
    with place.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def delete(place: Location) -> None:
    """Delete a file or object; a missing one is no error."""
    place.unlink(missing_ok=True)
