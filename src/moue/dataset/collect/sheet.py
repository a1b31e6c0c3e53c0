"""A contact sheet of what has just been collected, to see at a glance whether it is any good."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np

from moue.catalog import Catalog
from moue.draw import sheet
from moue.errors import ImageError
from moue.image import encode_jpeg, fit, read_image
from moue.origins import origins
from moue.owned import put
from moue.sample import Image
from moue.workspace import Workspace

SHOWN = 48
_SIDE = 168


def collected(workspace: Workspace, catalog: Catalog) -> list[Path]:
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
    put(catalog, path, encode_jpeg(sheet(tiles, heading), 88), "collect")
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
        if len(names) < SHOWN:
            names.append(row["name"])
        count, last = count + 1, row["number"]
    share = -(-SHOWN // max(1, len(each)))
    return [name for names in each.values() for name in names[:share]][:SHOWN], count, last


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
