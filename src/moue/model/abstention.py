"""When a model abstains. Pure numpy."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from moue.errors import ModelError

Thresholds: TypeAlias = tuple[tuple[float, float], ...]
"""Pairs, by rising error: of the answers whose probability reaches the second number, at most
the share that is the first number is wrong."""
TARGET_ERRORS = (0.005, 0.01, 0.02, 0.05, 0.1)
"""The errors that a model may be held to."""


def fit_abstention(
    probabilities: npt.NDArray[np.floating], targets: npt.NDArray[np.int64]
) -> Thresholds:
    """Return the lowest threshold that keeps each error of `TARGET_ERRORS` that can be kept.

    Answers are counted with caution, as (wrong + 1) / (answers + 2): that a few answers are all
    right shows little. An error that no threshold keeps is left out, so without errors 0.005
    takes 198 answers, and 0.1 takes 8.

    Args:
        probabilities: (N, K), after the temperature, of pictures that were not trained on.
        targets: (N,), indices into the K labels.

    Source:
        The threshold that keeps a stated risk, of Geifman and El-Yaniv 2017, Selective
        Classification for Deep Neural Networks; the count is Laplace's rule of succession.
    """
    top = probabilities.max(axis=1, initial=0).astype(np.float64)
    order = np.argsort(-top, kind="stable")
    wrong = np.cumsum((probabilities.argmax(axis=1) != targets)[order])
    cautious = (wrong + 1) / (np.arange(len(top)) + 3)
    # Equal probabilities are answered all or none: only the last of them can be the lowest.
    last = np.append(np.diff(top[order]) != 0, True)[: len(top)]
    kept = [(error, top[order][last & (cautious <= error)]) for error in TARGET_ERRORS]
    return tuple((error, float(values[-1])) for error, values in kept if len(values))


def threshold(thresholds: Thresholds, max_error: float) -> float:
    """Return the probability below which a model abstains so as to keep `max_error`.

    Raises:
        ModelError: it holds no threshold for that error.
    """
    known = dict(thresholds)
    if max_error not in known:
        raise ModelError(f"the model cannot guarantee an error of {max_error:g}{_cure(known)}")
    return known[max_error]


def _cure(known: Iterable[float]) -> str:
    errors = ", ".join(f"{error:g}" for error in known)
    if not errors:
        return ": it has no threshold; train a new one with more validation pictures"
    return f"; it can guarantee {errors}"
