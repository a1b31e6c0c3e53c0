"""The small things that every section shows: labels, pictures, ranges, bars, tables."""

from __future__ import annotations

import base64
import math
import zlib
from collections.abc import Iterable, Sequence

from moue.evaluation.metrics import Interval
from moue.evaluation.report.formatting import percent, percents
from moue.evaluation.report.markup import Html, join, number, tag
from moue.media.draw import COLOURS, OTHER, colours
from moue.media.image import encode_jpeg, resize_to_fit
from moue.workspace.types import Image

QUALITY = 85
_GLYPHS = {
    "none": tag("path", d="M2.5 7H17.5"),
    "pout": tag("circle", cx=10, cy=7, r=3.3),
    "smile": tag("path", d="M2.5 3.5Q10 14.5 17.5 3.5"),
    "open": tag("ellipse", cx=10, cy=7, rx=7.2, ry=5.6),
    "other": tag("rect", x=6, y=3, width=8, height=8),
}
"""A mouth for each label, so that its colour alone never has to tell it."""


def section(key: str, title: str, lead: str, *content: str) -> Html:
    """Return one part of the page: a heading, what there is to see, and the thing itself."""
    lines = [tag("h2", title), *([tag("p", lead, class_="lead")] if lead else []), *content]
    return tag("section", *lines, id=key)


def glyphs() -> Html:
    """Return the labels' mouths, once; `glyph` draws one of them."""
    symbols = [
        tag("symbol", shape, id=f"mouth-{name}", viewBox="0 0 20 14")
        for name, shape in _GLYPHS.items()
    ]
    return tag("svg", *symbols, class_="symbols", width=0, height=0, aria_hidden="true")


def colour(label: str) -> str:
    """Return a label's colour, the same as in every picture, as CSS.

    That of a label that is none of the default ones is a variable; `label_colours` sets it.
    """
    return COLOURS.get(label) or f"var({_variable(label)},{OTHER})"


def label_colours(labels: Sequence[str]) -> str:
    """Return the CSS rule that sets the colours of a model's labels."""
    known = [f"{_variable(k)}:{v}" for k, v in colours(labels).items() if k not in COLOURS]
    return f":root{{{';'.join(known)}}}" if known else ""


def _variable(label: str) -> str:
    return f"--label-{zlib.crc32(label.encode()):08x}"


def glyph(label: str) -> Html:
    """Return the small mouth of a label, in its colour."""
    use = tag("use", href=f"#mouth-{label if label in _GLYPHS else 'other'}")
    style = f"color:{colour(label)}"
    return tag("svg", use, class_="glyph", style=style, viewBox="0 0 20 14", aria_hidden="true")


def name(label: str) -> Html:
    """Return a label as its small mouth and its name."""
    return tag("span", glyph(label), label, class_="label")


def picture(image: Image, alt: str, side: int = 192) -> Html:
    """Return a picture that lies in the page itself, its longer side at most `side`."""
    small = resize_to_fit(image, side)
    data = base64.b64encode(encode_jpeg(small, QUALITY)).decode("ascii")
    size = {"width": small.shape[1], "height": small.shape[0]}
    return tag("img", src=f"data:image/jpeg;base64,{data}", alt=alt, **size)


def spread(
    value: float | None,
    interval: Interval | None,
    mark: float | None = None,
    floor: float = 0.0,
) -> Html:
    """Return a line from `floor` to 1 with a value as a dot and its interval as a bar.

    Args:
        mark: drawn as a thin line to compare with.
    """
    if value is None:
        return tag("span", class_="spread nothing")

    def place(share: float) -> float:
        return max(0.0, (share - floor) / (1 - floor))

    pieces = []
    if interval is not None:
        left, right = place(interval[0]), place(interval[1])
        pieces.append(tag("i", style=f"left:{_share(left)};width:{_share(right - left)}"))
    if mark is not None:
        pieces.append(tag("u", style=f"left:{_share(place(mark))}"))
    pieces.append(tag("b", style=f"left:{_share(place(value))}"))
    words = percent(value) + (f", 95 % interval {percents(interval)}" if interval else "")
    return tag("span", *pieces, class_="spread", role="img", aria_label=words)


def floor_of(shares: Iterable[Interval | None]) -> float:
    """Return where lines may start so that every one of these intervals is on them."""
    lows = [interval[0] for interval in shares if interval is not None]
    return min(0.9, math.floor(10 * min(lows, default=0.0)) / 10)


def scale(floor: float) -> Html:
    """Return the head of a column of `spread`s that start at `floor`."""
    ends = (tag("span", percent(floor, 0)), tag("span", percent(1, 0)))
    return tag("span", *ends, class_="scale", aria_hidden="true")


def bar(share: float, words: str) -> Html:
    """Return a plain bar that fills `share` of its place."""
    fill = tag("i", style=f"width:{_share(share)}")
    return tag("span", fill, class_="bar", role="img", aria_label=words)


def table(head: Sequence[str], rows: Sequence[Sequence[str]], kind: str = "") -> Html:
    """Return a table whose first column names its rows; empty heads are left unnamed."""
    heads = [tag("th", cell, scope="col") if cell else tag("td") for cell in head]
    lines = [
        tag("tr", tag("th", row[0], scope="row"), *(tag("td", cell) for cell in row[1:]))
        for row in rows
    ]
    return tag(
        "table",
        tag("thead", tag("tr", *heads)),
        tag("tbody", *lines),
        class_=f"plain {kind}".strip(),
    )


def figure(image: Html, *caption: str, kind: str = "") -> Html:
    """Return a picture with its caption."""
    return tag("figure", image, tag("figcaption", *caption), class_=kind or None)


def sentence(*pieces: str) -> Html:
    """Return a paragraph."""
    return tag("p", *pieces)


def code(text: str) -> Html:
    """Return something to type."""
    return tag("code", text)


def listed(pieces: Sequence[str], last: str = " and ") -> Html:
    """Return `a, b and c`."""
    if len(pieces) < 2:
        return join(pieces)
    return join([join(pieces[:-1], ", "), pieces[-1]], last)


def _share(value: float) -> str:
    return number(100 * value) + "%"
