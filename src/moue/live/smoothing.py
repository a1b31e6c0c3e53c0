"""Smoothing of predictions over time, so that the label of a face does not flicker."""

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
    """The settings of the smoothing of labels."""

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
    """The smoothed label of one track.

    The probabilities are an exponential moving average (EMA) with a time constant in seconds, so
    that the result does not depend on the frame rate. A new label needs a lead in probability, the
    hysteresis, so that the label does not flicker between two similar probabilities.

    Attributes:
        label: smoothed label; None if the model abstains, or before the first frame.
        probabilities: (K,) float64 averaged probabilities; zeros before the first frame.
    """

    def __init__(
        self, labels: Sequence[str], settings: SmoothingSettings, min_probability: float = 0.0
    ) -> None:
        """Create the smoother of a new track, which has no label yet.

        Args:
            labels: labels in the order of the probabilities.
            settings: time constant and hysteresis.
            min_probability: minimum averaged probability of a label; below, the model abstains.
        """
        self._labels, self._min_probability = labels, min_probability
        self._time_constant, self._hysteresis = settings.time_constant, settings.hysteresis
        self.label: str | None = None
        self.probabilities = np.zeros(len(labels))
        self._time: float | None = None

    def update(self, probabilities: Sequence[float], time: float) -> str | None:
        """Add the probabilities of one frame and return the smoothed label.

        Args:
            probabilities: (K,) probabilities with the sum 1.
            time: time of the frame in seconds, not before the previous frame.
        """
        new = np.asarray(probabilities, np.float64)
        # A weighted mean of two distributions, so the sum stays 1.
        self.probabilities = self.probabilities + self._weight(time) * (new - self.probabilities)
        self._time = time
        self.label = self._next_label()
        return self.label

    def _weight(self, time: float) -> float:
        """Return the weight of a new frame, which depends on the time since the previous frame."""
        # The zeros before the first frame are no measurement, so they get no weight.
        if self._time is None or not self._time_constant:
            return 1.0
        # Exact for any frame times: two short steps weight the past as one long step does.
        return 1 - math.exp(-max(0.0, time - self._time) / self._time_constant)

    def _next_label(self) -> str | None:
        best = self._labels[int(self.probabilities.argmax())]
        highest = float(self.probabilities.max())
        if highest < self._min_probability:
            # Abstaining has a hysteresis too; otherwise the label would flicker at the threshold.
            keeps = highest >= self._min_probability - self._hysteresis / 2
            return self.label if keeps else None
        if self.label is None:
            return best
        current = float(self.probabilities[self._labels.index(self.label)])
        return best if highest - current >= self._hysteresis else self.label
