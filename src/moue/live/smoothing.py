"""Smoothing of labels over time, so that they do not flicker."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import numpy as np

from moue.settings import Setting

__all__ = ["LabelSmoother", "SmoothingSettings"]


@dataclass(frozen=True, kw_only=True)
class SmoothingSettings:
    """How steady the label of a face is."""

    time_constant: Annotated[
        float,
        Setting(
            "Time constant of the exponential moving average of the probabilities, in seconds. 0 "
            "turns smoothing off.",
            low=0,
        ),
    ] = 0.1
    hysteresis: Annotated[
        float,
        Setting(
            "Minimum lead in probability at which a new label replaces the current label.",
            low=0,
            high=1,
        ),
    ] = 0.2


class LabelSmoother:
    """The label of one track over time.

    The probabilities are an exponential moving average (EMA) with a time constant, so the frame
    rate does not matter. A new label needs a lead, the hysteresis, so that a mouth between two
    labels keeps the one it has.

    Attributes:
        label: None where the model abstains, or before the first frame.
        probabilities: (K,) float64, the average; zeros before the first frame.
    """

    def __init__(
        self, labels: Sequence[str], settings: SmoothingSettings, min_probability: float = 0.0
    ) -> None:
        """Start without a label.

        Args:
            labels: in the order of the probabilities.
            min_probability: below it there is no label.
        """
        self._labels, self._min_probability = labels, min_probability
        self._time_constant, self._hysteresis = settings.time_constant, settings.hysteresis
        self.label: str | None = None
        self.probabilities = np.zeros(len(labels))
        self._time: float | None = None

    def update(self, probabilities: Sequence[float], time: float) -> str | None:
        """Add one frame and return the label.

        Args:
            probabilities: (K,), with sum 1.
            time: seconds; never less than before.
        """
        new = np.asarray(probabilities, np.float64)
        self.probabilities = self.probabilities + self._weight(time) * (new - self.probabilities)
        self._time = time
        self.label = self._next_label()
        return self.label

    def _weight(self, time: float) -> float:
        """Return the weight of the new frame: it depends on the time since the last one only."""
        if self._time is None or not self._time_constant:
            return 1.0
        return 1 - math.exp(-max(0.0, time - self._time) / self._time_constant)

    def _next_label(self) -> str | None:
        best = self._labels[int(self.probabilities.argmax())]
        highest = float(self.probabilities.max())
        if highest < self._min_probability:
            # Abstaining has a hysteresis too: at the threshold the label would flicker.
            keeps = highest >= self._min_probability - self._hysteresis / 2
            return self.label if keeps else None
        if self.label is None:
            return best
        current = float(self.probabilities[self._labels.index(self.label)])
        return best if highest - current >= self._hysteresis else self.label
