"""Tracking: the assignment of the faces in each frame to numbered tracks.

A tracked face is searched near its last position, which is fast. A full-frame search runs at a
fixed interval, and whenever a track is lost.

Source:
    Bewley et al., Simple online and realtime tracking (SORT), 2016, for max age, hits and the
    gate. The local search replaces the motion model of SORT.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, TypeAlias

import numpy as np

from moue.face.rotated_search import SAME_ROLL
from moue.geometry import center, center_inside, normalize_angle
from moue.media.image import Picture
from moue.settings import Setting
from moue.workspace.types import Face

__all__ = ["Track", "Tracker", "TrackerSettings"]

FindFaces: TypeAlias = Callable[[Picture], list[Face]]
FindNearby: TypeAlias = Callable[[Picture, Face], Face | None]

MIN_HITS = 2
"""Number of detections that confirm a track. Most false positives last one frame only."""
GATE, GATE_GROWTH = 0.75, 1.5
"""Maximum movement of a tracked face, in face sizes, and its increase per second of loss."""
BREAK_RATIO = 3
"""Ratio of consecutive frame intervals above which the later one is a break, ending all tracks."""
MAX_SIZE_RATIO = 1.8
"""Maximum ratio of the sizes of a tracked face in two frames."""


@dataclass(frozen=True, kw_only=True)
class TrackerSettings:
    """The settings of tracking."""

    detect_every: Annotated[
        float, Setting("Interval between full-frame searches for new faces, in seconds.", low=0)
    ] = 0.5
    max_age: Annotated[
        float, Setting("Time after which the track of a lost face is deleted, in seconds.", low=0)
    ] = 1.0


@dataclass(slots=True)
class Track:
    """A face that is visible, or that has been lost for less than `max_age` seconds.

    Attributes:
        face: last detection.
        last_seen: time of the last detection, in seconds.
        number: number of the track, from 1 in the order of confirmation; 0 before confirmation.
        hits: number of frames with a detection.
        lost: True if the face was not detected in the last frame.
    """

    face: Face
    last_seen: float
    number: int = 0
    hits: int = 1
    lost: bool = False


class Tracker:
    """Assigns the faces of each frame to tracks.

    Args:
        find: full-frame search, a function that returns all faces in a picture.
        follow: local search, a function that returns the face in a picture near the position of
            another face, or None if it finds no face.
        settings: settings of tracking.

    Attributes:
        searches: number of full-frame searches so far.
        track_count: number of confirmed tracks so far.
    """

    def __init__(self, find: FindFaces, follow: FindNearby, settings: TrackerSettings) -> None:
        self._find, self._follow, self._settings = find, follow, settings
        self._tracks: list[Track] = []
        self._last_search: float | None = None
        self._last_time = self._last_gap = 0.0
        self.searches = self.track_count = 0

    def update(self, picture: Picture, time: float) -> tuple[list[Track], list[Track]]:
        """Process the next frame.

        Args:
            picture: frame.
            time: time of the frame in seconds, not before the previous frame.

        Returns:
            The visible tracks sorted by number, and the deleted tracks.
        """
        if self._is_break(time):
            for track in self._tracks:
                track.lost = True
        # Local searches come first: they are fast, and a lost face makes a full search due.
        for track in self._visible():
            self._move(track, self._follow(picture, track.face), time)
        self._merge_duplicates()
        expired = [t for t in self._tracks if self._is_expired(t, time)]
        self._tracks = [t for t in self._tracks if not self._is_expired(t, time)]
        if self._search_is_due(time):
            self._search(picture, time)
        visible = [track for track in self._visible() if track.number]
        return sorted(visible, key=lambda t: t.number), [t for t in expired if t.number]

    def _is_break(self, time: float) -> bool:
        """Return True if the time since the previous frame is so long that all tracks are lost."""
        last, self._last_gap = self._last_gap, time - self._last_time
        self._last_time = time
        # Relative to the previous gap too: a slow source has long gaps without a break.
        return self._last_gap > max(self._settings.max_age, BREAK_RATIO * last)

    def _visible(self) -> list[Track]:
        return [track for track in self._tracks if not track.lost]

    def _move(self, track: Track, face: Face | None, time: float) -> None:
        """Update a track with its face in the current frame; None marks the track as lost."""
        track.lost = face is None
        if face is None:
            return
        track.face, track.last_seen, track.hits = face, time, track.hits + 1
        if not track.number and track.hits >= MIN_HITS:
            self.track_count += 1
            track.number = self.track_count

    def _is_expired(self, track: Track, time: float) -> bool:
        """Return True if a lost track must be deleted; an unconfirmed track is deleted at once."""
        too_old = time - track.last_seen > self._settings.max_age
        return track.lost and (too_old or not track.number)

    def _search_is_due(self, time: float) -> bool:
        if self._last_search is None or any(t.lost and t.number for t in self._tracks):
            return True
        return time - self._last_search >= self._settings.detect_every

    def _search(self, picture: Picture, time: float) -> None:
        """Find all faces and assign each to the nearest track; other faces start new tracks."""
        self._last_search = time
        self.searches += 1
        faces = self._find(picture)
        # Greedy by distance. An optimal assignment would differ only where faces cross.
        pairs = sorted(
            (_gate_distance(track, face, time), t, f)
            for t, track in enumerate(self._tracks)
            for f, face in enumerate(faces)
        )
        tracks: set[int] = set()
        assigned: set[int] = set()
        for distance, t, f in pairs:
            if distance <= 1 and t not in tracks and f not in assigned:
                tracks.add(t)
                assigned.add(f)
                self._assign(self._tracks[t], faces[f], time)
        new = [face for f, face in enumerate(faces) if f not in assigned]
        self._tracks += [Track(face, time) for face in new if not self._is_tracked(face)]

    def _assign(self, track: Track, face: Face, time: float) -> None:
        if track.lost:
            self._move(track, face, time)
            return
        # The local search has already counted this frame. A face with another roll and a lower
        # score is a false positive.
        same_roll = abs(normalize_angle(face.roll - track.face.roll)) < SAME_ROLL
        if same_roll or face.score >= track.face.score:
            track.face = face

    def _is_tracked(self, face: Face) -> bool:
        """Return True if the center of a face is in the box of a visible track, or vice versa."""
        return any(
            center_inside(face.box, t.face.box) or center_inside(t.face.box, face.box)
            for t in self._visible()
        )

    def _merge_duplicates(self) -> None:
        """Mark the newer of two tracks of the same face as lost."""
        for index, track in enumerate(self._tracks):
            older = (t for t in self._tracks[:index] if not t.lost)
            if not track.lost and any(_are_same(track.face, t.face) for t in older):
                track.lost = True


def _gate_distance(track: Track, face: Face, time: float) -> float:
    """Return the distance of a face from a track, divided by the gate; above 1 is no match."""
    size = max(track.face.size, face.size, 1.0)
    if size / max(min(track.face.size, face.size), 1.0) > MAX_SIZE_RATIO:
        return float("inf")
    moved = center(track.face.box) - center(face.box)
    # The longer a face was lost, the farther it may have moved.
    # Relative to the face size, so that near and distant faces have the same gate.
    gate = size * (GATE + GATE_GROWTH * (time - track.last_seen))
    return float(np.hypot(*moved)) / gate


def _are_same(face: Face, other: Face) -> bool:
    return center_inside(face.box, other.box) and center_inside(other.box, face.box)
