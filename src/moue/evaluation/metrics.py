"""Metrics: proportions with confidence intervals, confusion matrices, F1.

Targets and predictions are (N,) indices into the labels. A metric without pictures, such as the
recall of a label without pictures or the accuracy on an empty set, is None. Means leave it out.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Indices: TypeAlias = npt.NDArray[np.integer[Any]]
"""An integer array: (N,) indices into the labels, or (..., K, K) counts."""
Interval = tuple[float, float]

BOOTSTRAP = 1000
"""Number of bootstrap samples of an interval."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proportion:
    """The proportion `right` / `count`, with Wilson's 95 % interval."""

    right: int
    count: int

    @property
    def value(self) -> float | None:
        """The proportion, in [0, 1]; None if `count` is 0."""
        return self.right / self.count if self.count else None

    @property
    def interval(self) -> Interval | None:
        """The limits (low, high) of Wilson's 95 % interval, in [0, 1]; None if `count` is 0."""
        return wilson(self.right, self.count)

    def to_dict(self) -> dict[str, Any]:
        """Return the value, the interval and the counts as a JSON-serialisable dict."""
        return {"value": self.value, "interval": self.interval} | dataclasses.asdict(self)


def wilson(right: int, count: int) -> Interval | None:
    """Return Wilson's 95 % score interval of `right` / `count`; None if `count` is 0.

    Source:
        Wilson 1927, Probable inference, the law of succession, and statistical inference.
    """
    if not count:
        return None
    # The 97.5 % quantile of the standard normal distribution.
    z = 1.959963984540054
    proportion, shrink = right / count, 1 + z**2 / count
    middle = (proportion + z**2 / (2 * count)) / shrink
    half_width = (
        z / shrink * float(np.sqrt(proportion * (1 - proportion) / count + z**2 / (4 * count**2)))
    )
    # At the ends the formula gives exactly 0 and 1, except for rounding.
    return (
        0.0 if right == 0 else max(0.0, middle - half_width),
        1.0 if right == count else min(1.0, middle + half_width),
    )


def confusion_matrix(targets: Indices, predicted: Indices, k: int) -> npt.NDArray[np.int64]:
    """Return the confusion matrix, (k, k) int64; rows are true labels, columns predicted labels.

    Args:
        targets: (N,) true labels, as indices.
        predicted: (N,) predicted labels, as indices.
        k: number of labels.
    """
    # Each pair is one number in base k, so a single pass counts all pairs.
    return np.bincount(targets * k + predicted, minlength=k * k).reshape(k, k).astype(np.int64)


def macro_f1(confusion: Indices) -> float | None:
    """Return the mean F1 of the labels with pictures; None if there are no pictures.

    A label without pictures has no F1. Wrong predictions of that label lower the F1 of the true
    labels.

    Args:
        confusion: (..., K, K) confusion matrices; the mean includes all of them.
    """
    values = f1(confusion)
    return None if np.isnan(values).all() else float(np.nanmean(values))


def bootstrap_f1(targets: Indices, predicted: Indices, k: int, seed: int = 0) -> Interval | None:
    """Return the 95 % bootstrap percentile interval of the macro-F1.

    The interval is None if N is 0, and if the predictions of each label are all the same, as when
    all are right: then all bootstrap samples have the same F1, and their spread says nothing.

    Args:
        targets: (N,) true labels, as indices.
        predicted: (N,) predicted labels, as indices.
        k: number of labels.
        seed: random seed of the bootstrap.
    """
    if not len(targets):
        return None
    # F1 depends only on the counts of (true, predicted) pairs, so a bootstrap sample of N
    # pictures is one multinomial draw of these counts.
    probabilities = confusion_matrix(targets, predicted, k).ravel() / len(targets)
    draws = np.random.default_rng(seed).multinomial(len(targets), probabilities, BOOTSTRAP)
    # A rare label may be missing in a sample; its mean is over the other labels.
    values = np.nanmean(f1(draws.reshape(-1, k, k)), axis=1)
    low, high = np.quantile(values, [0.025, 0.975])
    return None if low == high else (float(low), float(high))


def f1(confusion: Indices) -> npt.NDArray[np.float64]:
    """Return the F1 (..., K) of each label for confusion matrices (..., K, K).

    The F1 of a label without pictures is NaN.
    """
    right = np.diagonal(confusion, axis1=-2, axis2=-1)
    support = confusion.sum(axis=-1)
    # Rows plus columns: 2 TP + FN + FP, the denominator of F1 = 2 TP / (2 TP + FN + FP).
    total = support + confusion.sum(axis=-2)
    undefined = np.full(total.shape, np.nan)
    return np.asarray(np.divide(2 * right, total, out=undefined, where=support > 0))


def as_plain(value: Any) -> Any:
    """Convert nested dataclasses, mappings and tuples to dicts and lists for JSON.

    The dict of a `Proportion` also contains its value and interval.
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
