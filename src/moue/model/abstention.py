"""Selective prediction: the thresholds below which a model abstains. Pure numpy."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from moue.errors import ModelError

Thresholds: TypeAlias = tuple[tuple[float, float], ...]
"""Pairs of a maximum error and the lowest probability that keeps it, by rising error: of the
predictions with at least that probability, at most that share is wrong."""
TARGET_ERRORS = (0.005, 0.01, 0.02, 0.05, 0.1)
"""The maximum errors that thresholds are fitted for."""


def fit_abstention(
    probabilities: npt.NDArray[np.floating], targets: npt.NDArray[np.int64]
) -> Thresholds:
    """Return the lowest confidence threshold that meets each error rate of `TARGET_ERRORS`.

    The error is estimated as (wrong + 1) / (predictions + 2), since a few correct predictions
    prove little: without any mistake, 0.005 needs 198 predictions and 0.1 needs 8. An error that
    no threshold keeps is left out.

    Args:
        probabilities: (N, K), after the temperature, of validation pictures.
        targets: (N,), indices into the K labels.

    Source:
        Geifman and El-Yaniv 2017, Selective Classification for Deep Neural Networks; the
        estimate is Laplace's rule of succession.
    """
    top = probabilities.max(axis=1, initial=0).astype(np.float64)
    order = np.argsort(-top, kind="stable")
    # Entry i is about the i + 1 most confident predictions, so their count + 2 is i + 3.
    wrong = np.cumsum((probabilities.argmax(axis=1) != targets)[order])
    error = (wrong + 1) / (np.arange(len(top)) + 3)
    # A threshold takes all predictions of equal probability, so only the last of them counts.
    last = np.append(np.diff(top[order]) != 0, True)[: len(top)]
    kept = [(target, top[order][last & (error <= target)]) for target in TARGET_ERRORS]
    return tuple((target, float(values[-1])) for target, values in kept if len(values))


def abstention_threshold(thresholds: Thresholds, max_error: float) -> float:
    """Return the probability below which a model abstains to keep `max_error`.

    Raises:
        ModelError: the model has no threshold for that error.
    """
    known = dict(thresholds)
    if max_error not in known:
        raise ModelError(
            f"the model has no threshold for a maximum error of {max_error:g}{_hint(known)}"
        )
    return known[max_error]


def _hint(known: Iterable[float]) -> str:
    errors = ", ".join(f"{error:g}" for error in known)
    if not errors:
        return ", nor for any other; train it again with more validation pictures"
    return f"; it has them for {errors}"
