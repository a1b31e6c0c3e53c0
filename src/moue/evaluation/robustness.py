"""Robustness: the accuracy of a model by corruption and severity."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt

from moue.evaluation.corruptions import CORRUPTIONS, Corruption, CropFunction, corrupt
from moue.evaluation.metrics import Indices, Proportion, confusion_matrix, macro_f1
from moue.workspace.types import Image

LogitsFunction = Callable[[Sequence[Image]], npt.NDArray[np.floating[Any]]]
"""A function from N crops of one size to (N, K) logits or probabilities."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """The metrics at one severity of a corruption.

    Attributes:
        severity: severity; None for the unchanged crop if no number describes it.
        accuracy: accuracy on the corrupted crops.
        macro_f1: macro-F1 on the corrupted crops; None if there are no mouths.
    """

    severity: float | None
    accuracy: Proportion
    macro_f1: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """The metrics at each severity of one corruption.

    Attributes:
        name: name of the corruption.
        unit: unit of the severities.
        neutral: index of the point of the unchanged crop.
        mean_accuracy: mean accuracy over all other points; None if there are no mouths.
        points: metrics at each severity.
    """

    name: str
    unit: str
    neutral: int
    mean_accuracy: float | None
    points: tuple[Point, ...]


def robustness(
    logits: LogitsFunction,
    crop_functions: Iterable[CropFunction],
    targets: Indices,
    labels: Sequence[str],
    seed: int = 0,
) -> tuple[Curve, ...]:
    """Return the accuracy of a model under each of `CORRUPTIONS`.

    Args:
        logits: logits function of the model, such as `Classifier.logits`, called with crops of
            one size.
        crop_functions: crop functions of the mouths; the iterator is consumed one by one.
        targets: (N,) indices into `labels`, in the order of `crop_functions`.
        labels: labels in the order of the logits.
        seed: random seed of the corruptions.

    Returns:
        One curve for each of `CORRUPTIONS`.
    """
    # Only the crops of one mouth are in memory at a time.
    rows = [
        predict_corrupted(logits, crop, number, seed) for number, crop in enumerate(crop_functions)
    ]
    return curves_of(rows, targets, labels)


def predict_corrupted(
    logits: LogitsFunction, crop: CropFunction, number: int, seed: int = 0
) -> npt.NDArray[np.int64]:
    """Return the predicted label of one mouth at every severity of each of `CORRUPTIONS`.

    Args:
        logits: logits function of the model.
        crop: crop function of the mouth.
        number: number of the mouth in its set, which is part of the random seed.
        seed: random seed of the corruptions.

    Returns:
        (S,) indices of the labels, for all severities of the first corruption, then of the second.
    """
    return _labels(logits, list(chain.from_iterable(corrupt(crop, seed, number))))


def curves_of(
    rows: Sequence[npt.NDArray[np.int64]], targets: Indices, labels: Sequence[str]
) -> tuple[Curve, ...]:
    """Return the accuracy curve of each of `CORRUPTIONS`.

    Args:
        rows: result of `predict_corrupted` for each mouth.
        targets: (N,) indices into `labels`, in the order of `rows`.
        labels: labels in the order of the logits.
    """
    # The reshape keeps the number of columns if there are no mouths.
    predicted = np.array(rows, np.int64).reshape(
        len(rows), sum(len(kind.severities) for kind in CORRUPTIONS)
    )
    curves, start = [], 0
    for kind in CORRUPTIONS:
        columns = predicted[:, start : start + len(kind.severities)].T
        start += len(kind.severities)
        points = tuple(
            _point(severity, targets, column, len(labels))
            for severity, column in zip(kind.severities, columns, strict=True)
        )
        curves.append(_curve(kind, points))
    return tuple(curves)


def _labels(logits: LogitsFunction, crops: Sequence[Image]) -> npt.NDArray[np.int64]:
    # Batches of one size are resized in the ONNX graph, which is ten times as fast.
    sizes: dict[tuple[int, ...], list[int]] = {}
    for index, crop in enumerate(crops):
        sizes.setdefault(crop.shape, []).append(index)
    predicted = np.empty(len(crops), np.int64)
    for members in sizes.values():
        predicted[members] = logits([crops[index] for index in members]).argmax(axis=1)
    return predicted


def _curve(kind: Corruption, points: tuple[Point, ...]) -> Curve:
    neutral = kind.severities.index(kind.neutral)
    shares = [p.accuracy.value for i, p in enumerate(points) if i != neutral]
    known = [share for share in shares if share is not None]
    return Curve(
        name=kind.name,
        unit=kind.unit,
        neutral=neutral,
        mean_accuracy=sum(known) / len(known) if known else None,
        points=points,
    )


def _point(severity: float | None, targets: Indices, predicted: Indices, k: int) -> Point:
    confusion = confusion_matrix(targets, predicted, k)
    accuracy = Proportion(right=int(np.trace(confusion)), count=len(targets))
    return Point(severity=severity, accuracy=accuracy, macro_f1=macro_f1(confusion))
