"""Who showed what over the whole time, in memory that does not grow with it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from moue.face.mouth_crop import crop_square
from moue.geometry import square_around
from moue.media.image import resize_to_fit
from moue.workspace.types import Face, Image

TIME_BINS = 1024
"""Pieces that the time is cut into at most; full, each two neighbours become one."""
MAX_ROWS = 24
"""Persons that are kept: those who were seen longest."""
PORTRAIT = 96
ABOUT = 1.5
"""A portrait's side over the face's."""


@dataclass(slots=True)
class Row:
    """One person.

    Attributes:
        seconds: (BINS, K + 1) for how long each label was shown in each piece of the time; the
            last column is for frames without a label.
        portrait: at most `PORTRAIT` pixels a side.
        size: of the face in it, pixels of its frame.
    """

    person: int
    seconds: npt.NDArray[np.float32]
    portrait: Image
    size: float

    @property
    def total(self) -> float:
        """How long the person was seen, seconds."""
        return float(self.seconds.sum())


class Timeline:
    """Adds up for how long each person showed each label.

    Attributes:
        labels: in the order of the columns of each row.
        piece: seconds that a bin holds.
        end: seconds of the video so far.
        left_out: persons who were seen too shortly to be kept.
    """

    def __init__(self, labels: tuple[str, ...], piece: float = 1 / 50) -> None:
        self.labels, self.piece = labels, piece
        self.end, self.left_out = 0.0, 0
        self._rows: dict[int, Row] = {}

    @property
    def rows(self) -> list[Row]:
        """Persons in the order of their numbers."""
        return [self._rows[person] for person in sorted(self._rows)]

    def add(
        self, person: int, label: str | None, time: float, seconds: float, face: Face, image: Image
    ) -> None:
        """Add one frame.

        Args:
            seconds: for how long the frame was shown, up to `time`.
            image: the whole frame, from which a portrait may be taken.
        """
        self.reach(time)
        row = self._rows.get(person)
        if row is None:
            row = self._new(person, face, image)
        elif face.size > 1.2 * row.size:
            row.portrait, row.size = _portrait(image, face), face.size
        column = len(self.labels) if label is None else self.labels.index(label)
        self._spread(row.seconds[:, column], time - seconds, time)

    def reach(self, time: float) -> None:
        """Take note that the video goes on until `time`."""
        self.end = max(self.end, time)
        while self.end >= self.piece * TIME_BINS:
            self.piece *= 2
            for row in self._rows.values():
                halved = row.seconds.reshape(TIME_BINS // 2, 2, -1).sum(axis=1)
                row.seconds[: TIME_BINS // 2], row.seconds[TIME_BINS // 2 :] = halved, 0

    def _spread(self, bins: npt.NDArray[np.float32], start: float, end: float) -> None:
        first, last = (max(0, int(time / self.piece)) for time in (start, end))
        for index in range(first, last + 1):
            low, high = max(start, index * self.piece), min(end, (index + 1) * self.piece)
            bins[index] += max(0.0, high - low)

    def _new(self, person: int, face: Face, image: Image) -> Row:
        if len(self._rows) >= 2 * MAX_ROWS:
            shortest = sorted(self._rows.values(), key=lambda row: row.total)[:MAX_ROWS]
            self.left_out += len(shortest)
            for row in shortest:
                del self._rows[row.person]
        seconds = np.zeros((TIME_BINS, len(self.labels) + 1), np.float32)
        row = self._rows[person] = Row(person, seconds, _portrait(image, face), face.size)
        return row


def _portrait(image: Image, face: Face) -> Image:
    return resize_to_fit(crop_square(image, square_around(face.box, ABOUT)), PORTRAIT)
