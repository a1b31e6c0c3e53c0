"""The duration of each label of each face over the whole video, in constant memory."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from moue.face.mouth_crop import crop_square
from moue.geometry import square_around
from moue.media.image import resize_to_fit
from moue.workspace.types import Face, Image

TIME_BINS = 1024
"""Number of time bins. When all bins are used, each pair of adjacent bins is merged."""
MAX_ROWS = 24
"""Maximum number of rows; the faces that were visible longest are kept."""
PORTRAIT = 96
"""Maximum side of a portrait, in pixels."""
PORTRAIT_SCALE = 1.5
"""Side of the square of a portrait, divided by the side of the face box."""


@dataclass(slots=True)
class Row:
    """One row of a timeline: the labels of one face.

    Attributes:
        number: number of the track.
        seconds: (TIME_BINS, K + 1) float32 durations of the labels in each bin, in seconds; the
            last column is for frames without a label.
        portrait: picture of the face, (H, W, 3) uint8 RGB, with at most `PORTRAIT` pixels a side.
        size: size of the face in the frame of the portrait, in pixels.
    """

    number: int
    seconds: npt.NDArray[np.float32]
    portrait: Image
    size: float

    @property
    def total(self) -> float:
        """The total time that the face was visible, in seconds."""
        return float(self.seconds.sum())


class Timeline:
    """The duration of each label of each face, in time bins.

    Attributes:
        labels: labels in the order of the columns of each row.
        bin_seconds: duration of one bin, in seconds.
        end: duration of the video so far, in seconds.
        left_out: number of faces without a row, since they were visible for too short a time.
    """

    def __init__(self, labels: tuple[str, ...], bin_seconds: float = 1 / 50) -> None:
        self.labels, self.bin_seconds = labels, bin_seconds
        self.end, self.left_out = 0.0, 0
        self._rows: dict[int, Row] = {}

    @property
    def rows(self) -> list[Row]:
        """The rows, sorted by the number of the track."""
        return [self._rows[number] for number in sorted(self._rows)]

    def add(
        self, number: int, label: str | None, time: float, seconds: float, face: Face, image: Image
    ) -> None:
        """Add one face of one frame.

        Args:
            number: number of the track.
            label: predicted label; None if the model abstains.
            time: time of the frame, in seconds.
            seconds: duration of the frame, in seconds; the frame ends at `time`.
            face: detected face.
            image: whole frame, from which the portrait is cropped.
        """
        self.extend(time)
        row = self._rows.get(number)
        if row is None:
            row = self._new(number, face, image)
        elif face.size > 1.2 * row.size:
            row.portrait, row.size = _portrait(image, face), face.size
        column = len(self.labels) if label is None else self.labels.index(label)
        self._spread(row.seconds[:, column], time - seconds, time)

    def extend(self, time: float) -> None:
        """Extend the timeline to `time`, in seconds."""
        self.end = max(self.end, time)
        while self.end >= self.bin_seconds * TIME_BINS:
            self.bin_seconds *= 2
            for row in self._rows.values():
                halved = row.seconds.reshape(TIME_BINS // 2, 2, -1).sum(axis=1)
                row.seconds[: TIME_BINS // 2], row.seconds[TIME_BINS // 2 :] = halved, 0

    def _spread(self, bins: npt.NDArray[np.float32], start: float, end: float) -> None:
        first, last = (max(0, int(time / self.bin_seconds)) for time in (start, end))
        for index in range(first, last + 1):
            low = max(start, index * self.bin_seconds)
            high = min(end, (index + 1) * self.bin_seconds)
            bins[index] += max(0.0, high - low)

    def _new(self, number: int, face: Face, image: Image) -> Row:
        if len(self._rows) >= 2 * MAX_ROWS:
            shortest = sorted(self._rows.values(), key=lambda row: row.total)[:MAX_ROWS]
            self.left_out += len(shortest)
            for row in shortest:
                del self._rows[row.number]
        seconds = np.zeros((TIME_BINS, len(self.labels) + 1), np.float32)
        row = self._rows[number] = Row(number, seconds, _portrait(image, face), face.size)
        return row


def _portrait(image: Image, face: Face) -> Image:
    return resize_to_fit(crop_square(image, square_around(face.box, PORTRAIT_SCALE)), PORTRAIT)
