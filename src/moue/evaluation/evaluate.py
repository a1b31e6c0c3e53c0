"""How good a model is: numbers with their uncertainty, in numpy alone.

Logits are (N, K) in the order of the examples and of the labels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from moue.evaluation.metrics import (
    Indices,
    Interval,
    Proportion,
    as_plain,
    bootstrap_f1,
    confusion_matrix,
    f1,
    macro_f1,
)
from moue.evaluation.slices import Slice, slices
from moue.model.calibration import CalibrationBin, calibration, calibration_error, softmax
from moue.model.example import Example
from moue.workspace.label_set import missing

Logits = npt.NDArray[np.floating[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelScore:
    """One label's scores.

    Attributes:
        support: how many pictures have the label.
        precision: share of the pictures given this label that have it.
        recall: share of the pictures with this label that were given it.
        f1: harmonic mean of both; 0 where one of them is 0, None for a label without pictures.
    """

    label: str
    support: int
    precision: float | None
    recall: Proportion
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
        untested: labels without a picture in this set; nothing here says how well the model
            knows them.
        macro_f1: mean of the F1 of the other labels.
        macro_f1_interval: 95 %, by bootstrap over the pictures.
        calibration_error: expected, over 15 bins, after the temperature.
        calibration_error_before: of the softmax without temperature.
        slices: how it did on the pictures that share a tag's value, by tag and value.
        mistakes: most confident first.
    """

    labels: tuple[str, ...]
    untested: tuple[str, ...]
    accuracy: Proportion
    macro_f1: float | None
    macro_f1_interval: Interval | None
    per_label: tuple[LabelScore, ...]
    confusion: tuple[tuple[int, ...], ...]
    temperature: float
    calibration_error: float | None
    calibration_error_before: float | None
    calibration: tuple[CalibrationBin, ...]
    slices: dict[str, dict[str, Slice]]
    mistakes: tuple[Mistake, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for JSON; each share with its value and interval."""
        return as_plain(self)  # type: ignore[no-any-return]


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
        untested=missing(labels, (example.label for example in examples)),
        accuracy=Proportion(right=int((given == targets).sum()), count=len(targets)),
        macro_f1=macro_f1(confusion),
        macro_f1_interval=bootstrap_f1(targets, given, len(labels), seed),
        per_label=tuple(_label_score(confusion, k, label) for k, label in enumerate(labels)),
        confusion=tuple(tuple(row) for row in confusion.tolist()),
        temperature=temperature,
        calibration_error=calibration_error(bins),
        calibration_error_before=calibration_error(calibration(softmax(logits), targets)),
        calibration=bins,
        slices=slices(examples, targets, given, labels),
        mistakes=worst_mistakes(probabilities, examples, labels, mistakes),
    )


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
    score = float(f1(confusion)[index])
    return LabelScore(
        label=label,
        support=support,
        precision=right / given if given else None,
        recall=Proportion(right=right, count=support),
        f1=None if np.isnan(score) else score,
    )
