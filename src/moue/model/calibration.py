"""Whether a model is right as often as it says, and the temperature that makes it so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

BINS = 15
COLDEST, HOTTEST = 0.05, 20.0
FOLDS = 5
PRIOR = 0.5
"""Width of what is held of log T before any picture is seen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CalibrationBin:
    """The answers whose probability lies in (low, high].

    Attributes:
        confidence: mean probability of those answers; None where there are none.
        accuracy: share of them that is right; None where there are none.
    """

    low: float
    high: float
    count: int
    confidence: float | None
    accuracy: float | None


def softmax(
    logits: npt.NDArray[np.floating[Any]], temperature: float = 1.0
) -> npt.NDArray[np.float64]:
    """Return probabilities (N, K) of logits (N, K)."""
    scaled = logits.astype(np.float64) / temperature
    powers = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def calibration(
    probabilities: npt.NDArray[np.float64], targets: npt.NDArray[np.int64], bins: int = BINS
) -> tuple[CalibrationBin, ...]:
    """Return how right the model is at each level of confidence: a reliability diagram."""
    confidence = probabilities.max(axis=1, initial=0)
    right = probabilities.argmax(axis=1) == targets
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
    """Return the mean gap between confidence and accuracy (ECE); None without answers.

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
    """Return the temperature, from 0.05 to 20, that makes `logits` fit `targets` best.

    It minimises the mean negative log-likelihood, which has one minimum in 1/T, by
    golden-section search over log T. Without targets it is 1. Beforehand log T is held to be
    about 0 (a normal prior of width `PRIOR`), so that a few pictures, all of them right, do not
    make a model sure of everything; many pictures outweigh it.

    Source:
        Guo et al. 2017, On Calibration of Modern Neural Networks, section 4.2.
    """
    if not len(targets):
        return 1.0
    low, high, golden = np.log(COLDEST), np.log(HOTTEST), (np.sqrt(5) - 1) / 2
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
    """Return the temperature to use, and the one that fits best.

    The first is 1 where a temperature does not help on pictures that it was not fitted on: it is
    fitted on four fifths of the set and judged on the last, in turn. Neither the likelihood nor
    the calibration error may get worse.
    """
    fitted, count = fit_temperature(logits, targets), len(targets)
    if count < FOLDS:
        return 1.0, fitted
    fold = np.random.default_rng(0).permutation(count) % FOLDS
    before, after = softmax(logits), np.empty((count, logits.shape[1]))
    for number in range(FOLDS):
        held = fold == number
        after[held] = softmax(logits[held], fit_temperature(logits[~held], targets[~held]))
    better = all(
        score(after, targets) <= score(before, targets) for score in (_surprise, _mean_gap)
    )
    return (fitted if better else 1.0), fitted


def _surprise(probabilities: npt.NDArray[np.float64], targets: npt.NDArray[np.int64]) -> float:
    """Mean negative log-likelihood."""
    chosen = probabilities[np.arange(len(targets)), targets]
    return float(-np.log(np.maximum(chosen, np.finfo(float).tiny)).mean())


def _mean_gap(probabilities: npt.NDArray[np.float64], targets: npt.NDArray[np.int64]) -> float:
    return calibration_error(calibration(probabilities, targets)) or 0.0


def _loss(
    logits: npt.NDArray[np.floating[Any]], targets: npt.NDArray[np.int64], temperature: float
) -> float:
    scaled = logits.astype(np.float64) / temperature
    scaled -= scaled.max(axis=1, keepdims=True)
    chosen = scaled[np.arange(len(targets)), targets]
    likelihood = (np.log(np.exp(scaled).sum(axis=1)) - chosen).sum()
    return float(likelihood + (np.log(temperature) / PRIOR) ** 2 / 2)
