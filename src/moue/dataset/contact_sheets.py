"""Contact sheets in `reports/`: new pictures, results of `clean`, clusters of near-duplicates."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np

from moue.dataset.dedupe import DedupeSettings
from moue.dataset.signatures import Signature
from moue.dataset.similarity_index import SimilarityIndex
from moue.errors import ImageError
from moue.i18n.language import current
from moue.media.draw import Mark, contact_sheet, draw_boxes, sheet_text
from moue.media.image import encode_jpeg, read_image, resize_to_fit
from moue.store import Location
from moue.workspace import queries
from moue.workspace.context import Context
from moue.workspace.drop_reasons import DROP_REASONS
from moue.workspace.owned_files import put, remove
from moue.workspace.provenance import origins
from moue.workspace.recorded_files import listed
from moue.workspace.types import Image, Sample
from moue.workspace.workspace import Workspace

__all__ = [
    "COLUMNS", "MAX_PAGES", "ROWS", "Tile", "draw_clean_sheets", "draw_collected_sheet",
    "draw_duplicate_sheets", "draw_pages", "draw_rows", "read_thumbnail", "remove_sheets",
    "thumbnail",
]  # fmt: skip

MAX_PAGES = 20
"""Maximum number of pages of one series of contact sheets."""
COLUMNS, ROWS = 8, 6
PER_PAGE = COLUMNS * ROWS
Tile = tuple[Image | None, str]
"""Thumbnail, or None for an empty cell, and its caption of at most two lines."""

_SIDE = 168
"""Longer side of a thumbnail, in pixels."""


def draw_collected_sheet(context: Context) -> list[Path]:
    """Draw a contact sheet of the pictures that were collected since the last sheet.

    Captions show licences and hosts. The catalog records the last picture on a sheet, so
    the next call also draws the pictures that an interrupted call did not draw.

    Returns:
        Path of the sheet in `reports/collect/`; an empty list if there are no new pictures.
    """
    catalog = context.catalog
    last = catalog.step_key("sheet", "collect")
    rows = queries.newest_samples(catalog, after=int(last or 0))
    if not rows:
        return []
    by_query: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for _, name, engine, query in rows:
        by_query[engine, query].append(name)
    quota = -(-PER_PAGE // len(by_query))
    names = [name for names in by_query.values() for name in names[:quota]][:PER_PAGE]
    tiles = [_collected_tile(context, name) for name in names]
    path = context.workspace.reports / "collect" / "new.jpg"
    heading = sheet_text(
        "Collected: {shown} of {count} new pictures", shown=len(names), count=f"{len(rows):,}"
    )
    put(catalog, path, encode_jpeg(contact_sheet(tiles, heading), 88), "collect")
    catalog.mark_done("sheet", str(rows[-1][0]), ["collect"])
    return [path]


def _collected_tile(context: Context, name: str) -> Tile:
    # A damaged picture gets a blank tile; `convert` records the reason.
    image = read_thumbnail(context.workspace.original(context.catalog.sample(name)))
    origin = next(origins(context.catalog, name))
    host = urlsplit(origin.page or origin.url).hostname or origin.engine
    return image, f"{name}\n{origin.licence or sheet_text('no licence')}, {host}"


def draw_clean_sheets(
    context: Context, reasons: Iterable[str], reason_of: Callable[[Sample], str | None]
) -> list[Path]:
    """Draw one series of contact sheets for each drop reason of `clean`, and one for kept pictures.

    Args:
        reasons: Drop reasons that some sample has, in the order of the series.
        reason_of: Function from a sample to its drop reason; None for a kept sample.

    Returns:
        Paths of the pages in `reports/clean/`, at most `MAX_PAGES` for each series.
    """
    folder = context.workspace.reports / "clean"
    remove_sheets(context, "clean")
    pages: list[Path] = []
    for reason in reasons:
        meaning = sheet_text(DROP_REASONS[reason])
        title = sheet_text("Dropped: {reason} ({meaning})", reason=reason, meaning=meaning)
        stem = folder / f"dropped-{reason}"
        pages += _clean_pages(context, stem, title, reason_of, reason)
    pages += _clean_pages(context, folder / "kept", sheet_text("Kept, with faces"), reason_of, None)
    return pages


def _clean_pages(
    context: Context,
    stem: Path,
    title: str,
    reason_of: Callable[[Sample], str | None],
    reason: str | None,
) -> Iterator[Path]:
    """Yield the page paths for a drop reason, or for the kept pictures if `reason` is None."""
    samples = (s for s in queries.clean_candidates(context.catalog) if reason_of(s) == reason)
    drawn = list(islice(samples, PER_PAGE * MAX_PAGES))
    more = next(samples, None) is not None
    found = sheet_text(
        "{title}: {n} pictures, and more" if more else "{title}: {n} pictures",
        title=title,
        n=len(drawn),
    )
    tiles = (
        (thumbnail(context.workspace, s), _clean_caption(s, reason))
        for s in context.progress.track(drawn, f"sheet {stem.name}", len(drawn))
    )
    return draw_pages(context, stem, found, tiles, len(drawn))


def _clean_caption(sample: Sample, reason: str | None) -> str:
    if reason is not None:
        return f"{sample.name}\n{sheet_text(sample.detail or '')}"
    count = len(sample.faces or ())
    faces = f"{count} face{'s' if count != 1 else ''}"
    return f"{sample.name}\n{faces}, {sample.scores.get('face_px', 0):.0f} px"


def draw_duplicate_sheets(context: Context) -> list[Path]:
    """Draw contact sheets of the clusters of `dedupe`, one cluster in each row, best picture first.

    Captions state the relation of each picture to the first of its row, and whether it was kept.

    Returns:
        Paths of the new pages in `reports/dedupe/`, at most `MAX_PAGES`; an empty list if no
        cluster has changed since the last call.
    """
    catalog = context.catalog
    radius = context.config.get(DedupeSettings).radius
    clusters: dict[str, list[Sample]] = defaultdict(list)
    state = hashlib.sha256(f"{radius} {current()}".encode())
    for sample in queries.grouped_samples(catalog):
        state.update(f"{sample.name} {sample.group} {sample.dropped}\n".encode())
        if sample.group in clusters or len(clusters) < MAX_PAGES * ROWS:
            clusters[str(sample.group)].append(sample)
    # `moue forget` removes all sheets, even if no cluster has changed.
    drawn = bool(listed(catalog, "reports/dedupe"))
    if catalog.is_done("sheets", state.hexdigest(), "dedupe") and drawn == bool(clusters):
        return []
    remove_sheets(context, "dedupe")
    rows = (
        _duplicates_row(context, members, radius)
        for members in context.progress.track(clusters.values(), "sheet duplicates", len(clusters))
    )
    stem = context.workspace.reports / "dedupe" / "clusters"
    pages = list(
        draw_rows(context, stem, sheet_text("Near-duplicates, best first"), rows, len(clusters))
    )
    catalog.mark_done("sheets", state.hexdigest(), ["dedupe"])
    return pages


def _duplicates_row(context: Context, members: list[Sample], radius: int) -> list[Tile]:
    """Return the tiles of a cluster: kept pictures, then dropped pictures, both best first."""
    pairs = [(Signature.of(sample), sample) for sample in members]
    pairs.sort(key=lambda pair: (pair[1].dropped is not None, *(-q for q in pair[0].quality)))
    shown = pairs[:COLUMNS]
    index = SimilarityIndex.of(context.catalog, [row for row, _ in shown])
    tiles: list[Tile] = []
    for position, (_, sample) in enumerate(shown):
        first = sheet_text("{n} pictures", n=len(members))
        relation = sheet_text(index.relation(0, position, radius)) if position else first
        state = sheet_text(
            "{relation}, dropped" if sample.dropped else "{relation}, kept", relation=relation
        )
        tiles.append((thumbnail(context.workspace, sample), f"{sample.name}\n{state}"))
    return tiles


def draw_rows(
    context: Context, stem: Path, title: str, rows: Iterable[Sequence[Tile]], count: int
) -> Iterator[Path]:
    """Write contact sheets of rows of at most `COLUMNS` tiles; yield the path of each page.

    Args:
        stem: Path of the pages without page number and suffix.
        title: Heading of the pages.
        rows: Tiles of each row.
        count: Number of rows.
    """
    empty: Tile = (None, "")
    tiles = (tile for row in rows for tile in (*row, *[empty] * (COLUMNS - len(row))))
    return draw_pages(context, stem, title, tiles, count * COLUMNS)


def draw_pages(
    context: Context,
    stem: Path,
    title: str,
    tiles: Iterable[Tile],
    count: int,
    columns: int = COLUMNS,
    side: int = _SIDE,
) -> Iterator[Path]:
    """Write contact sheets of at most `PER_PAGE` tiles; yield the path of each page.

    Args:
        stem: Path of the pages without page number and suffix.
        title: Heading of the pages.
        tiles: Tiles in order; an iterator is read page by page.
        count: Number of tiles.
        columns: Number of tiles in each row.
        side: Longer side of a tile, in pixels.
    """
    source, last = iter(tiles), -(-count // PER_PAGE)
    for page in range(1, last + 1):
        heading = sheet_text("{title}, page {page} of {last}", title=title, page=page, last=last)
        sheet = contact_sheet(list(islice(source, PER_PAGE)), heading, columns, side)
        path = stem.with_name(f"{stem.name}-{page:02d}.jpg")
        put(context.catalog, path, encode_jpeg(sheet, 88), stem.parent.name)
        yield path


def remove_sheets(context: Context, folder: str) -> None:
    """Remove every file that moue wrote to `reports/<folder>/`."""
    for old in listed(context.catalog, f"reports/{folder}"):
        remove(context.catalog, context.workspace.root / old)


def thumbnail(workspace: Workspace, sample: Sample) -> Image:
    """Return an RGB thumbnail of a sample with its face boxes; blank if the file is unreadable."""
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


def read_thumbnail(path: Location, side: int = _SIDE) -> Image:
    """Return an RGB thumbnail of a picture file; blank if the file is unreadable.

    Args:
        side: Maximum width and height of the thumbnail, in pixels.
    """
    try:
        return resize_to_fit(read_image(path), side)
    except (ImageError, OSError):
        return _blank(side)


def _blank(side: int = _SIDE) -> Image:
    return np.full((side, side, 3), 225, np.uint8)
