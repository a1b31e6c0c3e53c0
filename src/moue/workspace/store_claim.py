"""Check that the configured store holds the pictures of a catalog, and claim a new store.

A store belongs to one workspace. The file `moue-store.json` in the store and the table `store` of
the catalog contain the same id. The table is empty if the store is the folder of the workspace.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from pathlib import Path

from moue.errors import ConfigError
from moue.files import write_bytes
from moue.store import Location, Store, StoredObject
from moue.workspace.catalog import Catalog
from moue.workspace.layout import PICTURES

MARKER = "moue-store.json"
"""Name of the file in a store with the id of its workspace."""
_ID = "workspace"


def check_store(catalog: Catalog, configured: Store | None) -> None:
    """Check the store of a workspace before a command writes to it; claim a new store.

    Args:
        catalog: catalog, opened for writing by the only writer.
        configured: store of the setting `store`; None for the folder of the workspace.

    Raises:
        ConfigError: the pictures are elsewhere, the store belongs to another workspace, or its
            folder is not there.
        StoreError: the object store cannot be reached, or refuses a request.
    """
    rows = catalog.execute("SELECT url, id FROM store")
    recorded, identifier = (rows[0]["url"], rows[0]["id"]) if rows else ("", "")
    url = "" if configured is None else str(configured)
    if url == recorded:
        if configured is not None:
            _check_mounted(configured)
        return
    known = _some_file(catalog)
    if known is not None and not catalog.store.file(known).exists():
        raise ConfigError(
            f"the pictures of this workspace are in {recorded or catalog.path.parent}, but not in "
            f"{catalog.store}: {known} is missing there; correct `store` in moue.toml, or copy the "
            f"folders {', '.join(PICTURES)} there first"
        )
    if configured is not None:
        identifier = _claimed(configured, identifier or uuid.uuid4().hex, new=known is None)
    with catalog.transaction():
        catalog.execute("DELETE FROM store")
        if configured is not None:
            catalog.execute("INSERT INTO store VALUES (?, ?)", [url, identifier])


def store_keys(catalog: Catalog) -> Iterator[str]:
    """Yield the key of each file that moue wrote to the store."""
    for folder in PICTURES:
        last = f"{folder}/"
        while rows := catalog.execute(
            "SELECT DISTINCT path FROM files WHERE path > ? AND path < ? ORDER BY path LIMIT 1000",
            [last, f"{folder}0"],
        ):
            yield from (row["path"] for row in rows)
            last = rows[-1]["path"]


def forget_store(catalog: Catalog) -> None:
    """Remove the record of a store, so that the pictures are in the folder of the workspace."""
    with catalog.transaction():
        catalog.execute("DELETE FROM store")


def _some_file(catalog: Catalog) -> str | None:
    """Return the key of a file that moue wrote to the store; None if there is none."""
    for folder in PICTURES:
        rows = catalog.execute(
            "SELECT path FROM files WHERE path >= ? AND path < ? LIMIT 1",
            [f"{folder}/", f"{folder}0"],
        )
        if rows:
            return str(rows[0]["path"])
    return None


def _check_mounted(store: Store) -> None:
    # Without its disk, the folder of the store is an empty folder of this machine.
    if isinstance(store.root, Path) and not (store.root / MARKER).is_file():
        raise ConfigError(
            f"{store}: {MARKER} is missing, so this is not the store of this workspace; mount its "
            "disk, or correct `store` in moue.toml"
        )


def _claimed(store: Store, identifier: str, new: bool) -> str:
    """Write the marker of a store unless it exists; return the id in the marker.

    Raises:
        ConfigError: the store belongs to another workspace, or its folders contain other files.
    """
    marker = store.file(MARKER)
    try:
        found = str(json.loads(marker.read_bytes())[_ID])
    except FileNotFoundError:
        found = ""
    except (ValueError, TypeError, KeyError) as error:
        raise ConfigError(f"{marker} is damaged; use another store") from error
    if found and found != identifier:
        raise ConfigError(
            f"{store} is the store of another workspace; each workspace needs its own store"
        )
    if not found:
        if new and isinstance(store.root, Path):
            _check_empty(store.root)
        _write(marker, json.dumps({_ID: identifier}).encode() + b"\n")
    return identifier


def _check_empty(root: Path) -> None:
    for folder in (root / name for name in PICTURES):
        if folder.is_dir() and any(folder.iterdir()):
            raise ConfigError(f"{folder} is not empty; use another folder as the store")


def _write(place: Location, data: bytes) -> None:
    if isinstance(place, StoredObject):
        place.write_bytes(data)
    else:
        write_bytes(place, data)
