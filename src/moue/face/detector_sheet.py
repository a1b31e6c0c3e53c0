"""Draw a contact sheet of the pictures in which detectors differ most."""

from __future__ import annotations

import heapq
from dataclasses import replace

from moue.face.compare_detectors import DetectorResult
from moue.media.draw import COLOURS, OTHER, Mark, contact_sheet, draw_boxes, sheet_text
from moue.media.image import resize_to_fit
from moue.workspace.types import Face, Image

ROWS, SIDE = 16, 240
WIDEST = 8
"""Maximum number of tiles in a row; with few detectors, a row shows several pictures."""
LIPS, FACE = COLOURS["open"], OTHER  # blue, unlike the red lips


class Differences:
    """Collects the `ROWS` pictures in which detectors differ most, reduced in size."""

    def __init__(self) -> None:
        self._kept: list[tuple[float, int, DetectorResult, Image]] = []
        self._count = 0

    def add(self, seen: DetectorResult, image: Image) -> None:
        """Add one picture with its detections; pictures without a difference are ignored."""
        self._count += 1
        if seen.difference <= 0:
            return
        # The unique count keeps the heap from comparing results, and puts earlier ones first.
        entry = (seen.difference, -self._count, _scaled(seen, image), resize_to_fit(image, SIDE))
        if len(self._kept) < ROWS:
            heapq.heappush(self._kept, entry)
        else:
            heapq.heappushpop(self._kept, entry)

    def sheet(self) -> Image:
        """Return the contact sheet as an (H, W, 3) image, sorted by descending difference."""
        tiles: list[tuple[Image, str]] = []
        for _, _, seen, image in sorted(self._kept, key=lambda entry: entry[:2], reverse=True):
            for number, (detector, faces) in enumerate(seen.faces.items()):
                count = sheet_text("1 face" if len(faces) == 1 else "{n} faces", n=len(faces))
                name = "" if number else seen.name
                tiles.append((_drawn(image, list(faces)), f"{detector}: {count}\n{name}"))
        detectors = len(self._kept[0][2].faces) if self._kept else 4
        columns = detectors * max(1, WIDEST // detectors)
        title = sheet_text("Where detectors differ most: {shown} of {count} pictures",
                           shown=len(self._kept), count=f"{self._count:,}")  # fmt: skip
        return contact_sheet(tiles, title, columns, SIDE)


def _scaled(seen: DetectorResult, image: Image) -> DetectorResult:
    """Scale detections to the pixel coordinates of the picture reduced to `SIDE`."""
    scale = min(1.0, SIDE / max(image.shape))
    faces = {
        name: [replace(f, box=f.box * scale, lips=f.lips * scale) for f in found]
        for name, found in seen.faces.items()
    }
    return replace(seen, faces=faces)


def _drawn(image: Image, faces: list[Face]) -> Image:
    boxes = [Mark(face.box, "", FACE) for face in faces]
    return draw_boxes(image, boxes + [Mark(face.lips, "", LIPS) for face in faces])
