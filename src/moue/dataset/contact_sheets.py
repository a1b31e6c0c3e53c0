"""Contact sheets in `reports/`: what was collected, what `clean` dropped, and near-duplicates."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np

from moue.dataset.dedupe import DedupeSettings, quality
from moue.dataset.find_duplicates import SimilarityIndex, signature_of
from moue.errors import ImageError
from moue.media.draw import Mark, contact_sheet, draw_boxes
from moue.media.image import encode_jpeg, read_image, resize_to_fit
from moue.workspace import queries
from moue.workspace.catalog import Catalog
from moue.workspace.context import Context
from moue.workspace.drop_reasons import DROP_REASONS
from moue.workspace.owned_files import listed, put, remove
from moue.workspace.provenance import origins
from moue.workspace.types import Image, Sample
from moue.workspace.workspace import Workspace

__all__ = [
    "MAX_PAGES",
    "draw_clean_sheets",
    "draw_collected_sheet",
    "draw_duplicate_sheets",
    "draw_rows",
    "remove_sheets",
    "thumbnail",
]

PER_PAGE = 48
MAX_PAGES = 20
"""Maximum pages of one subject; nobody looks at more."""
COLUMNS, ROWS = 8, 6
"""Of sheets on which each row shows one cluster."""
Tile = tuple[Image | None, str]
"""A thumbnail, None for an empty place; and its caption of up to two lines."""

_SIDE = 168
"""Longer side of a thumbnail, in pixels."""


def draw_collected_sheet(workspace: Workspace, catalog: Catalog) -> list[Path]:
    """Draw pictures that were collected since the last sheet, with licences and hosts.

    The catalog notes what the last sheet covered. So after a kill, the next call also covers the
    pictures of the killed one.

    Returns:
        The sheet in `reports/collect/`; no file if nothing is new.
    """
    last = queries.last_key(catalog, "sheet", "collect")
    rows = queries.newest_samples(catalog, after=int(last or 0))
    if not rows:
        return []
    by_query: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for _, name, engine, query in rows:
        by_query[engine, query].append(name)
    quota = -(-PER_PAGE // len(by_query))
    names = [name for names in by_query.values() for name in names[:quota]][:PER_PAGE]
    tiles = [_collected_tile(workspace, catalog, name) for name in names]
    path = workspace.reports / "collect" / "new.jpg"
    heading = f"Collected: {len(names)} of {len(rows):,} new pictures"
    put(catalog, path, encode_jpeg(contact_sheet(tiles, heading), 88), "collect")
    catalog.mark_done("sheet", str(rows[-1][0]), ["collect"])
    return [path]


def _collected_tile(workspace: Workspace, catalog: Catalog, name: str) -> Tile:
    try:
        image = resize_to_fit(read_image(workspace.original(catalog.sample(name))), _SIDE)
    except (ImageError, OSError):  # `convert` gives the reason
        image = _blank()
    origin = next(origins(catalog, name))
    host = urlsplit(origin.page or origin.url).hostname or origin.engine
    return image, f"{name}\n{origin.licence or 'no licence'}, {host}"


def draw_clean_sheets(context: Context, verdicts: Mapping[str, str]) -> list[Path]:
    """Draw what `clean` dropped, by reason, and what it kept, with the detected faces.

    Args:
        verdicts: drop reason by sample name.

    Returns:
        The pages in `reports/clean/`, at most `MAX_PAGES` for each reason.
    """
    catalog, folder = context.catalog, context.workspace.reports / "clean"
    remove_sheets(context.workspace, catalog, "clean")
    pages: list[Path] = []
    for reason in sorted(set(verdicts.values())):
        title = f"Dropped: {reason} ({DROP_REASONS[reason]})"
        dropped = (s for s in queries.clean_candidates(catalog) if verdicts.get(s.name) == reason)
        stem = folder / f"dropped-{reason}"
        pages += _clean_pages(context, stem, title, dropped, _drop_detail)
    kept = (s for s in queries.clean_candidates(catalog) if s.name not in verdicts)
    return pages + _clean_pages(context, folder / "kept", "Kept, with faces", kept, _face_count)


def _clean_pages(
    context: Context,
    stem: Path,
    title: str,
    samples: Iterator[Sample],
    caption: Callable[[Sample], str],
) -> list[Path]:
    drawn = list(islice(samples, PER_PAGE * MAX_PAGES))
    more = ", and more" if next(samples, None) else ""
    last = -(-len(drawn) // PER_PAGE)
    pages = []
    source = context.progress.track(drawn, f"sheet {stem.name}", len(drawn))
    for page in range(1, last + 1):
        tiles = [
            (thumbnail(context.workspace, s), f"{s.name}\n{caption(s)}")
            for s in islice(source, PER_PAGE)
        ]
        path = stem.with_name(f"{stem.name}-{page:02d}.jpg")
        heading = f"{title}: {len(drawn)} pictures{more}, page {page} of {last}"
        put(context.catalog, path, encode_jpeg(contact_sheet(tiles, heading), 88), "clean")
        pages.append(path)
    return pages


def _drop_detail(sample: Sample) -> str:
    return sample.detail or ""


def _face_count(sample: Sample) -> str:
    count = len(sample.faces or ())
    return f"{count} face{'s' if count != 1 else ''}, {sample.scores.get('face_px', 0):.0f} px"


def draw_duplicate_sheets(context: Context) -> list[Path]:
    """Draw the clusters of `dedupe`, one in each row, the best picture first.

    Captions say how each picture relates to the first of its row, and whether it stays. Nothing
    is drawn if no cluster has changed since the last call.

    Returns:
        The pages in `reports/dedupe/`, at most `MAX_PAGES`.
    """
    workspace, catalog = context.workspace, context.catalog
    radius = context.config.get(DedupeSettings).radius
    clusters: dict[str, list[Sample]] = defaultdict(list)
    state = hashlib.sha256(str(radius).encode())
    for sample in queries.grouped_samples(catalog):
        state.update(f"{sample.name} {sample.group} {sample.dropped}\n".encode())
        if sample.group in clusters or len(clusters) < MAX_PAGES * ROWS:
            clusters[str(sample.group)].append(sample)
    # `moue forget` removes all sheets, even if no cluster has changed.
    drawn = bool(listed(catalog, "reports/dedupe"))
    if catalog.is_done("sheets", state.hexdigest(), "dedupe") and drawn == bool(clusters):
        return []
    remove_sheets(workspace, catalog, "dedupe")
    rows = (
        _duplicates_row(workspace, catalog, members, radius)
        for members in context.progress.track(clusters.values(), "sheet duplicates", len(clusters))
    )
    stem = workspace.reports / "dedupe" / "clusters"
    pages = list(draw_rows(catalog, stem, "Near-duplicates, best first", rows, len(clusters)))
    catalog.mark_done("sheets", state.hexdigest(), ["dedupe"])
    return pages


def _duplicates_row(
    workspace: Workspace, catalog: Catalog, members: list[Sample], radius: int
) -> list[Tile]:
    """Return the tiles of a cluster: kept pictures first, then dropped ones, each best first."""
    ordered = sorted(members, key=lambda s: (s.dropped is not None, *(-q for q in quality(s))))
    shown = ordered[:COLUMNS]
    index = SimilarityIndex(catalog, [signature_of(s) for s in shown], [s.name for s in shown])
    tiles: list[Tile] = []
    for position, sample in enumerate(shown):
        relation = index.relation(0, position, radius) if position else f"{len(members)} pictures"
        state = "dropped" if sample.dropped else "kept"
        tiles.append((thumbnail(workspace, sample), f"{sample.name}\n{relation}, {state}"))
    return tiles


def draw_rows(
    catalog: Catalog, stem: Path, title: str, rows: Iterator[Sequence[Tile]], count: int
) -> Iterator[Path]:
    """Write sheets with `ROWS` rows of up to `COLUMNS` tiles; yield the pages.

    Args:
        stem: path of the pages without their number.
        rows: `count` rows, read page by page.
    """
    last = -(-count // ROWS)
    for page in range(1, last + 1):
        tiles: list[Tile] = []
        for row in islice(rows, ROWS):
            tiles += [*row, *[(None, "")] * (COLUMNS - len(row))]
        path = stem.with_name(f"{stem.name}-{page:02d}.jpg")
        sheet = contact_sheet(tiles, f"{title}: page {page} of {last}", COLUMNS)
        put(catalog, path, encode_jpeg(sheet, 88), stem.parent.name)
        yield path


def remove_sheets(workspace: Workspace, catalog: Catalog, folder: str) -> None:
    """Remove the files that moue wrote to a folder in `reports/`."""
    for old in listed(catalog, f"reports/{folder}"):
        remove(catalog, workspace.root / old)


def thumbnail(workspace: Workspace, sample: Sample) -> Image:
    """Return a small copy with the detected faces drawn; a blank one if the file is lost."""
    try:
        image = read_image(workspace.image(sample.name))
    except (ImageError, OSError):
        return _blank()
    small = resize_to_fit(image, _SIDE)
    scale = small.shape[1] / image.shape[1]
    faces = sample.faces or ()
    marks = [
        Mark(face.box * scale, str(number) if len(faces) > 1 else "")
        for number, face in enumerate(faces, 1)
    ]
    return draw_boxes(small, marks)


def _blank() -> Image:
    return np.full((_SIDE, _SIDE, 3), 225, np.uint8)
