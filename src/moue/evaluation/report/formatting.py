"""Format numbers for the page. A missing value is a dash."""

from __future__ import annotations

from moue.evaluation.metrics import Interval

DASH = "–"
_NARROW = "\u202f"


def percent(share: float | None, digits: int = 1) -> str:
    """Return a share as `93.5 %`."""
    return DASH if share is None else f"{100 * share:.{digits}f}{_NARROW}%"


def percents(interval: Interval | None) -> str:
    """Return an interval as `89.2–96.1 %`."""
    if interval is None:
        return DASH
    return f"{100 * interval[0]:.1f}–{percent(interval[1])}"


def decimal(value: float | None, digits: int = 3) -> str:
    """Return a score as `0.931`."""
    return DASH if value is None else f"{value:.{digits}f}"


def decimals(interval: Interval | None) -> str:
    """Return an interval as `0.889–0.964`."""
    return DASH if interval is None else f"{interval[0]:.3f}–{interval[1]:.3f}"


def count(value: float, one: str = "", many: str = "") -> str:
    """Return a count as `1,234`, with the noun that fits it."""
    noun = one if value == 1 else many or (one and one + "s")
    return f"{value:,.0f}" + (f" {noun}" if noun else "")
