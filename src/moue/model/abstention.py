"""Selective prediction: fit the probability thresholds below which a model abstains."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from moue.errors import ModelError

Thresholds: TypeAlias = tuple[tuple[float, float], ...]
"""Pairs (maximum error rate, probability threshold), sorted by ascending error rate: among the
predictions with at least that probability, at most that share is estimated to be wrong."""
TARGET_ERRORS = (0.005, 0.01, 0.02, 0.05, 0.1)
"""The maximum error rates for which thresholds are fitted."""


def fit_abstention(
    probabilities: npt.NDArray[np.floating], targets: npt.NDArray[np.int64]
) -> Thresholds:
    """Return, for each error rate of `TARGET_ERRORS`, the lowest threshold that meets it.

    The error rate is estimated as (wrong + 1) / (predictions + 2), so that a few correct
    predictions are not enough: without mistakes, the rate 0.005 requires 198 predictions
    and 0.1 requires 8. Error rates that no threshold meets are omitted.

    Args:
        probabilities: (N, K) calibrated probabilities of the validation pictures.
        targets: (N,) indices into the K labels.

    Source:
        Geifman and El-Yaniv 2017, Selective Classification for Deep Neural Networks; the
        estimate is Laplace's rule of succession.
    """
    top = probabilities.max(axis=1, initial=0).astype(np.float64)
    order = np.argsort(-top, kind="stable")
    # Entry i describes the i + 1 most confident predictions, so their count + 2 is i + 3.
    wrong = np.cumsum((probabilities.argmax(axis=1) != targets)[order])
    error = (wrong + 1) / (np.arange(len(top)) + 3)
    # A threshold takes all predictions of equal probability, so only the last of them counts.
    last = np.append(np.diff(top[order]) != 0, True)[: len(top)]
    kept = [(target, top[order][last & (error <= target)]) for target in TARGET_ERRORS]
    # The probabilities descend, so the last one is the lowest threshold: it abstains least.
    return tuple((target, float(values[-1])) for target, values in kept if len(values))


def abstention_threshold(thresholds: Thresholds, max_error: float) -> float:
    """Return the probability below which a model abstains to meet a maximum error rate.

    Args:
        thresholds: pairs (maximum error rate, probability threshold) of the model.
        max_error: maximum error rate, one of those in `thresholds`.

    Raises:
        ModelError: `thresholds` has no entry for `max_error`.
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
        return " or any other; train the model again with more validation pictures"
    return f"; it has thresholds for {errors}"
