"""How good a model is: numbers with their uncertainty, in numpy alone.

Conventions: logits are (N, K), targets (N,) indices into the labels, both in the same order as
the examples. A share of nothing is None, never 0 or 1: recall of a label without pictures,
precision of a label that was never given, accuracy of an empty set. Means skip None.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from moue.model.calibration import CalibrationBin, calibration, calibration_error, softmax
from moue.model.example import Example

Logits = npt.NDArray[np.floating[Any]]
Indices = npt.NDArray[np.int64]
Interval = tuple[float, float]

BOOTSTRAP = 1000
"""Resamplings behind the interval of the macro-F1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """`right` of `count`, with Wilson's 95 % interval."""

    right: int
    count: int

    @property
    def value(self) -> float | None:
        """The share itself; None of nothing."""
        return self.right / self.count if self.count else None

    @property
    def interval(self) -> Interval | None:
        """(low, high); None of nothing."""
        return wilson(self.right, self.count)

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return {"value": self.value, "interval": self.interval} | dataclasses.asdict(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelScore:
    """One label's scores.

    Attributes:
        support: how many pictures have the label.
        precision: share of the pictures given this label that have it.
        recall: share of the pictures with this label that were given it.
        f1: harmonic mean of both; 0 where one of them is 0, None for a label that is neither
            present nor given.
    """

    label: str
    support: int
    precision: float | None
    recall: Share
    f1: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistake:
    """A picture that was given a wrong label, and how sure the model was."""

    name: str
    file: str
    label: str
    predicted: str
    probability: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """How a model did on one set of pictures.

    Attributes:
        confusion: rows are the true labels, columns the given ones.
        macro_f1: mean of the F1 of the labels that are present or given.
        macro_f1_interval: 95 %, by bootstrap over the pictures.
        calibration_error: expected, over 15 bins, after the temperature.
        calibration_error_before: of the softmax without temperature.
        slices: accuracy by tag and its value.
        mistakes: most confident first.
    """

    labels: tuple[str, ...]
    accuracy: Share
    macro_f1: float | None
    macro_f1_interval: Interval | None
    per_label: tuple[LabelScore, ...]
    confusion: tuple[tuple[int, ...], ...]
    temperature: float
    calibration_error: float | None
    calibration_error_before: float | None
    calibration: tuple[CalibrationBin, ...]
    slices: dict[str, dict[str, Share]]
    mistakes: tuple[Mistake, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for JSON; each share with its value and interval."""
        return _plain(self)  # type: ignore[no-any-return]


def evaluate(
    logits: Logits,
    examples: Sequence[Example],
    labels: Sequence[str],
    temperature: float = 1.0,
    mistakes: int = 50,
    seed: int = 0,
) -> Evaluation:
    """Compare what a model said with what is true.

    Args:
        logits: (N, K), before the temperature.
        mistakes: how many to keep.
        seed: of the bootstrap.

    Raises:
        ValueError: the shapes do not fit, or an example's label is not among `labels`.
    """
    if logits.shape != (len(examples), len(labels)):
        raise ValueError(
            f"logits {logits.shape} do not fit {len(examples)} examples, {len(labels)} labels"
        )
    strange = {example.label for example in examples} - set(labels)
    if strange:
        raise ValueError(f"labels {sorted(strange)} are not among {list(labels)}")
    targets = np.array([labels.index(example.label) for example in examples], np.int64)
    probabilities = softmax(logits, temperature)
    given = probabilities.argmax(axis=1)
    confusion = confusion_matrix(targets, given, len(labels))
    bins = calibration(probabilities, targets)
    return Evaluation(
        labels=tuple(labels),
        accuracy=Share(right=int((given == targets).sum()), count=len(targets)),
        macro_f1=macro_f1(confusion),
        macro_f1_interval=bootstrap_f1(targets, given, len(labels), seed),
        per_label=tuple(_label_score(confusion, k, label) for k, label in enumerate(labels)),
        confusion=tuple(tuple(row) for row in confusion.tolist()),
        temperature=temperature,
        calibration_error=calibration_error(bins),
        calibration_error_before=calibration_error(calibration(softmax(logits), targets)),
        calibration=bins,
        slices=slices(examples, given == targets),
        mistakes=worst_mistakes(probabilities, examples, labels, mistakes),
    )


def wilson(right: int, count: int) -> Interval | None:
    """Return the 95 % score interval of a share; None of nothing.

    Source:
        Wilson 1927, Probable inference, the law of succession, and statistical inference.
    """
    if not count:
        return None
    z = 1.959963984540054
    share, shrink = right / count, 1 + z**2 / count
    middle = (share + z**2 / (2 * count)) / shrink
    reach = z / shrink * float(np.sqrt(share * (1 - share) / count + z**2 / (4 * count**2)))
    # The formula reaches 0 and 1 exactly at the ends, but for rounding.
    return (
        0.0 if right == 0 else max(0.0, middle - reach),
        1.0 if right == count else min(1.0, middle + reach),
    )


def confusion_matrix(targets: Indices, given: npt.NDArray[np.integer[Any]], k: int) -> Indices:
    """Return (k, k) counts; rows are the true labels, columns the given ones."""
    return np.bincount(targets * k + given, minlength=k * k).reshape(k, k).astype(np.int64)


def macro_f1(confusion: npt.NDArray[np.integer[Any]]) -> float | None:
    """Return the mean F1 of the labels that are present or given, None where there is none.

    Args:
        confusion: (..., K, K); all matrices must hold a picture where there are several.
    """
    values = _f1(confusion)
    return None if np.isnan(values).all() else float(np.nanmean(values))


def bootstrap_f1(
    targets: Indices, given: npt.NDArray[np.integer[Any]], k: int, seed: int = 0
) -> Interval | None:
    """Return the 95 % percentile interval of the macro-F1 over resampled pictures."""
    if not len(targets):
        return None
    # Drawing N pictures with replacement is drawing how often each kind of answer occurs.
    shares = confusion_matrix(targets, given, k).ravel() / len(targets)
    draws = np.random.default_rng(seed).multinomial(len(targets), shares, BOOTSTRAP)
    values = np.nanmean(_f1(draws.reshape(-1, k, k)), axis=1)
    low, high = np.quantile(values, [0.025, 0.975])
    return float(low), float(high)


def slices(
    examples: Sequence[Example], right: npt.NDArray[np.bool_]
) -> dict[str, dict[str, Share]]:
    """Return the accuracy by tag and value, both in alphabetical order."""
    groups: dict[str, dict[str, list[bool]]] = {}
    for example, is_right in zip(examples, right.tolist(), strict=True):
        for tag, value in example.tags.items():
            groups.setdefault(tag, {}).setdefault(value, []).append(is_right)
    return {
        tag: {
            value: Share(right=sum(hits), count=len(hits)) for value, hits in sorted(values.items())
        }
        for tag, values in sorted(groups.items())
    }


def worst_mistakes(
    probabilities: npt.NDArray[np.float64],
    examples: Sequence[Example],
    labels: Sequence[str],
    count: int,
) -> tuple[Mistake, ...]:
    """Return the `count` most confident wrong answers, equal ones in the examples' order."""
    given = probabilities.argmax(axis=1)
    order = np.argsort(-probabilities.max(axis=1, initial=0), kind="stable")
    wrong = [i for i in order if labels[given[i]] != examples[i].label]
    return tuple(
        Mistake(
            name=examples[i].name,
            file=str(examples[i].file),
            label=examples[i].label,
            predicted=labels[given[i]],
            probability=float(probabilities[i, given[i]]),
        )
        for i in wrong[:count]
    )


def _label_score(confusion: Indices, index: int, label: str) -> LabelScore:
    right, support = int(confusion[index, index]), int(confusion[index].sum())
    given = int(confusion[:, index].sum())
    f1 = float(_f1(confusion)[index])
    return LabelScore(
        label=label,
        support=support,
        precision=right / given if given else None,
        recall=Share(right=right, count=support),
        f1=None if np.isnan(f1) else f1,
    )


def _f1(confusion: npt.NDArray[np.integer[Any]]) -> npt.NDArray[np.float64]:
    """(..., K, K) -> (..., K); NaN for a label that is neither present nor given."""
    right = np.diagonal(confusion, axis1=-2, axis2=-1)
    total = confusion.sum(axis=-1) + confusion.sum(axis=-2)
    nothing = np.full(total.shape, np.nan)
    return np.asarray(np.divide(2 * right, total, out=nothing, where=total > 0))


def _plain(value: Any) -> Any:
    if isinstance(value, Share):
        return value.to_dict()
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: _plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value
