"""Coverage: the accuracy of the most confident predictions, by the share of mouths they cover."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

POINTS = 50
"""Maximum number of points of a curve."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CoveragePoint:
    """The predictions with at least one probability.

    Attributes:
        threshold: lowest probability of a prediction that counts.
        coverage: share of the mouths with such a prediction, in (0, 1].
        count: number of these mouths.
        accuracy: share of correct predictions among them.
    """

    threshold: float
    coverage: float
    count: int
    accuracy: float


def coverage_curve(
    probabilities: npt.NDArray[np.floating], targets: npt.NDArray[np.int64], points: int = POINTS
) -> tuple[CoveragePoint, ...]:
    """Return the accuracy by coverage, from the most confident prediction to all predictions.

    Predictions of equal probability are in the same point, since a threshold cannot separate them.

    Args:
        probabilities: (N, K) probabilities.
        targets: (N,) indices into the K labels.
        points: maximum number of points.
    """
    count = len(targets)
    if not count:
        return ()
    top = probabilities.max(axis=1)
    order = np.argsort(-top, kind="stable")
    right = np.cumsum((probabilities.argmax(axis=1) == targets)[order])
    last = np.append(np.diff(top[order]) != 0, True)
    ends = np.nonzero(last)[0]
    chosen = np.unique(np.rint(np.linspace(0, len(ends) - 1, min(points, len(ends)))).astype(int))
    return tuple(
        CoveragePoint(
            threshold=float(top[order[end]]),
            coverage=float((end + 1) / count),
            count=int(end + 1),
            accuracy=float(right[end] / (end + 1)),
        )
        for end in ends[chosen]
    )
