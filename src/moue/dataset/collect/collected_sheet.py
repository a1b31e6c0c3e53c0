"""A contact sheet of what has just been collected, to see at a glance whether it is any good."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np

from moue.errors import ImageError
from moue.media.draw import contact_sheet
from moue.media.image import encode_jpeg, read_image, resize_to_fit
from moue.workspace.catalog import Catalog
from moue.workspace.owned_files import put
from moue.workspace.provenance import origins
from moue.workspace.types import Image
from moue.workspace.workspace import Workspace

MAX_THUMBNAILS = 48
_SIDE = 168


def draw_collected_sheet(workspace: Workspace, catalog: Catalog) -> list[Path]:
    """Draw some of the pictures that came since the last sheet: names, licences and sites.

    What the last sheet showed is noted in the catalog, so that a call that was killed, and is
    made again, shows all that both have brought.

    Returns:
        The sheet, in `reports/collect/`; nothing where there is nothing new.
    """
    names, count, last = _new(catalog)
    if not names:
        return []
    tiles = [(_thumbnail(workspace, catalog, name), _caption(catalog, name)) for name in names]
    path = workspace.reports / "collect" / "new.jpg"
    heading = f"Collected: {len(names)} of {count:,} new pictures"
    put(catalog, path, encode_jpeg(contact_sheet(tiles, heading), 88), "collect")
    catalog.mark_done("sheet", str(last), ["collect"])
    return [path]


def _new(catalog: Catalog) -> tuple[list[str], int, int]:
    """Return some new pictures, of each query and engine; how many there are; the last's number."""
    shown = catalog.rows("SELECT key FROM steps WHERE name = 'collect' AND stage = 'sheet'")
    after = int(shown[0]["key"]) if shown else 0
    each: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    count, last = 0, after
    # The first origin of a picture is the one that brought it.
    sql = (
        "SELECT samples.id AS number, name, engine, query FROM samples JOIN origins ON "
        "origins.id = (SELECT min(id) FROM origins WHERE sample = name) "
        "WHERE samples.id > ? ORDER BY samples.id"
    )
    for row in catalog.rows(sql, [after]):
        names = each[row["engine"], row["query"]]
        if len(names) < MAX_THUMBNAILS:
            names.append(row["name"])
        count, last = count + 1, row["number"]
    share = -(-MAX_THUMBNAILS // max(1, len(each)))
    return [name for names in each.values() for name in names[:share]][:MAX_THUMBNAILS], count, last


def _thumbnail(workspace: Workspace, catalog: Catalog, name: str) -> Image:
    sample = next(catalog.samples("name = ?", [name]))
    try:
        return resize_to_fit(read_image(workspace.original(sample)), _SIDE)
    except (ImageError, OSError):  # its header was fine; `convert` will give the reason
        return np.full((_SIDE, _SIDE, 3), 225, np.uint8)


def _caption(catalog: Catalog, name: str) -> str:
    origin = next(origins(catalog, name))
    where = urlsplit(origin.page or origin.url).hostname or origin.engine
    return f"{name}\n{origin.licence or 'no licence'}, {where}"
