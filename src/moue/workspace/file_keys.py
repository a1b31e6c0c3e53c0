"""The paths in the table `files` of the catalog, and the places of the files."""

from __future__ import annotations

from pathlib import Path

from moue.errors import CatalogError
from moue.files import absolute
from moue.store import Location, Store, is_url
from moue.workspace.catalog import Catalog
from moue.workspace.layout import PICTURES


def key_of(catalog: Catalog, path: Location | str, anywhere: bool) -> str:
    """Return the key of a file in the table `files`.

    The key is the path relative to the store or to the workspace, or absolute outside both.

    Args:
        catalog: open catalog.
        path: place of the file, or the text of it.
        anywhere: True to allow a file outside the workspace and its store.

    Raises:
        CatalogError: the file is outside the workspace and its store.
    """
    if (key := _key_in_store(catalog, path)) is not None:
        return key
    if is_url(str(path)):
        raise CatalogError(f"{path}: the object is outside the store, where moue writes no files")
    full, root = absolute(Path(str(path))), absolute(catalog.path.parent)
    if full.is_relative_to(root):
        full = full.relative_to(root)
    elif not anywhere:
        raise CatalogError(f"{path}: the path is outside the workspace, where moue writes no files")
    return full.as_posix()


def place_of(catalog: Catalog, key: str) -> Location:
    """Return the place of a file of the table."""
    if is_in_store(key):
        return catalog.store.file(key)
    return catalog.path.parent / key


def is_inside(catalog: Catalog, path: Location) -> bool:
    """Return whether a file is in the workspace or in its store."""
    if _key_in_store(catalog, path) is not None:
        return True
    return isinstance(path, Path) and absolute(path).is_relative_to(absolute(catalog.path.parent))


def parts_of(catalog: Catalog, target: Location) -> Path | None:
    """Return the folder for the part file of a target; None for a target outside the workspace."""
    if _key_in_store(catalog, target) is not None:
        return catalog.store.parts
    return Store.in_folder(catalog.path.parent).parts if is_inside(catalog, target) else None


def in_own_store(catalog: Catalog, folder: str) -> bool:
    """Return whether a folder of the table is in a store outside the workspace."""
    own = Store.in_folder(catalog.path.parent)
    return is_in_store(folder) and catalog.store.root != own.root


def _key_in_store(catalog: Catalog, path: Location | str) -> str | None:
    key = catalog.store.key(path)
    return key if key is not None and is_in_store(key) else None


def is_in_store(key: str) -> bool:
    """Return whether a path of the table is that of a picture file, which is in the store."""
    return key.partition("/")[0] in PICTURES
