"""How a model does on the parts of a set: by what is known of each picture.

A tag's values are words (`colour`: `grey`) or numbers (`age`: `34`). Numbers of many values are
cut into bands: at the steps in `STEPS` where the tag is known, else at round ones.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from moue.evaluation.metrics import Indices, Proportion, confusion_matrix, macro_f1
from moue.model.example import Example

NEUTRAL = "none"
"""The label of a mouth at rest: what it is taken for must not depend on whose mouth it is."""
UNKNOWN = "unknown"
"""The value of a picture that lacks a tag which others have."""
STEPS: dict[str, tuple[float, ...]] = {
    "mouth_px": (32, 64, 128, 256),
    "face_percent": (10, 20, 40, 60),
}
"""Where the numbers of a known tag are cut: the same for every set, so that sets compare."""
MANY = 8
"""Numbers of more different values than this are cut into bands."""
_BANDS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """How a model did on the pictures that share a tag's value.

    Attributes:
        macro_f1: over the labels that are present in this slice.
        none_predicted: of its pictures that are `none`, the share that was given each label;
            empty where the model knows no `none`.
    """

    accuracy: Proportion
    macro_f1: float | None
    none_predicted: dict[str, Proportion]


def slices(
    examples: Sequence[Example], targets: Indices, given: Indices, labels: Sequence[str]
) -> dict[str, dict[str, Slice]]:
    """Return how the model did by tag and value; a tag's slices hold each picture once.

    Tags come in alphabetical order, values too, numbers by size, `unknown` last. A tag of which
    no value occurs twice, such as a file's address, makes no slices and is left out.

    Args:
        targets: (N,) indices into `labels`, in the order of `examples`, as `given`.
    """
    tags = sorted({tag for example in examples for tag in example.attributes})
    found = {}
    for tag in tags:
        groups = _groups(tag, [example.attributes.get(tag) for example in examples])
        if any(len(members) > 1 for value, members in groups.items() if value != UNKNOWN):
            found[tag] = {
                value: _slice(targets[members], given[members], labels)
                for value, members in groups.items()
            }
    return found


def bands(numbers: Sequence[float], steps: Sequence[float] = ()) -> tuple[list[str], list[int]]:
    """Return the names of bands in order, and the band of each number.

    Args:
        steps: where one band ends and the next begins, ascending, itself in the next; by
            default round numbers that cut the bulk of `numbers` in about five.
    """
    cuts = list(steps) or _round_steps(numbers)
    texts = [f"{cut:.12g}" for cut in cuts]
    names = [f"under {texts[0]}"]
    names += [f"{low} to <{high}" for low, high in pairwise(texts)]
    return [*names, f"{texts[-1]} and over"], np.digitize(numbers, cuts).tolist()


def round_step(least: float) -> float:
    """Return the smallest of 1, 2, 2.5, 5 or 10 times a power of ten that is not below `least`."""
    power = 10.0 ** math.floor(math.log10(least))
    return next(power * m for m in (1, 2, 2.5, 5, 10) if power * m >= least * 0.999)


def _slice(targets: Indices, given: Indices, labels: Sequence[str]) -> Slice:
    confusion = confusion_matrix(targets, given, len(labels))
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


def _groups(tag: str, values: Sequence[str | None]) -> Mapping[str, list[int]]:
    """Return the members of each slice of a tag, in the order in which slices are shown."""
    groups: dict[str, list[int]] = {}
    known = [i for i, value in enumerate(values) if value is not None]
    numbers = [_number(str(values[i])) for i in known]
    if None not in numbers and (tag in STEPS or len(set(numbers)) > MANY):
        names, which = bands([n for n in numbers if n is not None], STEPS.get(tag, ()))
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
    # The ends are left out, so that one number far away does not make one band of the rest.
    low, high = np.quantile(numbers, [0.05, 0.95]).tolist()
    if low == high:
        low, high = min(numbers), max(numbers)
    step = round_step((high - low) / _BANDS)
    first, last = math.floor(low / step) + 1, math.ceil(high / step) - 1
    return [round(index * step, 12) for index in range(first, max(first, last) + 1)]
