"""The smallest shift, scale, roll, brightness or blur of a mouth crop that changes its label.

The labels along an axis need not change only once. So the search tries a coarse series of amounts
in both directions, then searches between the last amount that keeps the label and the first one
that changes it. A change that appears only between two amounts of the series is not found.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from moue.evaluation import corruptions
from moue.evaluation.corruptions import CropFunction
from moue.model.classifier import Classifier
from moue.model.spec import Floats
from moue.workspace.catalog import batched
from moue.workspace.types import Image

Kind: TypeAlias = Literal["shift_x", "shift_y", "scale", "roll", "brightness", "blur"]
COARSE = 16
"""Number of amounts of the coarse series in each direction."""
BATCH_BYTES = 64 << 20
"""Maximum size of the changed crops of one batch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """One kind of change. Its amounts are `neutral + number * step` for whole numbers.

    Attributes:
        kind: name of the change.
        unit: unit of the amounts.
        step: difference of two neighbouring amounts.
        low, high: first and last number of a step.
        neutral: amount without a change.
        apply: function from a crop function and an amount to the changed crop.
    """

    kind: Kind
    unit: str
    step: float
    low: int
    high: int
    neutral: float = 0.0
    apply: Callable[[CropFunction, float], Image]

    def amount(self, number: int) -> float:
        """Return the amount of a step."""
        return round(self.neutral + number * self.step, 6)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """The smallest change of one kind that changes the label.

    Attributes:
        kind: kind of the change, such as `shift_x`.
        unit: unit of `amount`.
        amount: smallest amount that changes the label; None if no amount of the search does.
        label: label after the change; None if the label does not change.
        probability: probability of `label`; None if the label does not change.
        low, high: range of the search.
        crop: crop after the change, (H, W, 3) uint8 RGB; None if the label does not change.
    """

    kind: Kind
    unit: str
    amount: float | None
    label: str | None
    probability: float | None
    low: float
    high: float
    crop: Image | None

    @property
    def changed(self) -> bool:
        """True if the label changes within the range of the search."""
        return self.amount is not None


_RNG = np.random.default_rng(0)
"""The blur and the brightness of `corruptions` draw no random numbers."""

AXES = (
    Axis(kind="shift_x", unit="% of the side", step=0.5, low=-80, high=80,
         apply=lambda crop, amount: crop(x=amount / 100)),
    Axis(kind="shift_y", unit="% of the side", step=0.5, low=-80, high=80,
         apply=lambda crop, amount: crop(y=amount / 100)),
    Axis(kind="scale", unit="times the side", step=0.01, low=-50, high=100, neutral=1,
         apply=lambda crop, amount: crop(scale=amount)),
    Axis(kind="roll", unit="degrees", step=0.5, low=-90, high=90,
         apply=lambda crop, amount: crop(roll=amount)),
    Axis(kind="brightness", unit="added, of 255", step=1, low=-160, high=160,
         apply=lambda crop, amount: corruptions.brightness(crop, amount, _RNG)),
    Axis(kind="blur", unit="sigma, % of the side", step=0.1, low=0, high=160,
         apply=lambda crop, amount: corruptions.blur(crop, amount, _RNG)),
)  # fmt: skip
"""The kinds of change, in the order of the answer."""


@dataclass(slots=True)
class _Search:
    """The search in one direction of an axis: `last` keeps the label, `first` changes it."""

    axis: Axis
    last: int
    first: int


def smallest_changes(
    classifier: Classifier, crop_mouth: CropFunction, axes: Sequence[Axis] = AXES
) -> tuple[Change, ...]:
    """Return the smallest change of each kind that changes the predicted label.

    Args:
        classifier: model.
        crop_mouth: function that crops the mouth, as for the corruptions of `evaluation`.
        axes: kinds of change.
    """
    plain = crop_mouth()

    def crop_once(**moved: float) -> Image:
        return crop_mouth(**moved) if moved else plain

    def probabilities(points: Sequence[tuple[Axis, int]]) -> Floats:
        # Crops of equal size run in one batch, but a large crop needs much memory.
        count = max(1, BATCH_BYTES // plain.nbytes)
        return np.concatenate(
            [
                classifier.probabilities([a.apply(crop_once, a.amount(n)) for a, n in part])
                for part in batched(points, count)
            ]
        )

    label = int(classifier.probabilities([plain])[0].argmax())
    searches = _coarse(axes, probabilities, label)
    while open_ones := [s for s in searches if abs(s.first - s.last) > 1]:
        middles = [(s.last + s.first) // 2 for s in open_ones]
        rows = probabilities([(s.axis, n) for s, n in zip(open_ones, middles, strict=True)])
        for search, middle, row in zip(open_ones, middles, rows, strict=True):
            if int(row.argmax()) == label:
                search.last = middle
            else:
                search.first = middle
    return tuple(_change(axis, searches, classifier, crop_once) for axis in axes)


def _coarse(
    axes: Sequence[Axis], probabilities: Callable[[Sequence[tuple[Axis, int]]], Floats], label: int
) -> list[_Search]:
    """Return the searches that remain: one for each direction in which the label changes."""
    series = [(axis, numbers) for axis in axes for numbers in _directions(axis)]
    points = [(axis, number) for axis, numbers in series for number in numbers]
    labels = iter(probabilities(points).argmax(axis=1).tolist() if points else [])
    searches = []
    for axis, numbers in series:
        changed = [next(labels) != label for _ in numbers]
        if any(changed):
            at = changed.index(True)
            searches.append(_Search(axis, numbers[at - 1] if at else 0, numbers[at]))
    return searches


def _directions(axis: Axis) -> Iterator[list[int]]:
    """Yield the numbers of the coarse series in each direction, from near to far."""
    for end in (axis.low, axis.high):
        if end:
            spread = np.rint(np.linspace(0, end, COARSE + 1)).astype(int).tolist()
            yield [number for number in dict.fromkeys(spread) if number]


def _change(
    axis: Axis, searches: Sequence[_Search], classifier: Classifier, crop_mouth: CropFunction
) -> Change:
    mine = [search.first for search in searches if search.axis is axis]
    low, high = axis.amount(axis.low), axis.amount(axis.high)
    if not mine:
        return Change(kind=axis.kind, unit=axis.unit, amount=None, label=None, probability=None,
                      low=low, high=high, crop=None)  # fmt: skip
    amount = axis.amount(min(mine, key=lambda number: _size(axis, number)))
    crop = axis.apply(crop_mouth, amount)
    row = classifier.probabilities([crop])[0]
    best = int(row.argmax())
    return Change(
        kind=axis.kind, unit=axis.unit, amount=amount, label=classifier.spec.labels[best],
        probability=float(row[best]), low=low, high=high, crop=crop,
    )  # fmt: skip


def _size(axis: Axis, number: int) -> float:
    """Return the size of a change; half the side and twice the side are equally large."""
    amount = axis.amount(number)
    return abs(float(np.log(amount))) if axis.neutral == 1 else abs(amount)
