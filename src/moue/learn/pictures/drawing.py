"""Parts of the SVG pictures of the chapters: text, lines, boxes and photos."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from html import escape
from typing import Any

import numpy as np
import numpy.typing as npt

from moue.media.image import encode_jpeg, encode_png
from moue.workspace.types import Image

WIDTH, HEIGHT = 640, 360
LEFT, RIGHT, TOP, BOTTOM = 64, 620, 72, 316
COLOURS = ("#0d7377", "#b4540a", "#6b4ba3", "#1f6feb", "#a3195b")
GREY = "#57606a"
_STYLE = (
    "text{font:13px system-ui,sans-serif;fill:#24292f}.t{font-size:16px;font-weight:600}"
    ".s{font-size:11.5px;fill:#57606a}.b{font-weight:600}.g{stroke:#d0d7de}"
    "path{fill:none;stroke-width:2.5}image{image-rendering:auto}.p{image-rendering:pixelated}"
)
_SMALL = 128
"""Longer side of a picture up to which it is stored without loss, in pixels."""


def page(title: str, parts: Sequence[str], height: float = HEIGHT) -> str:
    """Return parts as a whole SVG picture of the width `WIDTH` with a title."""
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:g}" role="img">',
        f"<title>{escape(title)}</title><style>{_STYLE}</style>",
        f'<rect width="{WIDTH}" height="{height:g}" fill="#fff"/>',
        text(20, 26, title, "t"),
        *parts,
        "</svg>",
        "",
    ])  # fmt: skip


def text(x: float, y: float, words: str, kind: str = "", anchor: str = "start") -> str:
    """Return a line of text.

    Args:
        x, y: position of the anchor on the baseline.
        words: text.
        kind: class: `t` for a title, `s` for a small note, `b` for bold.
        anchor: `start`, `middle` or `end`.
    """
    return f'<text class="{kind}" x="{x:g}" y="{y:g}" text-anchor="{anchor}">{escape(words)}</text>'


def percent(share: float, language: str, digits: int = 0) -> str:
    """Return a share in [0, 1] as `93 %`; without the space in Chinese, as usual there."""
    return f"{100 * share:.{digits}f}{'' if language == 'zh' else ' '}%"


def line(x1: float, y1: float, x2: float, y2: float) -> str:
    """Return a grid line."""
    return f'<line class="g" x1="{x1:g}" y1="{y1:g}" x2="{x2:g}" y2="{y2:g}"/>'


def arrow(x: float, y: float, length: float = 34) -> str:
    """Return an arrow to the right that begins at (x, y)."""
    end = x + length
    return f'<path stroke="{GREY}" d="M{x:g} {y:g}H{end:g}m-8 -6l8 6l-8 6"/>'


def rectangle(x: float, y: float, width: float, height: float, colour: str) -> str:
    """Return a filled rectangle."""
    return (
        f'<rect x="{x:.2f}" y="{y:.2f}" width="{max(0.0, width):.2f}" '
        f'height="{max(0.0, height):.2f}" fill="{colour}"/>'
    )


def outline(box: Sequence[float], colour: str, dash: str = "") -> str:
    """Return the outline of a box (left, top, right, bottom)."""
    left, top, right, bottom = box
    return (
        f'<path stroke="{colour}" stroke-dasharray="{dash}" '
        f'd="M{left:.1f} {top:.1f}H{right:.1f}V{bottom:.1f}H{left:.1f}Z"/>'
    )


def photo(image: Image | npt.NDArray[Any], x: float, y: float, height: float) -> str:
    """Return a picture, drawn at (x, y) with a height.

    Args:
        image: (H, W, 3) uint8 RGB or (H, W) uint8 grey.
        x, y: upper left corner.
        height: height; the width keeps the proportions.
    """
    rgb = np.ascontiguousarray(image if image.ndim == 3 else np.repeat(image[..., None], 3, 2))
    small = max(rgb.shape[:2]) <= _SMALL
    data, kind = (encode_png(rgb), "png") if small else (encode_jpeg(rgb, 85), "jpeg")
    uri = f"data:image/{kind};base64,{base64.b64encode(data).decode('ascii')}"
    width = height * rgb.shape[1] / rgb.shape[0]
    return (
        f'<image{" class=" + chr(34) + "p" + chr(34) if small else ""} x="{x:.1f}" y="{y:.1f}" '
        f'width="{width:.1f}" height="{height:.1f}" href="{uri}"/>'
    )
