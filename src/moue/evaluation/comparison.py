"""Two models on the same pictures: whether one is better, or was only luckier."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import comb
from typing import Any

import numpy as np
import numpy.typing as npt

from moue.evaluation.metrics import BOOTSTRAP, Interval, Proportion, as_plain, f1
from moue.model.example import Example


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A score of the first model less that of the second, with its 95 % interval.

    None where there are no pictures.
    """

    value: float | None
    interval: Interval | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Disagreement:
    """A picture that only one of two models got right, and the label that each gave it."""

    name: str
    label: str
    first: str
    second: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """How two models did on the same pictures.

    Attributes:
        models: names of the first and the second, in which order all pairs here are.
        accuracy: of each.
        macro_f1: of each, over the labels that are present.
        accuracy_difference: its interval is by bootstrap over the pictures, as that of
            `macro_f1_difference`.
        both_right: how many pictures; as `both_wrong`.
        only_first: the pictures that only the first got right, in the examples' order.
        only_second: those that only the second got right.
        p_value: McNemar's: how often two equally good models would differ at least so much.
    """

    models: tuple[str, str]
    accuracy: tuple[Proportion, Proportion]
    macro_f1: tuple[float | None, float | None]
    accuracy_difference: Difference
    macro_f1_difference: Difference
    both_right: int
    both_wrong: int
    only_first: tuple[Disagreement, ...]
    only_second: tuple[Disagreement, ...]
    p_value: float

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return as_plain(self)  # type: ignore[no-any-return]


def compare(
    examples: Sequence[Example],
    first: Sequence[str],
    second: Sequence[str],
    models: tuple[str, str] = ("first", "second"),
    seed: int = 0,
) -> Comparison:
    """Compare the labels that two models gave to the same pictures.

    Args:
        first: the first model's labels, in the order of `examples`, as `second`.
        models: their names.
        seed: of the bootstrap.

    Raises:
        ValueError: not one answer of each model for every example.
    """
    if not len(first) == len(second) == len(examples):
        raise ValueError(f"{len(first)} and {len(second)} answers to {len(examples)} examples")
    labels = sorted({*first, *second, *(example.label for example in examples)})
    targets, a, b = (
        np.array([labels.index(label) for label in row], np.int64)
        for row in ([example.label for example in examples], first, second)
    )
    # All that is asked depends on how often each (true, first's, second's) occurs.
    k = len(labels)
    cells = np.bincount((targets * k + a) * k + b, minlength=k**3).reshape(1, k, k, k)
    accuracy, macro = _scores(cells)
    differences = _intervals(cells, seed)
    right_a, right_b = a == targets, b == targets
    apart = [
        Disagreement(name=example.name, label=example.label, first=one, second=two)
        for example, one, two in zip(examples, first, second, strict=True)
        if (one == example.label) != (two == example.label)
    ]
    only_a = tuple(one for one in apart if one.first == one.label)
    only_b = tuple(one for one in apart if one.second == one.label)
    return Comparison(
        models=models,
        accuracy=(_share(right_a), _share(right_b)),
        macro_f1=(_known(macro[0, 0]), _known(macro[1, 0])),
        accuracy_difference=Difference(
            value=_known(accuracy[0, 0] - accuracy[1, 0]), interval=differences[0]
        ),
        macro_f1_difference=Difference(
            value=_known(macro[0, 0] - macro[1, 0]), interval=differences[1]
        ),
        both_right=int((right_a & right_b).sum()),
        both_wrong=int((~right_a & ~right_b).sum()),
        only_first=only_a,
        only_second=only_b,
        p_value=mcnemar(len(only_a), len(only_b)),
    )


def mcnemar(only_first: int, only_second: int) -> float:
    """Return the exact two-sided p-value of pictures that only one of two models got right.

    Were both equally good, each such picture would fall to either with a chance of one half.

    Source:
        McNemar 1947, Note on the sampling error of the difference between correlated
        proportions or percentages; the exact binomial form.
    """
    count, fewer = only_first + only_second, min(only_first, only_second)
    ways: int = sum(comb(count, i) for i in range(fewer + 1))
    return min(1.0, float(2 * ways / 2**count))


def _scores(
    cells: npt.NDArray[np.int64],
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """(D, K, K, K) counts of (true, first's, second's) -> accuracies and macro-F1s, (2, D)."""
    if not cells.size or not cells[0].any():
        return np.full((2, len(cells)), np.nan), np.full((2, len(cells)), np.nan)
    confusions = np.stack([cells.sum(axis=3), cells.sum(axis=2)])
    total = confusions.sum(axis=(2, 3))
    return np.trace(confusions, axis1=2, axis2=3) / total, np.nanmean(f1(confusions), axis=2)


def _intervals(cells: npt.NDArray[np.int64], seed: int) -> tuple[Interval | None, Interval | None]:
    """95 % percentile intervals of both differences over resampled pictures."""
    count = int(cells.sum())
    if not count:
        return None, None
    # Drawing N pictures with replacement is drawing how often each kind of answer occurs.
    rng = np.random.default_rng(seed)
    draws = rng.multinomial(count, cells.ravel() / count, BOOTSTRAP)
    accuracy, macro = _scores(draws.reshape(-1, *cells.shape[1:]))
    return _middle(accuracy[0] - accuracy[1]), _middle(macro[0] - macro[1])


def _middle(values: npt.NDArray[np.float64]) -> Interval:
    low, high = np.quantile(values, [0.025, 0.975])
    return float(low), float(high)


def _share(right: npt.NDArray[np.bool_]) -> Proportion:
    return Proportion(right=int(right.sum()), count=len(right))


def _known(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
