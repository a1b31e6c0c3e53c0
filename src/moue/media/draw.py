"""Draw boxes, labels and contact sheets."""

from __future__ import annotations

import colorsys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import PIL.Image
from PIL import ImageDraw, ImageFont

from moue.geometry import clip_box
from moue.i18n.translate import translate, word
from moue.workspace.types import Image, Points

COLOURS: dict[str, str] = {
    "none": "#7c8aa5",
    "pout": "#c2559d",
    "smile": "#e0922f",
    "open": "#2f8fd0",
}
"""Colours of the default labels, as `#rrggbb`, in all pictures and reports."""
_MORE = (
    "#3fa66b", "#8a5fd3", "#c4513b", "#1f9a9a", "#a3861d", "#7a5138", "#d873a0", "#4a57b8",
)  # fmt: skip
"""Colours of the first labels that are not in `COLOURS`."""
OTHER, UNSURE = "#3fa66b", "#6b6f76"

SYSTEM_FONTS = (
    "NotoSansCJK-Regular.ttc", "NotoSansCJKsc-Regular.otf", "wqy-microhei.ttc", "wqy-zenhei.ttc",
    "DroidSansFallbackFull.ttf", "PingFang.ttc", "Hiragino Sans GB.ttc", "STHeiti Light.ttc",
    "Arial Unicode.ttf", "AppleSDGothicNeo.ttc", "msyh.ttc", "simsun.ttc", "meiryo.ttc",
    "malgun.ttf", "segoeui.ttf", "NotoSans-Regular.ttf", "DejaVuSans.ttf",
)  # fmt: skip
"""File names of fonts for characters that the built-in font lacks, in order of preference."""
_TAG = 2.5
"""Maximum width of a label divided by the width of its box, unless the text becomes too small."""

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


def colours(labels: Iterable[str]) -> dict[str, str]:
    """Return the colour `#rrggbb` of each label: from `COLOURS`, or one that no other label has."""
    made: dict[str, str] = {}
    others = 0
    for label in labels:
        if label in COLOURS:
            made[label] = COLOURS[label]
            continue
        if others < len(_MORE):
            made[label] = _MORE[others]
        else:  # hues by the golden angle never repeat and stay apart
            hue = (others * 0.618034) % 1
            rgb = colorsys.hls_to_rgb(hue, 0.35 + 0.25 * (others % 2), 0.5)
            made[label] = "#" + "".join(f"{round(255 * part):02x}" for part in rgb)
        others += 1
    return made


@dataclass(frozen=True, slots=True)
class Mark:
    """A box to draw, with a text.

    Attributes:
        box: (4,) float box (x1, y1, x2, y2), in pixels.
        text: text beside the box; an empty text is not drawn.
        colour: colour of the box and the background of the text, as `#rrggbb`.
    """

    box: Points
    text: str = ""
    colour: str = OTHER


def font(size: int, text: str = "") -> Font:
    """Return a font that can draw a text: the built-in font, or a system font.

    Args:
        size: size of the font, in pixels.
        text: text to draw.
    """
    return _font(size, next((name for c in text if (name := _system_font(c))), None))


@lru_cache(maxsize=64)
def _font(size: int, name: str | None) -> Font:
    return ImageFont.load_default(size) if name is None else ImageFont.truetype(name, size)


@lru_cache(maxsize=4096)
def _system_font(character: str) -> str | None:
    """Return the file name of a system font for a character that the built-in font lacks.

    None means that the built-in font has the character, or that no system font has it.
    """
    if _is_built_in(character):
        return None
    for name in SYSTEM_FONTS:
        try:
            face = ImageFont.truetype(name, 24)
        except OSError:
            continue
        drawn = bytes(face.getmask(character))
        if any(drawn) and drawn != bytes(face.getmask("\U0010fffe")):
            return name
    return None


def _is_built_in(character: str) -> bool:
    return ord(character) < 0x250 or character in "…→"


def drawable(text: str) -> str:
    """Return a text with `·` in place of each character that `font(size, text)` cannot draw."""
    name = next((name for c in text if (name := _system_font(c))), None)
    return "".join(
        c if _is_built_in(c) or (name and _system_font(c) == name) else "·" for c in text
    )


def sheet_text(text: str, **values: object) -> str:
    """Return a text in the language of the command, or in English if no font can draw it.

    Args:
        text: English text of the catalog, with placeholders such as `{count}`, or a whole message.
        values: values of the placeholders.
    """
    translated = word(text)
    if translated == text and not values:
        translated = translate(text)
    chosen = translated if drawable(translated) == translated else text
    return chosen.format(**values) if values else chosen


def draw_boxes(image: Image, marks: Iterable[Mark]) -> Image:
    """Return a copy of an image with boxes and their texts, clipped to the image.

    Args:
        image: (H, W, 3) uint8 RGB image.
        marks: boxes to draw, in drawing order.
    """
    canvas = PIL.Image.fromarray(image)
    draw = ImageDraw.Draw(canvas)
    line = max(2, round(min(canvas.size) / 160))
    for mark in marks:
        box = clip_box(mark.box, canvas.width, canvas.height)
        draw.rectangle(box, outline=mark.colour, width=line)
        if mark.text:
            _tag(draw, canvas.size, box, mark.text, mark.colour)
    return np.asarray(canvas)


def contact_sheet(
    tiles: Sequence[tuple[Image | None, str]], title: str, columns: int = 8, side: int = 168
) -> Image:
    """Return a contact sheet: a grid of pictures with captions, below a title.

    Args:
        tiles: pairs of an (H, W, 3) uint8 RGB image and a caption of up to two lines; None
            instead of an image leaves the tile empty.
        title: text above the grid; see `sheet_text` for titles and captions in Chinese.
        columns: number of tiles in a row.
        side: side of the square for each picture, in pixels.

    Returns:
        (H, W, 3) uint8 RGB image.
    """
    gap, caption, head = 12, 32, 48
    rows = max(1, -(-len(tiles) // columns))
    size = (columns * (side + gap) + gap, head + rows * (side + caption + gap) + gap)
    canvas = PIL.Image.new("RGB", size, "#f6f5f2")
    draw = ImageDraw.Draw(canvas)
    title = fitting(title, size[0] - 2 * gap, 17)
    draw.text((gap, 15), title, fill="#22262b", font=font(17, title))
    for index, (image, text) in enumerate(tiles):
        if image is None:
            continue
        row, column = divmod(index, columns)
        left, top = gap + column * (side + gap), head + row * (side + caption + gap)
        draw.rectangle([left, top, left + side - 1, top + side - 1], fill="#e7e5df")
        picture = PIL.Image.fromarray(image)
        picture.thumbnail((side, side))
        canvas.paste(
            picture, (left + (side - picture.width) // 2, top + (side - picture.height) // 2)
        )
        for number, line in enumerate(text.split("\n")[:2]):
            colour = "#22262b" if number == 0 else "#6b6f76"
            short = fitting(line, side, 11)
            draw.text((left, top + side + 3 + 13 * number), short,
                      fill=colour, font=font(11, short))  # fmt: skip
    return np.asarray(canvas)


def _tag(
    draw: ImageDraw.ImageDraw,
    size: tuple[int, int],
    box: tuple[int, int, int, int],
    text: str,
    colour: str,
) -> None:
    width, height = size
    points, least = (max(10, round(min(size) / part)) for part in (26, 60))
    while points > least and font_width(text, points) > _TAG * (box[2] - box[0]):
        points -= 1  # a wide label would cover faces beside a small face
    while points > 5 and font_width(text, points) + 4 > width:
        points -= 1
    pad = max(1, points // 5)
    text = fitting(text, width - 2 * pad, points)
    tag_width, tag_height = font_width(text, points) + 2 * pad, points + 2 * pad
    x = max(0, min(box[0], width - tag_width))
    above, below = box[1] - tag_height, box[3] + 1
    y = above if above >= 0 else below if below + tag_height <= height else 0
    draw.rectangle([x, y, x + tag_width - 1, y + tag_height - 1], fill=colour)
    ink = "#1d2024" if colour == COLOURS["smile"] else "white"  # white on orange is hard to read
    draw.text((x + pad, y + pad), text, fill=ink, font=font(points, text), anchor="la")


def font_width(text: str, size: int) -> int:
    """Return the width of a text in pixels; `size` is the size of the font in pixels."""
    text = drawable(text)
    return int(np.ceil(font(size, text).getlength(text)))


def fitting(text: str, width: int, size: int) -> str:
    """Shorten a text to a width, with `…` in place of its middle; a shorter text is not changed.

    The start and the end are kept, since file names often end with a number. Characters that no
    font can draw become `·`.

    Args:
        text: text to shorten.
        width: maximum width, in pixels.
        size: size of the font, in pixels.
    """
    text = drawable(text)
    face = font(size, text)
    short, keep = text, len(text)
    while keep > 2 and face.getlength(short) > width:
        keep -= 1
        short = f"{text[: keep - keep // 2]}…{text[len(text) - keep // 2 :]}"
    return short
