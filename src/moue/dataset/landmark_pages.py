"""Draw landmark pages: pictures with face and mouth boxes, and enlarged faces with landmarks."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import PIL.Image
from PIL import ImageDraw

from moue.dataset.contact_sheets import draw_pages, read_thumbnail, remove_sheets
from moue.face.mouth_crop import crop_moved, lip_points, outline, to_crop, upright_box
from moue.media.draw import OTHER, Mark, draw_boxes, font, sheet_text
from moue.media.image import resize_to_fit
from moue.workspace.context import Context
from moue.workspace.recorded_files import listed
from moue.workspace.types import Face, Image, Points

PICTURE_SIDE, PANEL_SIDE, MAX_PANELS = 900, 640, 6
"""Longer side of the picture and side of a panel, in pixels; maximum number of panels of a page."""
PANEL_MARGIN = 1.35
"""Side of the square picture area in a panel, divided by the extent of the landmarks."""
PAGES_FOLDER, SHEETS_FOLDER = "landmarks", "landmarks-sheets"
"""Folders of the landmark pages and of their contact sheets, in `reports/`."""


def draw_landmark_page(image: Image, faces: Sequence[Face]) -> Image:
    """Draw the face and mouth boxes on a picture, and a panel for each face beside the picture.

    A panel shows the numbered landmarks on an upright face, enlarged to separate them. Only the
    first `MAX_PANELS` faces with landmarks have panels.

    Returns:
        (H, W, 3) uint8 RGB page.
    """
    small = resize_to_fit(image, PICTURE_SIDE)
    scale = small.shape[1] / image.shape[1]
    names = [str(number) if len(faces) > 1 else "" for number in range(1, len(faces) + 1)]
    marks = [
        Mark(face.box * scale, name, "#f4f4f2") for face, name in zip(faces, names, strict=True)
    ]
    canvas = PIL.Image.fromarray(draw_boxes(small, marks))
    draw = ImageDraw.Draw(canvas)
    for face in faces:
        corners = [tuple(point) for point in (outline(face.mouth_box, face.roll) * scale).tolist()]
        draw.polygon(corners, outline=OTHER, width=2)
    shown = [(face, name) for face, name in zip(faces, names, strict=True) if _has_points(face)]
    return _beside(np.asarray(canvas), [_panel(image, *one) for one in shown[:MAX_PANELS]])


def draw_landmark_sheets(context: Context) -> None:
    """Write contact sheets of all landmark pages to `reports/landmarks-sheets/`."""
    remove_sheets(context, SHEETS_FOLDER)
    pages = [
        context.workspace.root / p
        for p in sorted(listed(context.catalog, f"reports/{PAGES_FOLDER}"))
    ]
    tiles = ((read_thumbnail(path, 240), path.stem) for path in pages)
    stem = context.workspace.reports / SHEETS_FOLDER / "pages"
    for _ in draw_pages(context, stem, sheet_text("Landmark pages"), tiles, len(pages), 6, 240):
        pass


def _has_points(face: Face) -> bool:
    return face.landmarks is not None and len(face.landmarks) > 0


def _panel(image: Image, face: Face, name: str) -> Image:
    """Return an upright, enlarged crop of a face with its numbered landmarks."""
    points: Points = np.asarray(face.landmarks, np.float32)
    box = upright_box(points, face.roll, PANEL_MARGIN)
    crop = crop_moved(image, box, upright=face.roll)
    scale = PANEL_SIDE / crop.shape[0]
    how = cv2.INTER_CUBIC if scale > 1 else cv2.INTER_AREA
    large = np.asarray(cv2.resize(crop, (PANEL_SIDE, PANEL_SIDE), interpolation=how), np.uint8)
    canvas = PIL.Image.fromarray(large)
    draw = ImageDraw.Draw(canvas)
    pixels = (to_crop(points, box, face.roll) + 0.5) * scale
    middle = pixels.mean(0)
    lips_only = len(lip_points(points)) == len(points)
    size = 20 if lips_only else 13
    for number, point in enumerate(pixels):
        x, y = (float(v) for v in point)
        draw.ellipse([x - 3, y - 3, x + 3, y + 3], fill=OTHER, outline="white")
        away = point - middle if lips_only else np.array([1.0, -0.6])
        away = away / max(float(np.hypot(*away)), 1e-6) * (size if lips_only else size * 0.8)
        draw.text((x + float(away[0]), y + float(away[1])), str(number), fill="white",
                  font=font(size), anchor="mm", stroke_width=2, stroke_fill="#202428")  # fmt: skip
    if name:
        title = sheet_text("face {name}", name=name)
        draw.text((10, 8), title, fill="white", font=font(20, title), stroke_width=2,
                  stroke_fill="#202428")  # fmt: skip
    return np.asarray(canvas)


def _beside(picture: Image, panels: Sequence[Image]) -> Image:
    """Return one image: the picture, and the panels to the right of it, two in each column."""
    if not panels:
        return picture
    columns = -(-len(panels) // 2)
    rows = min(2, len(panels))
    height = max(picture.shape[0], rows * PANEL_SIDE)
    canvas = np.full((height, picture.shape[1] + columns * PANEL_SIDE, 3), 32, np.uint8)
    canvas[: picture.shape[0], : picture.shape[1]] = picture
    for number, panel in enumerate(panels):
        column, row = divmod(number, 2)
        left, top = picture.shape[1] + column * PANEL_SIDE, row * PANEL_SIDE
        canvas[top : top + PANEL_SIDE, left : left + PANEL_SIDE] = panel
    return canvas
