"""Labels that do not flicker: averaged over time, and slow to give way."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np


class LabelSmoother:
    """The label of one person over time.

    Probabilities are averaged with weights that fade over `smooth` seconds, whatever the frame
    rate; another label takes over only with a lead of `margin` (a Schmitt trigger), so that a
    mouth between two labels keeps the one it has.

    Attributes:
        label: None where the model abstains, or nothing has been seen.
        probabilities: (K,) the average; zeros while nothing has been seen.
    """

    def __init__(
        self, labels: Sequence[str], smooth: float, margin: float, least: float = 0.0
    ) -> None:
        """Begin with nothing seen.

        Args:
            labels: in the order of the probabilities.
            smooth: seconds.
            margin: of probability.
            least: probability below which there is no label.
        """
        self._labels, self._smooth, self._margin, self._least = labels, smooth, margin, least
        self.label: str | None = None
        self.probabilities = np.zeros(len(labels))
        self._time: float | None = None

    def update(self, probabilities: Sequence[float], time: float) -> str | None:
        """Take in what one frame shows and return the label.

        Args:
            probabilities: (K,), of sum 1.
            time: seconds; never less than before.
        """
        new = np.asarray(probabilities, np.float64)
        self.probabilities = self.probabilities + self._weight(time) * (new - self.probabilities)
        self._time = time
        self.label = self._next()
        return self.label

    def _weight(self, time: float) -> float:
        if self._time is None or not self._smooth:
            return 1.0
        return 1 - math.exp(-max(0.0, time - self._time) / self._smooth)

    def _next(self) -> str | None:
        best = self._labels[int(self.probabilities.argmax())]
        highest = float(self.probabilities.max())
        if highest < self._least:
            return self.label if highest >= self._least - self._margin / 2 else None
        if self.label is None:
            return best
        held = float(self.probabilities[self._labels.index(self.label)])
        return best if highest - held >= self._margin else self.label
