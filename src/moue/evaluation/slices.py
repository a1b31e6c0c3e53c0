"""Slices: the metrics of a model by attribute of the pictures.

The values of an attribute are words (`colour`: `grey`) or numbers (`age`: `34`). Attributes with
many different numbers are divided into bands, at the limits in `STEPS` or at round numbers.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from moue.evaluation.metrics import Indices, Proportion, confusion_matrix, macro_f1
from moue.model.example import Example

NEUTRAL = "none"
"""Label of a neutral mouth. The report compares the false alarms on this label between slices."""
UNKNOWN = "unknown"
"""Value for pictures without the attribute."""
STEPS: dict[str, tuple[float, ...]] = {
    "mouth_px": (32, 64, 128, 256),
    "face_percent": (10, 20, 40, 60),
}
"""Fixed band limits by attribute, so that test sets can be compared."""
MANY = 8
"""Number of different values above which a numeric attribute is divided into bands."""
_BANDS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """The metrics on the pictures with one value of an attribute.

    Attributes:
        accuracy: accuracy on the slice.
        macro_f1: macro-F1 over the labels with pictures in the slice.
        none_predicted: share of each predicted label among the pictures labelled `none`; empty
            for a model without the label `none`.
    """

    accuracy: Proportion
    macro_f1: float | None
    none_predicted: dict[str, Proportion]


def slices(
    examples: Sequence[Example], targets: Indices, predicted: Indices, labels: Sequence[str]
) -> dict[str, dict[str, Slice]]:
    """Return the metrics by attribute and value; each picture is in one slice of an attribute.

    Attributes and values are sorted alphabetically, numbers in ascending order, `unknown` last. An
    attribute with a different value for every picture, such as a URL, is omitted.

    Args:
        examples: labelled pictures with attributes.
        targets: (N,) true labels as indices into `labels`, in the order of `examples`.
        predicted: (N,) predicted labels as indices into `labels`, in the order of `examples`.
        labels: labels of the model.
    """
    return {
        name: {
            value: _slice(targets[members], predicted[members], labels)
            for value, members in groups.items()
        }
        for name, groups in slice_members(examples).items()
    }


def slice_members(examples: Sequence[Example]) -> dict[str, dict[str, npt.NDArray[np.int64]]]:
    """Return the indices of the examples in each slice, by attribute and value; see `slices`."""
    found = {}
    for name in sorted({name for example in examples for name in example.attributes}):
        groups = _groups(name, [example.attributes.get(name) for example in examples])
        if any(len(members) > 1 for value, members in groups.items() if value != UNKNOWN):
            found[name] = {value: np.array(own, np.int64) for value, own in groups.items()}
    return found


def bands(numbers: Sequence[float], steps: Sequence[float] = ()) -> tuple[list[str], list[int]]:
    """Divide numbers into bands; return the names of the bands and the band index of each number.

    Args:
        numbers: numbers to divide.
        steps: band limits in ascending order; a limit belongs to the upper band. Defaults to
            round numbers that divide the middle 90 % of `numbers` into about five bands.
    """
    cuts = list(steps) or _round_steps(numbers)
    texts = [f"{cut:.12g}" for cut in cuts]
    names = [f"under {texts[0]}"]
    names += [f"{low} to <{high}" for low, high in pairwise(texts)]
    return [*names, f"{texts[-1]} and over"], np.digitize(numbers, cuts).tolist()


def round_step(least: float) -> float:
    """Round `least` up to 1, 2, 2.5, 5 or 10 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(least))
    # 0.999: a rounding error of `least` must not select the next larger step.
    return next(power * m for m in (1, 2, 2.5, 5, 10) if power * m >= least * 0.999)


def _slice(targets: Indices, predicted: Indices, labels: Sequence[str]) -> Slice:
    confusion = confusion_matrix(targets, predicted, len(labels))
    none_predicted = {}
    if NEUTRAL in labels:
        row = confusion[labels.index(NEUTRAL)].tolist()
        none_predicted = {
            label: Proportion(right=count, count=sum(row))
            for label, count in zip(labels, row, strict=True)
        }
    return Slice(
        accuracy=Proportion(right=int(np.trace(confusion)), count=len(targets)),
        macro_f1=macro_f1(confusion),
        none_predicted=none_predicted,
    )


def _groups(attribute: str, values: Sequence[str | None]) -> Mapping[str, list[int]]:
    """Return the indices of the pictures in each slice, by value in the order of the report."""
    groups: dict[str, list[int]] = {}
    known = [i for i, value in enumerate(values) if value is not None]
    numbers = [_number(str(values[i])) for i in known]
    if None not in numbers and (attribute in STEPS or len(set(numbers)) > MANY):
        names, which = bands([n for n in numbers if n is not None], STEPS.get(attribute, ()))
        for band, name in enumerate(names):
            groups[name] = [i for i, own in zip(known, which, strict=True) if own == band]
    else:
        for i in sorted(known, key=lambda i: _by_size(str(values[i]))):
            groups.setdefault(str(values[i]), []).append(i)
    groups.setdefault(UNKNOWN, []).extend(i for i, value in enumerate(values) if value is None)
    return {name: members for name, members in groups.items() if members}


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _by_size(text: str) -> tuple[float, str]:
    value = _number(text)
    return (math.inf if value is None else value, text)


def _round_steps(numbers: Sequence[float]) -> list[float]:
    # Quantiles, so that an outlier does not put all other numbers into one band.
    low, high = np.quantile(numbers, [0.05, 0.95]).tolist()
    # Most numbers are equal, so only the rare ones can be divided.
    if low == high:
        low, high = min(numbers), max(numbers)
    step = round_step((high - low) / _BANDS)
    # Only limits strictly between low and high divide the numbers; there is at least one limit.
    first, last = math.floor(low / step) + 1, math.ceil(high / step) - 1
    # Rounded, since 3 * 0.1 is 0.30000000000000004.
    return [round(index * step, 12) for index in range(first, max(first, last) + 1)]
