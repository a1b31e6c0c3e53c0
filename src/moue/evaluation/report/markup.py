"""HTML that cannot be spoilt by what it shows: text is escaped unless it is `Html` already."""

from __future__ import annotations

import html
import math
from collections.abc import Iterable

from moue.text import printable

Attribute = str | int | float | None
_VOID = ("img", "meta", "link", "br")
_SVG_LEAVES = ("path", "line", "rect", "circle", "ellipse", "polyline", "polygon", "use", "image")


class Html(str):
    """Text that is markup already."""

    __slots__ = ()


def tag(name: str, /, *content: str, **attributes: Attribute) -> Html:
    """Return an element. Plain strings in it are escaped, `Html` is taken as it is.

    Args:
        attributes: an underscore becomes a hyphen, one at the end is dropped (`class_`), and
            those that are None are left out.

    Raises:
        ValueError: a number is not finite; no page shows or draws such a thing.
    """
    opening = name + "".join(
        f' {key.rstrip("_").replace("_", "-")}="{_attribute(value)}"'
        for key, value in attributes.items()
        if value is not None
    )
    if name in _VOID:
        return Html(f"<{opening}>")
    if name in _SVG_LEAVES and not content:
        return Html(f"<{opening}/>")
    return Html(f"<{opening}>{join(content)}</{name}>")


def join(content: Iterable[str], between: str = "") -> Html:
    """Return pieces in a row, each escaped unless it is `Html`."""
    return Html(escape(between).join(escape(piece) for piece in content))


def escape(text: str) -> Html:
    """Return `text` as markup that shows it."""
    return (
        text
        if isinstance(text, Html)
        else Html(html.escape(printable(text, keep="\n\t"), quote=True))
    )


def number(value: float) -> str:
    """Return a coordinate or a width in as few characters as two decimals need."""
    if not math.isfinite(value):
        raise ValueError(f"{value} cannot be drawn")
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _attribute(value: Attribute) -> str:
    return escape(value) if isinstance(value, str) else number(float(value or 0))
