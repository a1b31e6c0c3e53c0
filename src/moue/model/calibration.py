"""Calibration: expected calibration error and temperature scaling."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

BINS = 15
MIN_TEMPERATURE, MAX_TEMPERATURE = 0.05, 20.0
FOLDS = 5
PRIOR_SIGMA = 0.5
"""Standard deviation of the normal prior of the logarithm of the temperature."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CalibrationBin:
    """One bin of a reliability diagram: the predictions with a probability in (low, high].

    Attributes:
        low, high: lower limit (exclusive) and upper limit (inclusive) of the probability.
        count: number of predictions.
        confidence: mean probability of the predicted labels; None for an empty bin.
        accuracy: share of correct predictions; None for an empty bin.
    """

    low: float
    high: float
    count: int
    confidence: float | None
    accuracy: float | None


def softmax(
    logits: npt.NDArray[np.floating[Any]], temperature: float = 1.0
) -> npt.NDArray[np.float64]:
    """Return the softmax (N, K) of logits (N, K) that are divided by the temperature."""
    scaled = logits.astype(np.float64) / temperature
    # The largest exponent becomes 0, so exp cannot overflow.
    powers = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def calibration(
    probabilities: npt.NDArray[np.float64], targets: npt.NDArray[np.int64], bins: int = BINS
) -> tuple[CalibrationBin, ...]:
    """Return the bins of a reliability diagram, by ascending probability.

    Args:
        probabilities: (N, K) probabilities of the labels.
        targets: (N,) indices into the K labels.
        bins: number of bins of equal width.
    """
    confidence = probabilities.max(axis=1, initial=0)
    right = probabilities.argmax(axis=1) == targets
    # Ceil, since a bin includes its upper limit; the clip puts a probability of 0 into the first
    # bin.
    index = np.clip(np.ceil(confidence * bins).astype(int) - 1, 0, bins - 1)
    return tuple(
        CalibrationBin(
            low=number / bins,
            high=(number + 1) / bins,
            count=int(inside.sum()),
            confidence=float(confidence[inside].mean()) if inside.any() else None,
            accuracy=float(right[inside].mean()) if inside.any() else None,
        )
        for number in range(bins)
        for inside in [index == number]
    )


def calibration_error(bins: Sequence[CalibrationBin]) -> float | None:
    """Return the expected calibration error (ECE), in [0, 1]; None if there are no predictions.

    Source:
        Guo et al. 2017, On Calibration of Modern Neural Networks, equation 3.
    """
    total = sum(one.count for one in bins)
    if not total:
        return None
    gaps = [
        one.count * abs(one.confidence - one.accuracy)
        for one in bins
        if one.confidence is not None and one.accuracy is not None
    ]
    return sum(gaps) / total


def fit_temperature(logits: npt.NDArray[np.floating[Any]], targets: npt.NDArray[np.int64]) -> float:
    """Return the temperature in [0.05, 20] that calibrates logits best; 1 if N is 0.

    Golden-section search over log T minimises the negative log-likelihood, which has a single
    minimum in 1/T, plus a normal prior of log T around 0. Without the prior, a few pictures that
    are all classified correctly would make the model overconfident. With many pictures the prior
    has little effect.

    Args:
        logits: (N, K) logits of the validation pictures.
        targets: (N,) indices into the K labels.

    Source:
        Guo et al. 2017, On Calibration of Modern Neural Networks, section 4.2.
    """
    if not len(targets):
        return 1.0
    low, high, golden = np.log(MIN_TEMPERATURE), np.log(MAX_TEMPERATURE), (np.sqrt(5) - 1) / 2
    # 60 steps shrink the interval of log T to 2e-12, far below the six digits that are kept.
    for _ in range(60):
        left, right = high - golden * (high - low), low + golden * (high - low)
        if _loss(logits, targets, np.exp(left)) < _loss(logits, targets, np.exp(right)):
            high = right
        else:
            low = left
    return round(float(np.exp((low + high) / 2)), 6)


def choose_temperature(
    logits: npt.NDArray[np.floating[Any]], targets: npt.NDArray[np.int64]
) -> tuple[float, float]:
    """Return the temperature of the model and the temperature fitted to all pictures.

    The fitted temperature is used only if five-fold cross-validation confirms it: on the held-out
    folds, neither the likelihood nor the calibration error may get worse. Otherwise 1 is used.

    Args:
        logits: (N, K) logits of the validation pictures.
        targets: (N,) indices into the K labels.
    """
    fitted, count = fit_temperature(logits, targets), len(targets)
    # With fewer pictures, a fold would be empty.
    if count < FOLDS:
        return 1.0, fitted
    # Shuffled, since neighbouring pictures may be alike; the fixed seed makes the choice
    # repeatable.
    fold = np.random.default_rng(0).permutation(count) % FOLDS
    before, after = softmax(logits), np.empty((count, logits.shape[1]))
    for number in range(FOLDS):
        held_out = fold == number
        fitted_on_rest = fit_temperature(logits[~held_out], targets[~held_out])
        after[held_out] = softmax(logits[held_out], fitted_on_rest)
    better = all(
        score(after, targets) <= score(before, targets)
        for score in (_negative_log_likelihood, _ece)
    )
    return (fitted if better else 1.0), fitted


def _negative_log_likelihood(
    probabilities: npt.NDArray[np.float64], targets: npt.NDArray[np.int64]
) -> float:
    chosen = probabilities[np.arange(len(targets)), targets]
    # A probability that underflowed to 0 would make the mean infinite.
    return float(-np.log(np.maximum(chosen, np.finfo(float).tiny)).mean())


def _ece(probabilities: npt.NDArray[np.float64], targets: npt.NDArray[np.int64]) -> float:
    return calibration_error(calibration(probabilities, targets)) or 0.0


def _loss(
    logits: npt.NDArray[np.floating[Any]], targets: npt.NDArray[np.int64], temperature: float
) -> float:
    scaled = logits.astype(np.float64) / temperature
    # The softmax does not change, and exp of values of at most 0 cannot overflow.
    scaled -= scaled.max(axis=1, keepdims=True)
    chosen = scaled[np.arange(len(targets)), targets]
    # The sum, not the mean: the prior loses its weight as the number of pictures grows.
    likelihood = (np.log(np.exp(scaled).sum(axis=1)) - chosen).sum()
    return float(likelihood + (np.log(temperature) / PRIOR_SIGMA) ** 2 / 2)
