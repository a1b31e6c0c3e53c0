"""Inter-annotator agreement: Cohen's kappa of two labellings, with a confidence interval."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from moue.evaluation.metrics import BOOTSTRAP, Indices, Interval, Proportion, confusion_matrix


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """The agreement of two labellings.

    Attributes:
        labels: labels in the order of the matrix.
        same: proportion of mouths with the same label in both.
        kappa: Cohen's kappa: 1 for full agreement, 0 for the agreement of chance; None if it is
            undefined, because all mouths have one label.
        interval: 95 % bootstrap interval of kappa; None without kappa.
        confusion: number of mouths by first label (rows) and second label (columns).
    """

    labels: tuple[str, ...]
    same: Proportion
    kappa: float | None
    interval: Interval | None
    confusion: tuple[tuple[int, ...], ...]


def agreement(
    first: Sequence[str], second: Sequence[str], labels: Sequence[str], seed: int = 0
) -> Agreement:
    """Return the agreement of two labellings.

    Args:
        first, second: labels of the same mouths, in the same order.
        labels: labels of the workspace; other labels follow them in the matrix.
        seed: random seed of the bootstrap.

    Raises:
        ValueError: the numbers of labels differ.

    Source:
        Cohen 1960, A coefficient of agreement for nominal scales.
    """
    if len(first) != len(second):
        raise ValueError(f"{len(first)} first labels, but {len(second)} second labels")
    names = (*labels, *sorted({*first, *second} - {*labels}))
    index = {name: i for i, name in enumerate(names)}
    one, other = (np.array([index[x] for x in row], np.int64) for row in (first, second))
    confusion = confusion_matrix(one, other, len(names))
    kappa = float(_kappa(confusion))
    return Agreement(
        labels=names,
        same=Proportion(right=int(np.trace(confusion)), count=len(first)),
        kappa=None if np.isnan(kappa) else kappa,
        interval=None if np.isnan(kappa) else _interval(confusion, seed),
        confusion=tuple(tuple(row) for row in confusion.tolist()),
    )


def _interval(confusion: Indices, seed: int) -> Interval | None:
    count, k = int(confusion.sum()), len(confusion)
    # Kappa depends only on the counts, so a bootstrap sample is one multinomial draw of them.
    rng = np.random.default_rng(seed)
    draws = rng.multinomial(count, confusion.ravel() / count, BOOTSTRAP).reshape(-1, k, k)
    values = _kappa(draws)
    if np.isnan(values).all():
        return None
    low, high = np.nanquantile(values, [0.025, 0.975])
    return float(low), float(high)


def _kappa(confusion: Indices) -> npt.NDArray[np.float64]:
    """Return kappa (...) of confusion matrices (..., K, K); NaN where it is undefined."""
    total = np.maximum(confusion.sum(axis=(-2, -1)), 1).astype(np.float64)
    same = np.trace(confusion, axis1=-2, axis2=-1) / total
    chance = (confusion.sum(axis=-1) * confusion.sum(axis=-2)).sum(axis=-1) / total**2
    undefined = np.full(np.shape(same), np.nan)
    possible = (chance < 1) & (confusion.sum(axis=(-2, -1)) > 0)
    return np.asarray(np.divide(same - chance, 1 - chance, out=undefined, where=possible))
