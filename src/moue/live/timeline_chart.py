"""Draw a timeline as a picture with one row per face and one colour per label."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import PIL.Image
from PIL import ImageDraw

from moue.live.timeline import MAX_ROWS, TIME_BINS, Row, Timeline
from moue.media.draw import UNSURE, colours, drawable, fitting, font
from moue.workspace.types import Image

BAND, LEFT, RIGHT, TOP, FOOT, MORE = 2 * TIME_BINS, 360, 48, 196, 96, 64
"""Sizes in pixels. Each time bin is two pixels wide, for high-resolution screens."""
ROW, BAR, FACE = 152, 88, 112
PAPER, INK, PALE, GROUND = "#f6f5f2", "#22262b", "#6b6f76", "#e7e5df"
STEPS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400)
TICKS = 12
"""Maximum number of ticks on the time axis."""


def chart(timeline: Timeline, title: str) -> Image:
    """Return the picture of a timeline, (H, W, 3) uint8 RGB."""
    rows = sorted(timeline.rows, key=lambda row: -row.total)[:MAX_ROWS]
    rows = sorted(rows, key=lambda row: row.number)
    more = timeline.left_out + len(timeline.rows) - len(rows)
    foot = FOOT + (MORE if more else 0)
    size = (LEFT + BAND + RIGHT, TOP + ROW * len(rows) + foot)
    canvas = PIL.Image.new("RGB", size, PAPER)
    draw = ImageDraw.Draw(canvas)
    # The axis divides by the span, which is 0 for a single frame.
    span = timeline.end or 1.0
    title = fitting(title, size[0] - 400, 44)
    draw.text((48, 36), f"{title}   {clock(timeline.end)}", fill=INK, font=font(44, title))
    if not rows:
        draw.text((48, 124), "no face was tracked", fill=PALE, font=font(36))
        return np.asarray(canvas.crop((0, 0, size[0], TOP + 16)))
    _legend(draw, timeline, rows)
    _axis(draw, span, TOP + ROW * len(rows))
    for number, row in enumerate(rows):
        _row(canvas, draw, timeline, row, TOP + ROW * number)
    if more:
        words = f"and {more} more faces, visible for a shorter time"
        draw.text((48, size[1] - 68), words, fill=PALE, font=font(28))
    return np.asarray(canvas)


def clock(seconds: float) -> str:
    """Format a duration in seconds as `9.5 s`, `2:05` or `1:02:05`."""
    # From 59.95 on, one decimal would give 60.0 s.
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def _colours(timeline: Timeline) -> list[tuple[str, str]]:
    return [*colours(timeline.labels).items(), ("unsure", UNSURE)]


def _legend(draw: ImageDraw.ImageDraw, timeline: Timeline, rows: list[Row]) -> None:
    totals = sum((row.seconds.sum(axis=0) for row in rows), np.zeros(len(timeline.labels) + 1))
    x = LEFT
    for (name, colour), seconds in zip(_colours(timeline), totals, strict=True):
        if name == "unsure" and not seconds:
            continue
        draw.rounded_rectangle([x, 128, x + 31, 159], 6, fill=colour)
        words = drawable(f"{name} {seconds / (totals.sum() or 1):.0%}")
        draw.text((x + 44, 144), words, fill=INK, font=font(30, words), anchor="lm")
        x += 44 + round(font(30, words).getlength(words)) + 48


def _axis(draw: ImageDraw.ImageDraw, span: float, bottom: int) -> None:
    step = next((s for s in STEPS if span / s <= TICKS), STEPS[-1] * -(-span // STEPS[-1]))
    # 1e-6 keeps rounding errors from dropping the tick at the end.
    for number in range(int(span / step + 1e-6) + 1):
        x = LEFT + round(BAND * number * step / span)
        draw.line([x, TOP - 4, x, bottom + 12], fill="#d5d2ca", width=2)
        words = f"{number * step:g} s" if span < 60 else clock(number * step).removesuffix(" s")
        draw.text((x, bottom + 20), "0" if not number else words, fill=PALE, font=font(28),
                  anchor="ma")  # fmt: skip


def _row(
    canvas: PIL.Image.Image, draw: ImageDraw.ImageDraw, timeline: Timeline, row: Row, top: int
) -> None:
    face = PIL.Image.fromarray(row.portrait).resize((FACE, FACE))
    middle = top + ROW // 2
    canvas.paste(face, (48, middle - FACE // 2))
    x = 48 + FACE + 24
    draw.text((x, middle - 8), f"face {row.number}", fill=INK, font=font(32), anchor="ls")
    draw.text((x, middle + 8), clock(row.total), fill=PALE, font=font(28), anchor="la")
    box = [LEFT, middle - BAR // 2, LEFT + BAND - 1, middle + BAR // 2 - 1]
    draw.rectangle(box, fill=GROUND)
    colours = [colour for _, colour in _colours(timeline)]
    for left, right, shares in _columns(timeline, row):
        # The edges are rounded, not the heights, so that the parts fill the bar without gaps.
        edges = np.rint(box[3] + 1 - BAR * np.cumsum([0, *shares])).astype(int).tolist()
        for low, high, colour in zip(edges, edges[1:], colours, strict=False):
            if high < low:
                draw.rectangle([LEFT + left, high, LEFT + right - 1, low - 1], fill=colour)


def _columns(timeline: Timeline, row: Row) -> Iterator[tuple[int, int, list[float]]]:
    """Yield the left edge, the right edge and the label shares of each bin with a face.

    The edges are in pixels. The shares sum to 1, even if the face was visible for only a part of
    the bin.
    """
    used = max(1, min(TIME_BINS, int(np.ceil(timeline.end / timeline.bin_seconds))))
    # The last bin may extend beyond the end of the video.
    edges = np.minimum(np.arange(used + 1) * timeline.bin_seconds / (timeline.end or 1), 1) * BAND
    for index in range(used):
        seconds = row.seconds[index]
        if (total := float(seconds.sum())) > 0:
            left, right = round(edges[index]), round(edges[index + 1])
            # A bin narrower than a pixel must still be visible.
            yield left, max(right, left + 1), (seconds / total).tolist()
