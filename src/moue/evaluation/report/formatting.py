"""Filters of the templates: they format values for the page. A missing value is a dash."""

from __future__ import annotations

import base64
import math

from markupsafe import Markup

from moue.evaluation.metrics import Interval
from moue.media.image import encode_jpeg, resize_to_fit
from moue.text import printable
from moue.workspace.types import Image

DASH = "–"
QUALITY = 85
_NARROW = "\u202f"


def percent(share: float | None, digits: int = 1) -> str:
    """Return a share as `93.5 %`."""
    return DASH if share is None else f"{100 * share:.{digits}f}{_NARROW}%"


def percents(interval: Interval | None) -> str:
    """Return an interval as `89.2–96.1 %`."""
    return DASH if interval is None else f"{100 * interval[0]:.1f}–{percent(interval[1])}"


def decimal(value: float | None, digits: int = 3) -> str:
    """Return a score as `0.931`."""
    return DASH if value is None else f"{value:.{digits}f}"


def decimals(interval: Interval | None) -> str:
    """Return an interval as `0.889–0.964`."""
    return DASH if interval is None else f"{interval[0]:.3f}–{interval[1]:.3f}"


def short(value: float) -> str:
    """Return a number with three significant digits, as `0.5`."""
    return f"{value:.3g}".replace("-", "\u2212")


def signed(value: float, digits: int = 0) -> str:
    """Return a difference as `+1,234` or `−0.12`."""
    return f"{value:+,.{digits}f}".replace("-", "\u2212")


def counted(value: float, one: str = "") -> str:
    """Return a count as `1,234`, or with its noun as `1,234 mouths`."""
    return f"{value:,.0f}" + (f" {one if value == 1 else one + 's'}" if one else "")


def duration(seconds: float) -> str:
    """Return a duration as `1 min 16 s`."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s" if rest else f"{seconds:.2f} s"


def along(share: float, start: float) -> float:
    """Return the place of a share on a scale from `start` to 1, in percent of its length."""
    return 100 * max(0.0, (share - start) / (1 - start))


def data_uri(image: Image, side: int = 192) -> Markup:
    """Return a picture as a JPEG in a data URI, its longer side at most `side` pixels."""
    jpeg = encode_jpeg(resize_to_fit(image, side), QUALITY)
    return Markup("data:image/jpeg;base64," + base64.b64encode(jpeg).decode("ascii"))


def shown(value: object) -> object:
    """Return any value as a template shows it: text printable, a float with two decimals at most.

    Raises:
        ValueError: the value is missing or not finite; a page never shows `None` or `nan`.
    """
    if isinstance(value, str):
        return value if isinstance(value, Markup) else printable(value, keep="\n\t")
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        raise ValueError(f"the report cannot show {value}")
    if isinstance(value, float):
        text = f"{value:.2f}".rstrip("0").rstrip(".")
        return "0" if text == "-0" else text
    return value
