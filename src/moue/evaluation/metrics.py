"""Shares with their uncertainty, confusion matrices and F1: what every judgement is made of.

Targets and answers are (N,) indices into the labels. A share of nothing is None, never 0 or 1:
recall of a label without pictures, accuracy of an empty set. Means skip None.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Indices: TypeAlias = npt.NDArray[np.integer[Any]]
"""(N,) indices into the labels, or (..., K, K) counts."""
Interval = tuple[float, float]

BOOTSTRAP = 1000
"""Resamplings behind an interval for which there is no formula."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proportion:
    """`right` of `count`, with Wilson's 95 % interval."""

    right: int
    count: int

    @property
    def value(self) -> float | None:
        """The share itself; None of nothing."""
        return self.right / self.count if self.count else None

    @property
    def interval(self) -> Interval | None:
        """(low, high); None of nothing."""
        return wilson(self.right, self.count)

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return {"value": self.value, "interval": self.interval} | dataclasses.asdict(self)


def wilson(right: int, count: int) -> Interval | None:
    """Return the 95 % score interval of a share; None of nothing.

    Source:
        Wilson 1927, Probable inference, the law of succession, and statistical inference.
    """
    if not count:
        return None
    z = 1.959963984540054
    share, shrink = right / count, 1 + z**2 / count
    middle = (share + z**2 / (2 * count)) / shrink
    reach = z / shrink * float(np.sqrt(share * (1 - share) / count + z**2 / (4 * count**2)))
    # The formula reaches 0 and 1 exactly at the ends, but for rounding.
    return (
        0.0 if right == 0 else max(0.0, middle - reach),
        1.0 if right == count else min(1.0, middle + reach),
    )


def confusion_matrix(targets: Indices, given: Indices, k: int) -> npt.NDArray[np.int64]:
    """Return (k, k) counts; rows are the true labels, columns the given ones."""
    return np.bincount(targets * k + given, minlength=k * k).reshape(k, k).astype(np.int64)


def macro_f1(confusion: Indices) -> float | None:
    """Return the mean F1 of the labels that are present, None where there is none.

    A label without a picture has no part in it: nothing is known of it, not even a score of 0.
    Pictures that were wrongly given it lower the scores of their own labels.

    Args:
        confusion: (..., K, K); all matrices must hold a picture where there are several.
    """
    values = f1(confusion)
    return None if np.isnan(values).all() else float(np.nanmean(values))


def bootstrap_f1(targets: Indices, given: Indices, k: int, seed: int = 0) -> Interval | None:
    """Return the 95 % percentile interval of the macro-F1 over resampled pictures."""
    if not len(targets):
        return None
    # Drawing N pictures with replacement is drawing how often each kind of answer occurs.
    shares = confusion_matrix(targets, given, k).ravel() / len(targets)
    draws = np.random.default_rng(seed).multinomial(len(targets), shares, BOOTSTRAP)
    values = np.nanmean(f1(draws.reshape(-1, k, k)), axis=1)
    low, high = np.quantile(values, [0.025, 0.975])
    return float(low), float(high)


def f1(confusion: Indices) -> npt.NDArray[np.float64]:
    """Return (..., K) of (..., K, K) counts; NaN for a label without a picture."""
    right = np.diagonal(confusion, axis1=-2, axis2=-1)
    support = confusion.sum(axis=-1)
    total = support + confusion.sum(axis=-2)
    nothing = np.full(total.shape, np.nan)
    return np.asarray(np.divide(2 * right, total, out=nothing, where=support > 0))


def as_plain(value: Any) -> Any:
    """Return dataclasses, mappings and tuples as dicts and lists, for JSON.

    A share has its value and interval beside its counts.
    """
    if isinstance(value, Proportion):
        return value.to_dict()
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: as_plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {key: as_plain(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return [as_plain(item) for item in value]
    return value
