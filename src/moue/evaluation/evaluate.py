"""Evaluate the logits of a model: metrics with confidence intervals, calibration, slices, mistakes.

Logits have the shape (N, K), with rows in the order of the examples and columns in the order of the
labels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
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
    """The metrics of one label.

    Attributes:
        label: label.
        support: number of pictures with the label.
        precision: share of correct predictions among the predictions of the label.
        recall: share of correct predictions among the pictures with the label.
        f1: harmonic mean of precision and recall; 0 if one of them is 0, None if no picture has the
            label.
    """

    label: str
    support: int
    precision: Proportion
    recall: Proportion
    f1: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistake:
    """A wrong prediction.

    Attributes:
        name: name of the example.
        file: path of the mouth crop.
        label: label of the mouth.
        predicted: predicted label.
        probability: probability of the predicted label.
    """

    name: str
    file: str
    label: str
    predicted: str
    probability: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """The evaluation of a model on one set of pictures.

    Attributes:
        labels: labels of the model.
        untested: labels without pictures in the set.
        accuracy: share of correct predictions.
        macro_f1: mean F1 of the labels with pictures; None if there are no pictures.
        macro_f1_interval: 95 % bootstrap interval of `macro_f1`; None if all predictions are right.
        per_label: metrics of each label.
        confusion: confusion matrix; rows are the true labels, columns the predicted labels.
        temperature: temperature of the model.
        calibration_error: expected calibration error over 15 bins, with the temperature.
        calibration_error_before: expected calibration error without the temperature.
        calibration: bins of the reliability diagram, with the temperature.
        slices: metrics by attribute and value.
        mistakes: wrong predictions, sorted by descending probability.
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
        """Return a JSON-serialisable dict, in which proportions include value and interval."""
        return as_plain(self)  # type: ignore[no-any-return]


def evaluate(
    logits: Logits,
    examples: Sequence[Example],
    labels: Sequence[str],
    temperature: float = 1.0,
    mistakes: int = 50,
    seed: int = 0,
) -> Evaluation:
    """Evaluate logits against the labels of the examples.

    Args:
        logits: (N, K) logits, before the temperature.
        examples: labelled pictures, in the order of the logits.
        labels: labels in the order of the columns.
        temperature: divisor of the logits.
        mistakes: maximum number of mistakes in the result.
        seed: random seed of the bootstrap.

    Raises:
        ValueError: the shapes do not match, or the label of an example is not in `labels`.
    """
    if logits.shape != (len(examples), len(labels)):
        raise ValueError(
            f"logits {logits.shape} do not fit {len(examples)} examples, {len(labels)} labels"
        )
    unknown = {example.label for example in examples} - set(labels)
    if unknown:
        raise ValueError(f"the example labels {sorted(unknown)} are not among {list(labels)}")
    targets = np.array([labels.index(example.label) for example in examples], np.int64)
    probabilities = softmax(logits, temperature)
    predicted = probabilities.argmax(axis=1)
    confusion = confusion_matrix(targets, predicted, len(labels))
    bins = calibration(probabilities, targets)
    return Evaluation(
        labels=tuple(labels),
        untested=missing(labels, (example.label for example in examples)),
        accuracy=Proportion(right=int((predicted == targets).sum()), count=len(targets)),
        macro_f1=macro_f1(confusion),
        macro_f1_interval=bootstrap_f1(targets, predicted, len(labels), seed),
        per_label=tuple(_label_score(confusion, k, label) for k, label in enumerate(labels)),
        confusion=tuple(tuple(row) for row in confusion.tolist()),
        temperature=temperature,
        calibration_error=calibration_error(bins),
        calibration_error_before=calibration_error(calibration(softmax(logits), targets)),
        calibration=bins,
        slices=slices(examples, targets, predicted, labels),
        mistakes=worst_mistakes(probabilities, examples, labels, mistakes),
    )


def worst_mistakes(
    probabilities: npt.NDArray[np.float64],
    examples: Sequence[Example],
    labels: Sequence[str],
    count: int,
) -> tuple[Mistake, ...]:
    """Return the wrong predictions, sorted by descending probability.

    Args:
        probabilities: (N, K) probabilities.
        examples: labelled pictures, in the order of the probabilities.
        labels: labels in the order of the columns.
        count: maximum number of mistakes.
    """
    predicted = probabilities.argmax(axis=1)
    order = np.argsort(-probabilities.max(axis=1, initial=0), kind="stable")
    wrong = (i for i in order.tolist() if labels[predicted[i]] != examples[i].label)
    return tuple(
        Mistake(
            name=examples[i].name,
            file=str(examples[i].file),
            label=examples[i].label,
            predicted=labels[predicted[i]],
            probability=float(probabilities[i, predicted[i]]),
        )
        for i in islice(wrong, count)
    )


def _label_score(confusion: Indices, index: int, label: str) -> LabelScore:
    right, support = int(confusion[index, index]), int(confusion[index].sum())
    predicted = int(confusion[:, index].sum())
    score = float(f1(confusion)[index])
    return LabelScore(
        label=label,
        support=support,
        precision=Proportion(right=right, count=predicted),
        recall=Proportion(right=right, count=support),
        f1=None if np.isnan(score) else score,
    )
