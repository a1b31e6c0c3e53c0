"""A workspace with crops and pictures for tests of the studio."""

from __future__ import annotations

import numpy as np

import rows
from moue.media.image import encode_jpeg, encode_png
from moue.workspace.catalog import Catalog
from moue.workspace.owned_files import put
from moue.workspace.workspace import Workspace


def fill(workspace: Workspace, count: int, files: bool = False) -> list[str]:
    """Add pictures with one mouth each; return their names."""
    names = [f"photo-{number:04d}" for number in range(count)]
    with workspace.locked() as (catalog, _):
        rows.add(catalog, *(rows.sample(name) for name in names))
        if files:
            for number, name in enumerate(names):
                _write(workspace, catalog, name, number)
    return names


def labels(workspace: Workspace) -> dict[str, str]:
    """The label of each labelled mouth."""
    with workspace.reading() as catalog:
        return {mouth.name: mouth.label for mouth in catalog.mouths() if mouth.label}


def _write(workspace: Workspace, catalog: Catalog, name: str, number: int) -> None:
    grey = np.full((96, 128, 3), number % 200, np.uint8)
    put(catalog, workspace.image(name), encode_jpeg(grey), name)
    put(catalog, workspace.mouth(name), encode_png(grey[:40, :40]), name)
