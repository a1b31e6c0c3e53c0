"""Tracking: each face keeps its number from frame to frame.

A tracked face is searched near its last position, which is fast. The whole frame is searched at an
interval, and whenever a track is lost.

Source:
    Bewley et al., Simple online and realtime tracking (SORT), 2016: max age, hits, a gate. The
    local search replaces its motion model.
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
"""Frames with a detection until a track is confirmed. Most false positives last one frame."""
GATE, GATE_GROWTH = 0.75, 1.5
"""Largest move of a face that keeps its track, in face sizes; and its growth per second of loss."""
_BREAK = 3
"""A gap of this many times the one before is a break: what happened meanwhile is unknown."""
MAX_SIZE_RATIO = 1.8
"""Largest change of a face's size that keeps its track."""


@dataclass(frozen=True, kw_only=True)
class TrackerSettings:
    """When the whole frame is searched, and how long a lost face keeps its number."""

    detect_every: Annotated[
        float, Setting("Interval between full-frame searches for new faces, in seconds.", low=0)
    ] = 0.5
    max_age: Annotated[
        float, Setting("Time after which the track of a lost face is deleted, in seconds.", low=0)
    ] = 1.0


@dataclass(slots=True)
class Track:
    """One face, visible or lost for less than `max_age`.

    Attributes:
        face: in the last frame with a detection.
        last_seen: time of that frame, seconds.
        number: from 1 in the order of confirmation; 0 until then.
        hits: frames with a detection.
        lost: the face was not found in the last frame.
    """

    face: Face
    last_seen: float
    number: int = 0
    hits: int = 1
    lost: bool = False


class Tracker:
    """Assigns the faces of each frame to tracks.

    Attributes:
        searches: full-frame searches so far.
        track_count: tracks confirmed so far.
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
            time: of the frame, seconds; never less than that of the frame before.

        Returns:
            The visible tracks by number, and the tracks that were deleted.
        """
        if self._is_break(time):
            for track in self._tracks:
                track.lost = True
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
        """Return whether frames are missing for so long that every track ends."""
        last, self._last_gap = self._last_gap, time - self._last_time
        self._last_time = time
        return self._last_gap > max(self._settings.max_age, _BREAK * last)

    def _visible(self) -> list[Track]:
        return [track for track in self._tracks if not track.lost]

    def _move(self, track: Track, face: Face | None, time: float) -> None:
        """Put a track where its face is now; None marks it as lost."""
        track.lost = face is None
        if face is None:
            return
        track.face, track.last_seen, track.hits = face, time, track.hits + 1
        if not track.number and track.hits >= MIN_HITS:
            self.track_count += 1
            track.number = self.track_count

    def _is_expired(self, track: Track, time: float) -> bool:
        """Return whether a track is deleted; an unconfirmed one is as soon as it is lost."""
        too_old = time - track.last_seen > self._settings.max_age
        return track.lost and (too_old or not track.number)

    def _search_is_due(self, time: float) -> bool:
        if self._last_search is None or any(t.lost and t.number for t in self._tracks):
            return True
        return time - self._last_search >= self._settings.detect_every

    def _search(self, picture: Picture, time: float) -> None:
        """Find all faces and assign each to the nearest track; the others start new tracks."""
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
        # The local search has counted this frame already. A weaker face of another roll is wrong.
        same_roll = abs(normalize_angle(face.roll - track.face.roll)) < SAME_ROLL
        if same_roll or face.score >= track.face.score:
            track.face = face

    def _is_tracked(self, face: Face) -> bool:
        """Return whether a face lies in a visible track's box, or the other way round."""
        return any(
            center_inside(face.box, t.face.box) or center_inside(t.face.box, face.box)
            for t in self._visible()
        )

    def _merge_duplicates(self) -> None:
        """Mark the younger of two tracks on one face as lost."""
        for index, track in enumerate(self._tracks):
            older = (t for t in self._tracks[:index] if not t.lost)
            if not track.lost and any(_are_same(track.face, t.face) for t in older):
                track.lost = True


def _gate_distance(track: Track, face: Face, time: float) -> float:
    """Return the distance of a face from a track, over the gate: up to 1 they may be the same."""
    size = max(track.face.size, face.size, 1.0)
    if size / max(min(track.face.size, face.size), 1.0) > MAX_SIZE_RATIO:
        return float("inf")
    moved = center(track.face.box) - center(face.box)
    # The longer a face was lost, the farther it may have moved.
    gate = size * (GATE + GATE_GROWTH * (time - track.last_seen))
    return float(np.hypot(*moved)) / gate


def _are_same(face: Face, other: Face) -> bool:
    return center_inside(face.box, other.box) and center_inside(other.box, face.box)
