"""Draw curves over epochs as a picture."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import PIL.Image
from PIL import ImageDraw

from moue.media.draw import font
from moue.workspace.types import Image

WIDTH, HEIGHT, MARGIN = 640, 360, 56
INK, GRID = "#24292f", "#d0d7de"


def draw_curves(series: Sequence[tuple[str, str, Sequence[Sequence[float]]]]) -> Image:
    """Draw curves with values in [0, 1], such as accuracies after each epoch.

    Args:
        series: name, colour as `#rrggbb` and curves of each group of curves.

    Returns:
        (360, 640, 3) uint8 RGB picture.
    """
    canvas = PIL.Image.new("RGB", (WIDTH, HEIGHT), "white")
    draw = ImageDraw.Draw(canvas)
    count = max(len(curve) for _, _, curves in series for curve in curves)

    def place(epoch: float, value: float) -> tuple[float, float]:
        x = MARGIN + (WIDTH - MARGIN - 16) * (epoch - 1) / max(1, count - 1)
        return x, HEIGHT - MARGIN + (2 * MARGIN - HEIGHT) * value

    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        draw.line([place(1, share), place(count, share)], fill=GRID)
        draw.text((MARGIN - 8, place(1, share)[1]), f"{share:.0%}", INK, font(13), anchor="rm")
    for epoch in range(1, count + 1):
        x, y = place(epoch, 0)
        draw.text((x, y + 8), str(epoch), INK, font(13), anchor="mt")
    for row, (name, colour, curves) in enumerate(series):
        for curve in curves:
            points = [place(epoch, value) for epoch, value in enumerate(curve, 1)]
            draw.line(points, fill=colour, width=3)
        draw.line([(MARGIN, 18 + 18 * row), (MARGIN + 24, 18 + 18 * row)], fill=colour, width=3)
        draw.text((MARGIN + 32, 18 + 18 * row), name, INK, font(13, name), anchor="lm")
    return np.asarray(canvas)
