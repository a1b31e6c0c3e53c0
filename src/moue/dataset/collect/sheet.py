"""A contact sheet of what has just been collected, to see at a glance whether it is any good."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np

from moue.catalog import Catalog
from moue.draw import sheet
from moue.errors import ImageError
from moue.files import write_bytes
from moue.image import encode_jpeg, fit, read_image
from moue.origins import origins
from moue.sample import Image
from moue.workspace import Workspace

SHOWN = 48
_SIDE = 168


def collected(workspace: Workspace, catalog: Catalog, names: Sequence[str], new: int) -> list[Path]:
    """Draw the first of the pictures that are new, with their names, licences and sites.

    Args:
        names: of the samples to show, at most `SHOWN`.
        new: how many are new in all.

    Returns:
        The sheet, in `reports/collect/`; nothing where there is nothing to show.
    """
    if not names:
        return []
    tiles = [(_thumbnail(workspace, catalog, name), _caption(catalog, name)) for name in names]
    path = workspace.reports / "collect" / "new.jpg"
    heading = f"Collected: {len(names)} of {new:,} new pictures"
    write_bytes(path, encode_jpeg(sheet(tiles, heading), 88))
    return [path]


def _thumbnail(workspace: Workspace, catalog: Catalog, name: str) -> Image:
    sample = next(catalog.samples("name = ?", [name]))
    try:
        return fit(read_image(workspace.original(sample)), _SIDE)
    except (ImageError, OSError):  # its header was fine; `convert` will give the reason
        return np.full((_SIDE, _SIDE, 3), 225, np.uint8)


def _caption(catalog: Catalog, name: str) -> str:
    origin = next(origins(catalog, name))
    where = urlsplit(origin.page or origin.url).hostname or origin.engine
    return f"{name}\n{origin.licence or 'no licence'}, {where}"
