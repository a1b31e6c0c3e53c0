"""Contact sheets of what dedupe put together: a row for each cluster, the best picture first."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from itertools import islice
from pathlib import Path

from moue.dataset.contact_sheets import MAX_PAGES, thumbnail
from moue.dataset.copies import Looks, look_of
from moue.dataset.dedupe import IN_PLAY, quality
from moue.media.draw import contact_sheet
from moue.media.image import encode_jpeg
from moue.progress import Progress
from moue.workspace.catalog import Catalog
from moue.workspace.owned_files import listed, put, remove
from moue.workspace.types import Image, Sample
from moue.workspace.workspace import Workspace

FOLDER = "dedupe"
_COLUMNS, _ROWS = 8, 6


def duplicate_sheets(
    workspace: Workspace, catalog: Catalog, radius: int, progress: Progress
) -> list[Path]:
    """Draw the clusters of `dedupe`, unless they are drawn already; return the pages.

    Each picture's caption says how it relates to the first of its row, and whether it stays.

    Args:
        radius: bits by which near pictures differ at most, as in `DedupeSettings`.

    Returns:
        Pages in `reports/dedupe/`, at most `MAX_PAGES`; none where nothing has changed.
    """
    clusters: dict[str, list[Sample]] = defaultdict(list)
    seen = hashlib.sha256(str(radius).encode())
    for sample in catalog.samples(f'{IN_PLAY} AND "group" IS NOT NULL'):
        seen.update(f"{sample.name} {sample.group} {sample.dropped}\n".encode())
        if sample.group in clusters or len(clusters) < MAX_PAGES * _ROWS:
            clusters[str(sample.group)].append(sample)
    drawn = listed(catalog, f"reports/{FOLDER}")
    # `moue forget` removes all sheets, also where no cluster has changed by it.
    if catalog.is_done("sheets", seen.hexdigest(), FOLDER) and bool(drawn) == bool(clusters):
        return []
    folder = workspace.reports / FOLDER
    for old in drawn:
        remove(catalog, workspace.root / old)
    pages = []
    rows = progress.track(clusters.values(), "sheet duplicates", len(clusters))
    last = -(-len(clusters) // _ROWS)
    for page in range(1, last + 1):
        tiles: list[tuple[Image | None, str]] = []
        for members in islice(rows, _ROWS):
            tiles += _row(workspace, catalog, members, radius)
        title = f"Copies and near-duplicates, best first: page {page} of {last}"
        path = folder / f"clusters-{page:02d}.jpg"
        put(catalog, path, encode_jpeg(contact_sheet(tiles, title, _COLUMNS), 88), FOLDER)
        pages.append(path)
    catalog.mark_done("sheets", seen.hexdigest(), [FOLDER])
    return pages


def _row(
    workspace: Workspace, catalog: Catalog, members: list[Sample], radius: int
) -> list[tuple[Image | None, str]]:
    """Return one row of tiles: the best that stays, the others that stay, what was dropped."""
    ordered = sorted(members, key=lambda s: (s.dropped is not None, *(-q for q in quality(s))))
    shown = ordered[:_COLUMNS]
    looks = Looks(catalog, [look_of(s) for s in shown], [s.name for s in shown])
    tiles: list[tuple[Image | None, str]] = []
    for index, sample in enumerate(shown):
        how = looks.relation(0, index, radius) if index else f"{len(members)} pictures"
        state = "dropped" if sample.dropped else "kept"
        tiles.append((thumbnail(workspace, sample), f"{sample.name}\n{how}, {state}"))
    return tiles + [(None, "")] * (_COLUMNS - len(tiles))
