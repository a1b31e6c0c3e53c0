"""Template filters of the report: functions that format values. A missing value gives a dash."""

from __future__ import annotations

import base64
import math
from collections.abc import Callable

from markupsafe import Markup

from moue.evaluation.metrics import Interval
from moue.media.image import encode_jpeg, resize_to_fit
from moue.text import printable
from moue.workspace.types import Image

DASH = "–"
QUALITY = 85
_NARROW = "\u202f"


def percent(share: float | None, digits: int = 1) -> str:
    """Format a share in [0, 1] as `93.5 %`."""
    return DASH if share is None else f"{100 * share:.{digits}f}{_NARROW}%"


def percents(interval: Interval | None) -> str:
    """Format an interval in [0, 1] as `89.2–96.1 %`."""
    return DASH if interval is None else f"{100 * interval[0]:.1f}–{percent(interval[1])}"


def decimal(value: float | None, digits: int = 3) -> str:
    """Format a number as `0.931`."""
    return DASH if value is None else f"{value:.{digits}f}"


def decimals(interval: Interval | None) -> str:
    """Format an interval as `0.889–0.964`."""
    return DASH if interval is None else f"{interval[0]:.3f}–{interval[1]:.3f}"


def short(value: float) -> str:
    """Format a number with at most three significant digits, such as `0.5`."""
    return f"{value:.3g}".replace("-", "\u2212")


def signed(value: float, digits: int = 0) -> str:
    """Format a difference as `+1,234` or `−0.12`."""
    return f"{value:+,.{digits}f}".replace("-", "\u2212")


def counted(value: float) -> str:
    """Format a count as `1,234`."""
    return f"{value:,.0f}"


def capitalised(text: str) -> str:
    """Return a text with a capital first letter; the other letters do not change."""
    return text[:1].upper() + text[1:]


def duration(seconds: float, gettext: Callable[[str], str] = str) -> str:
    """Format a duration in seconds as `1 min 16 s`, with a function that translates the units."""
    minutes, rest = divmod(round(seconds), 60)
    if minutes:
        return gettext("{m} min {s} s").format(m=minutes, s=rest)
    return gettext("{s} s").format(s=rest if rest else f"{seconds:.2f}")


def along(share: float, start: float) -> float:
    """Return the position of a share on a scale from `start` to 1, in percent of its length."""
    return 100 * max(0.0, (share - start) / (1 - start))


def data_uri(image: Image, side: int = 192) -> Markup:
    """Encode a picture, reduced to at most `side` pixels a side, as a data URI with a JPEG."""
    jpeg = encode_jpeg(resize_to_fit(image, side), QUALITY)
    return Markup("data:image/jpeg;base64," + base64.b64encode(jpeg).decode("ascii"))


def shown(value: object) -> object:
    """Return a template value in the form that the page shows.

    Text becomes printable, and a float is formatted with at most two decimals.

    Raises:
        ValueError: the value is None or not finite.
    """
    if isinstance(value, str):
        return value if isinstance(value, Markup) else printable(value, keep="\n\t")
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        raise ValueError(f"a value of the report is {value}; it must be given and finite")
    if isinstance(value, float):
        text = f"{value:.2f}".rstrip("0").rstrip(".")
        return "0" if text == "-0" else text
    return value


def shown_in_chinese(value: object) -> object:
    """Return a template value as `shown` does, but without a space before the percent sign."""
    value = shown(value)
    return value.replace(f"{_NARROW}%", "%") if isinstance(value, str) else value
