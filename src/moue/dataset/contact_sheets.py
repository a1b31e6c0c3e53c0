"""Contact sheets, so that a person can check by eye what a stage decided."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from pathlib import Path

import numpy as np

from moue.errors import ImageError
from moue.media.draw import Mark, contact_sheet, draw_boxes
from moue.media.image import encode_jpeg, read_image, resize_to_fit
from moue.workspace.context import Context
from moue.workspace.owned_files import listed, put, remove
from moue.workspace.types import DROP_REASONS, Image, Sample
from moue.workspace.workspace import Workspace

PER_PAGE = 48
MAX_PAGES = 20
IN_PLAY = "faces IS NOT NULL AND (dropped IS NULL OR decided_by IN ('clean', 'dedupe'))"
"""The samples on which clean may decide; what others have set aside is none of its business."""

_SIDE = 168


def clean_sheets(context: Context, verdicts: Mapping[str, str]) -> list[Path]:
    """Draw what clean dropped, by reason, and what it kept with the faces and their number.

    Args:
        verdicts: drop reason by sample name.

    Returns:
        The pages in `reports/clean/`, at most `MAX_PAGES` for each reason.
    """
    workspace, catalog = context.workspace, context.catalog
    folder = workspace.reports / "clean"
    for old in listed(catalog, "reports/clean"):
        remove(catalog, workspace.root / old)
    pages: list[Path] = []
    for reason in sorted(set(verdicts.values())):
        title = f"Dropped: {reason} ({DROP_REASONS[reason]})"
        chosen = (s for s in catalog.samples(IN_PLAY) if verdicts.get(s.name) == reason)
        pages += _pages(context, folder / f"dropped-{reason}", title, chosen, _why)
    kept = (s for s in catalog.samples(IN_PLAY) if s.name not in verdicts)
    return pages + _pages(context, folder / "kept", "Kept, with faces", kept, _faces)


def _pages(
    context: Context,
    stem: Path,
    title: str,
    samples: Iterator[Sample],
    caption: Callable[[Sample], str],
) -> list[Path]:
    chosen = list(islice(samples, PER_PAGE * MAX_PAGES))
    more = ", and more" if next(samples, None) else ""
    last = -(-len(chosen) // PER_PAGE)
    pages = []
    source = context.progress.track(chosen, f"sheet {stem.name}", len(chosen))
    for page in range(1, last + 1):
        tiles = [
            (thumbnail(context.workspace, s), f"{s.name}\n{caption(s)}")
            for s in islice(source, PER_PAGE)
        ]
        path = stem.with_name(f"{stem.name}-{page:02d}.jpg")
        heading = f"{title}: {len(chosen)} pictures{more}, page {page} of {last}"
        put(context.catalog, path, encode_jpeg(contact_sheet(tiles, heading), 88), "clean")
        pages.append(path)
    return pages


def thumbnail(workspace: Workspace, sample: Sample) -> Image:
    """A small copy with every face found; an empty one when the file is gone."""
    try:
        image = read_image(workspace.image(sample.name))
    except (ImageError, OSError):
        return np.full((_SIDE, _SIDE, 3), 225, np.uint8)
    small = resize_to_fit(image, _SIDE)
    scale = small.shape[1] / image.shape[1]
    faces = sample.faces or ()
    marks = [
        Mark(face.box * scale, str(number) if len(faces) > 1 else "")
        for number, face in enumerate(faces, 1)
    ]
    return draw_boxes(small, marks)


def _why(sample: Sample) -> str:
    return sample.detail or ""


def _faces(sample: Sample) -> str:
    count = len(sample.faces or ())
    return f"{count} face{'s' if count != 1 else ''}, {sample.scores.get('face_px', 0):.0f} px"
