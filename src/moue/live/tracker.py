"""Who is who from frame to frame: faces are followed nearby, and sought only when needed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from moue.face.backends import SAME_WAY_UP
from moue.geometry import center, center_inside, normalize_angle
from moue.live.live_settings import LiveSettings
from moue.media.image import Picture
from moue.workspace.types import Face

Find = Callable[[Picture], list[Face]]
Follow = Callable[[Picture, Face], Face | None]

MIN_HITS = 2
"""In how many frames a face must have been seen to be somebody: Haar sees faces for a moment."""
REACH, GROWTH = 0.75, 1.5
"""How far a face may have moved to be the same, in its sizes: at once, and more per second."""
MAX_SIZE_RATIO = 1.8
"""By how much its size may have changed."""


@dataclass(slots=True)
class Track:
    """One person while in view, or lost for a moment.

    Attributes:
        person: a number from 1 in the order of appearance; 0 while not yet sure.
        face: as last seen.
        seen: when, in seconds.
        lost: it was not in the last frame.
    """

    face: Face
    seen: float
    person: int = 0
    hits: int = 1
    lost: bool = False


class Tracker:
    """Follows faces. The whole frame is searched when somebody was lost and now and then.

    Attributes:
        searches: how many frames were searched whole.
        people: how many persons there have been.
    """

    def __init__(self, find: Find, follow: Follow, settings: LiveSettings) -> None:
        self._find, self._follow, self._settings = find, follow, settings
        self._tracks: list[Track] = []
        self._searched: float | None = None
        self.searches = self.people = 0

    def update(self, picture: Picture, time: float) -> tuple[list[Track], list[Track]]:
        """Look at the next frame.

        Args:
            time: of the frame, seconds; never less than that of the one before.

        Returns:
            Persons in view, in the order of appearance, and those who have gone for good.
        """
        for track in self._here():
            self._seen(track, self._follow(picture, track.face), time)
        self._part()
        gone = [t for t in self._tracks if t.lost and not self._may_return(t, time)]
        self._tracks = [t for t in self._tracks if not t.lost or self._may_return(t, time)]
        if self._search_is_due(time):
            self._search(picture, time)
        here = [track for track in self._here() if track.person]
        return sorted(here, key=lambda t: t.person), [t for t in gone if t.person]

    def _seen(self, track: Track, face: Face | None, time: float) -> None:
        track.lost = face is None
        if face is None:
            return
        track.face, track.seen, track.hits = face, time, track.hits + 1
        if not track.person and track.hits >= MIN_HITS:
            self.people += 1
            track.person = self.people

    def _may_return(self, track: Track, time: float) -> bool:
        return bool(track.person) and time - track.seen <= self._settings.keep

    def _search_is_due(self, time: float) -> bool:
        if self._searched is None or any(track.lost and track.person for track in self._tracks):
            return True
        return time - self._searched >= self._settings.detect_every

    def _search(self, picture: Picture, time: float) -> None:
        self._searched = time
        self.searches += 1
        faces = self._find(picture)
        pairs = sorted(
            (_apart(track, face, time), t, f)
            for t, track in enumerate(self._tracks)
            for f, face in enumerate(faces)
        )
        met: set[int] = set()
        taken: set[int] = set()
        for distance, t, f in pairs:
            if distance <= 1 and t not in met and f not in taken:
                met.add(t)
                taken.add(f)
                self._found(self._tracks[t], faces[f], time)
        new = [face for f, face in enumerate(faces) if f not in taken]
        self._tracks += [Track(face, time) for face in new if not self._is_known(face)]

    def _found(self, track: Track, face: Face, time: float) -> None:
        if track.lost:
            self._seen(track, face, time)
        elif (
            face.score >= track.face.score
            or abs(normalize_angle(face.roll - track.face.roll)) < SAME_WAY_UP
        ):
            track.face = face  # counted already, when it was followed

    def _is_known(self, face: Face) -> bool:
        return any(
            center_inside(face.box, t.face.box) or center_inside(t.face.box, face.box)
            for t in self._here()
        )

    def _here(self) -> list[Track]:
        return [track for track in self._tracks if not track.lost]

    def _part(self) -> None:
        """Where two have come to follow one face, the one who came first keeps it."""
        for number, track in enumerate(self._tracks):
            if not track.lost:
                first = (t for t in self._tracks[:number] if not t.lost)
                track.lost = any(_overlap(track.face, t.face) for t in first)


def _apart(track: Track, face: Face, time: float) -> float:
    """Return how far a face is from where a person was: up to 1 it may be the same."""
    size = max(track.face.size, face.size, 1.0)
    ratio = size / max(min(track.face.size, face.size), 1.0)
    if ratio > MAX_SIZE_RATIO:
        return float("inf")
    moved = center(track.face.box) - center(face.box)
    reach = size * (REACH + GROWTH * (time - track.seen))
    return float(np.hypot(*moved)) / reach


def _overlap(face: Face, other: Face) -> bool:
    """Return whether both centers lie in the other face's box."""
    return center_inside(face.box, other.box) and center_inside(other.box, face.box)
