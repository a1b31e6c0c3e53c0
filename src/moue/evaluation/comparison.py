"""Compare two models on the same pictures: paired bootstrap intervals and McNemar's test."""

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
    """A metric of the first model minus the same metric of the second model.

    Attributes:
        value: first minus second; positive if the first model is better. None if there are no
            pictures.
        interval: 95 % confidence interval of `value`; None if there are no pictures.
    """

    value: float | None
    interval: Interval | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Disagreement:
    """A picture that only one of two models classifies correctly.

    Attributes:
        name: name of the example.
        label: label of the picture.
        first, second: predicted labels of the two models.
    """

    name: str
    label: str
    first: str
    second: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """The comparison of two models on the same pictures.

    Attributes:
        models: names of the two models; all pairs are in this order.
        accuracy: accuracy of each model.
        macro_f1: macro-F1 of each model, over the labels with pictures.
        accuracy_difference, macro_f1_difference: first model minus second model, with bootstrap
            intervals over the pictures.
        both_right, both_wrong: number of pictures that both models, or neither model, classify
            correctly.
        only_first, only_second: pictures that only one of the models classifies correctly.
        p_value: p-value of McNemar's test: probability of at least this difference between two
            equally good models.
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
        """Return the comparison as a JSON-serialisable dict."""
        return as_plain(self)  # type: ignore[no-any-return]


def compare(
    examples: Sequence[Example],
    first: Sequence[str],
    second: Sequence[str],
    models: tuple[str, str] = ("first", "second"),
    seed: int = 0,
) -> Comparison:
    """Compare the labels that two models predict for the same pictures.

    Args:
        examples: labelled pictures.
        first, second: predicted labels of the two models, in the order of `examples`.
        models: names of the two models.
        seed: random seed of the bootstrap.

    Raises:
        ValueError: the numbers of labels and examples differ.
    """
    if not len(first) == len(second) == len(examples):
        raise ValueError(f"{len(first)} and {len(second)} predictions for {len(examples)} examples")
    # Predicted labels that no picture has need a cell too.
    labels = sorted({*first, *second, *(example.label for example in examples)})
    targets, a, b = (
        np.array([labels.index(label) for label in row], np.int64)
        for row in ([example.label for example in examples], first, second)
    )
    # All scores depend only on the counts of (true, first, second) label triples.
    k = len(labels)
    cells = np.bincount((targets * k + a) * k + b, minlength=k**3).reshape(1, k, k, k)
    accuracy, macro = _scores(cells)
    differences = _intervals(cells, seed)
    right_a, right_b = a == targets, b == targets
    disagreements = [
        Disagreement(name=example.name, label=example.label, first=one, second=two)
        for example, one, two in zip(examples, first, second, strict=True)
        if (one == example.label) != (two == example.label)
    ]
    only_a = tuple(one for one in disagreements if one.first == one.label)
    only_b = tuple(one for one in disagreements if one.second == one.label)
    return Comparison(
        models=models,
        accuracy=(_proportion(right_a), _proportion(right_b)),
        macro_f1=(_none_if_nan(macro[0, 0]), _none_if_nan(macro[1, 0])),
        accuracy_difference=Difference(
            value=_none_if_nan(accuracy[0, 0] - accuracy[1, 0]), interval=differences[0]
        ),
        macro_f1_difference=Difference(
            value=_none_if_nan(macro[0, 0] - macro[1, 0]), interval=differences[1]
        ),
        both_right=int((right_a & right_b).sum()),
        both_wrong=int((~right_a & ~right_b).sum()),
        only_first=only_a,
        only_second=only_b,
        p_value=mcnemar(len(only_a), len(only_b)),
    )


def mcnemar(only_first: int, only_second: int) -> float:
    """Return the exact two-sided p-value of McNemar's test.

    Under the null hypothesis that both models are equally good, each model is the only correct one
    with probability 1/2.

    Args:
        only_first, only_second: number of pictures that only the first or only the second model
            classifies correctly.

    Source:
        McNemar 1947, Note on the sampling error of the difference between correlated
        proportions or percentages; the exact binomial form.
    """
    count, fewer = only_first + only_second, min(only_first, only_second)
    # Exact integers: as a float, 2 ** count would overflow from 1,024 pictures on.
    ways: int = sum(comb(count, i) for i in range(fewer + 1))
    # Two tails; if both counts are equal, they share the middle term and exceed 1.
    return min(1.0, float(2 * ways / 2**count))


def _scores(
    cells: npt.NDArray[np.int64],
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return accuracy and macro-F1, both (2, D), for (D, K, K, K) counts by label triples.

    The triples are the true label and the labels that the two models predict.
    """
    if not cells.size or not cells[0].any():
        return np.full((2, len(cells)), np.nan), np.full((2, len(cells)), np.nan)
    # (2, D, K, K): the sum over the labels of one model leaves the matrix of the other.
    confusions = np.stack([cells.sum(axis=3), cells.sum(axis=2)])
    total = confusions.sum(axis=(2, 3))
    return np.trace(confusions, axis1=2, axis2=3) / total, np.nanmean(f1(confusions), axis=2)


def _intervals(cells: npt.NDArray[np.int64], seed: int) -> tuple[Interval | None, Interval | None]:
    """Return 95 % bootstrap intervals of accuracy and macro-F1, first model minus second."""
    count = int(cells.sum())
    if not count:
        return None, None
    # A bootstrap sample of N pictures is one multinomial draw of the counts.
    rng = np.random.default_rng(seed)
    draws = rng.multinomial(count, cells.ravel() / count, BOOTSTRAP)
    # Both models are scored on the same draws, so the difficulty of the pictures cancels out.
    accuracy, macro = _scores(draws.reshape(-1, *cells.shape[1:]))
    return _interval(accuracy[0] - accuracy[1]), _interval(macro[0] - macro[1])


def _interval(values: npt.NDArray[np.float64]) -> Interval:
    low, high = np.quantile(values, [0.025, 0.975])
    return float(low), float(high)


def _proportion(right: npt.NDArray[np.bool_]) -> Proportion:
    return Proportion(right=int(right.sum()), count=len(right))


def _none_if_nan(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
