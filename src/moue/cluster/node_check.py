"""Check that a node of a cluster gives the results that the driver would give.

`describe` runs on the driver, and `problems` on a node.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import platform
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import moue
from moue.errors import MoueError
from moue.store import Location, StoredObject

_PACKAGES = ("numpy", "opencv-python-headless", "pillow", "onnxruntime", "simplejpeg")
"""Packages whose version can change pixels or results."""
_WEIGHTS = (".onnx", ".safetensors")
_SAMPLE = 1 << 16
"""Number of bytes that are compared of a file."""


@dataclass(frozen=True, slots=True)
class Installation:
    """The installed software, which must match on all nodes.

    Attributes:
        versions: version of each package by name; None if it is not installed.
        weights: SHA-256 of each weights file of moue by path in the package.
    """

    versions: dict[str, str | None]
    weights: dict[str, str]


@dataclass(frozen=True, slots=True)
class Seen:
    """A file, folder or object that every node must see.

    Attributes:
        path: absolute path, or object.
        content: SHA-256 of the first bytes of a file; None for a folder.
    """

    path: Location
    content: str | None


@lru_cache(maxsize=1)
def installation() -> Installation:
    """Return versions and weights of the installation of this process."""
    package = Path(moue.__file__).parent
    versions: dict[str, str | None] = {
        "moue": moue.__version__,
        "python": ".".join(platform.python_version_tuple()[:2]),
    }
    versions |= {name: _version(name) for name in _PACKAGES}
    files = sorted(path for path in package.rglob("*") if path.suffix in _WEIGHTS)
    weights = {path.relative_to(package).as_posix(): _sha256(path) for path in files}
    return Installation(versions, weights)


def seen(paths: Iterable[Location]) -> tuple[Seen, ...]:
    """Return those paths that this machine can read, with the first bytes of the files."""
    return tuple(Seen(path, _content(path)) for path in paths if path.exists())


def problems(expected: Installation, needed: tuple[Seen, ...]) -> list[str]:
    """Return what this node lacks or has differently, one sentence each."""
    found = installation()
    texts = [
        f"has {name} {found.versions[name]}, but this machine has {version}"
        if found.versions.get(name)
        else f"lacks {name} {version}"
        for name, version in expected.versions.items()
        if found.versions.get(name) != version
    ]
    different = [
        name for name in expected.weights if found.weights.get(name) != expected.weights[name]
    ]
    if different:
        texts.append(f"has other weights: the SHA-256 of {different[0]} differs or it is missing")
    return texts + [text for one in needed if (text := _unseen(one))]


def _unseen(one: Seen) -> str | None:
    try:
        content = _content(one.path)
    except OSError:
        return f"cannot access {one.path}"
    except MoueError as error:
        return f"cannot read the store: {error}"
    if content != one.content:
        return f"has another file or folder at {one.path}"
    return None


def _content(path: Location) -> str | None:
    """Return the SHA-256 of the first bytes of a file; None for a folder."""
    if isinstance(path, StoredObject):
        return hashlib.sha256(path.read_bytes()[:_SAMPLE]).hexdigest()
    if path.is_dir():
        return None
    with path.open("rb") as file:
        return hashlib.sha256(file.read(_SAMPLE)).hexdigest()


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None
