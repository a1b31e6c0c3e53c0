from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

from drawing import drawn
from moue.live.tracker import Tracker, TrackerSettings
from moue.media.image import Picture
from moue.workspace.types import Face

PICTURE = Picture.from_array(drawn(0, 8, 8))
FPS = 25


def face(x, y, size=50.0):
    box = np.array([x - size / 2, y - size / 2, x + size / 2, y + size / 2], np.float32)
    return Face(box, 1.0, None, box, box)


class World:
    """The faces of each frame. The local search finds a face within a third of its size."""

    def __init__(self, **settings):
        self.faces: list[Face] = []
        self.tracker = Tracker(self.find, self.follow, TrackerSettings(**settings))
        self.time = 0.0
        self.gone: list[int] = []

    def find(self, picture):
        return list(self.faces)

    def follow(self, picture, last):
        near = [f for f in self.faces if np.abs(f.box - last.box).max() < last.size / 3]
        return near[0] if near else None

    def see(self, *faces, frames=1):
        """Let so many frames pass; return the persons in the last, with where they are."""
        for _ in range(frames):
            self.faces = list(faces)
            here, gone = self.tracker.update(PICTURE, self.time)
            self.gone += [track.number for track in gone]
            self.time += 1 / FPS
        return {track.number: tuple(track.face.box[:2].tolist()) for track in here}


def test_a_moving_face_keeps_its_number():
    world = World()
    for x in range(100, 400, 5):
        seen = world.see(face(x, 100))
    assert list(seen) == [1]
    assert world.tracker.track_count == 1


def test_the_whole_frame_is_searched_at_an_interval():
    world = World(detect_every=0.5)
    world.see(face(100, 100), frames=4 * FPS)
    assert world.tracker.searches == pytest.approx(8, abs=1)


def test_a_new_face_is_found_by_the_next_search():
    world = World(detect_every=0.5)
    world.see(face(100, 100), frames=10)
    seen = world.see(face(100, 100), face(300, 100), frames=15)
    assert list(seen) == [1, 2]


def test_a_track_survives_a_short_loss():
    world = World(max_age=1.0)
    world.see(face(100, 100), frames=10)
    assert world.see(frames=15) == {}
    assert list(world.see(face(130, 100))) == [1]
    assert world.gone == []


def test_after_max_age_a_face_gets_a_new_number():
    world = World(max_age=1.0)
    world.see(face(100, 100), frames=10)
    world.see(frames=2 * FPS)
    assert world.gone == [1]
    assert list(world.see(face(100, 100), frames=20)) == [2]
    assert world.gone == [1]


def test_a_lost_face_is_searched_in_every_frame_until_max_age():
    world = World(max_age=1.0, detect_every=100)
    world.see(face(100, 100), frames=10)
    before = world.tracker.searches
    world.see(frames=4 * FPS)
    assert world.tracker.searches - before == pytest.approx(FPS, abs=2)


def test_two_lost_tracks_do_not_swap():
    world = World()
    world.see(face(100, 100), face(300, 100), frames=10)
    world.see(frames=5)
    seen = world.see(face(310, 100), face(95, 105))
    assert seen == {1: (70, 80), 2: (285, 75)}


def test_a_face_outside_the_gate_starts_a_new_track():
    for other in (face(600, 100), face(100, 100, size=120)):
        world = World()
        world.see(face(100, 100), frames=10)
        world.see(frames=3)
        assert 1 not in world.see(other, frames=3)


def test_a_detection_in_one_frame_only_is_no_track():
    world = World()
    world.see(face(100, 100))
    assert world.see(frames=FPS) == {}
    assert world.tracker.track_count == 0
    assert world.gone == []


def test_crossing_faces_merge_and_separate_again():
    world = World()
    world.see(face(100, 100), face(160, 100), frames=10)
    together = world.see(face(130, 100), frames=5)
    assert len(together) == 1
    apart = world.see(face(100, 100), face(160, 100), frames=10)
    assert list(apart) == [1, 2]


def test_a_search_in_every_frame_returns_the_detections():
    world = World(detect_every=0)
    world.see(face(100, 100), frames=3)
    assert world.tracker.searches == 3


def test_tracks_that_end_free_their_memory():
    world = World(max_age=1.0)
    rng = np.random.default_rng(0)

    def minutes(count):
        for _ in range(count * 12):
            world.time += 5 - 4 / FPS
            x, y = rng.integers(100, 900, 2)
            world.see(face(x, y), frames=4)
        world.gone.clear()

    minutes(1)
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    minutes(60)
    grown = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert world.tracker.track_count == pytest.approx(61 * 12, abs=5)
    assert grown < 20_000


def test_tracks_end_at_a_long_gap_between_frames():
    world = World(max_age=1.0)
    world.see(face(100, 100), frames=FPS)
    world.time += 3600
    seen = world.see(face(100, 100), frames=2)
    assert world.gone == [1]
    assert list(seen) == [2]


def test_a_constant_low_frame_rate_has_no_gap():
    world = World(max_age=1.0)
    for _ in range(6):
        seen = world.see(face(100, 100))
        world.time += 10
    assert list(seen) == [1]
    assert not world.gone
