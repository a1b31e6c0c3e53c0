"""How far a model can be trusted as pictures get worse: accuracy by corruption and severity."""

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
"""N crops of one size -> (N, K) logits or probabilities."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """How a model did at one severity; None is the crop as it is."""

    severity: float | None
    accuracy: Proportion
    macro_f1: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """How a model did at each severity of one corruption.

    Attributes:
        neutral: index of the point at which nothing is changed.
        mean_accuracy: over all other points; None without mouths.
    """

    name: str
    unit: str
    neutral: int
    mean_accuracy: float | None
    points: tuple[Point, ...]


def robustness(
    answer: LogitsFunction,
    cuts: Iterable[CropFunction],
    targets: Indices,
    labels: Sequence[str],
    seed: int = 0,
) -> tuple[Curve, ...]:
    """Return how a model does as the mouths get worse, a curve for each of `CORRUPTIONS`.

    Args:
        answer: the model, such as `Classifier.logits`; called with crops of one size.
        cuts: the mouths; each is used up before the next is asked for.
        targets: (N,) indices into `labels`, in the order of `cuts`.
        labels: in the order of the answers.
    """
    rows = [
        _labels(answer, list(chain.from_iterable(corrupt(cut, seed, number))))
        for number, cut in enumerate(cuts)
    ]
    given = np.array(rows, np.int64).reshape(len(rows), sum(len(h.severities) for h in CORRUPTIONS))
    curves, start = [], 0
    for kind in CORRUPTIONS:
        columns = given[:, start : start + len(kind.severities)].T
        start += len(kind.severities)
        points = tuple(
            _point(severity, targets, column, len(labels))
            for severity, column in zip(kind.severities, columns, strict=True)
        )
        curves.append(_curve(kind, points))
    return tuple(curves)


def _labels(answer: LogitsFunction, crops: Sequence[Image]) -> npt.NDArray[np.int64]:
    # By size: a batch of one size is resized in the ONNX graph, ten times as fast.
    sizes: dict[tuple[int, ...], list[int]] = {}
    for index, crop in enumerate(crops):
        sizes.setdefault(crop.shape, []).append(index)
    given = np.empty(len(crops), np.int64)
    for members in sizes.values():
        given[members] = answer([crops[index] for index in members]).argmax(axis=1)
    return given


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


def _point(severity: float | None, targets: Indices, given: Indices, k: int) -> Point:
    confusion = confusion_matrix(targets, given, k)
    accuracy = Proportion(right=int(np.trace(confusion)), count=len(targets))
    return Point(severity=severity, accuracy=accuracy, macro_f1=macro_f1(confusion))
