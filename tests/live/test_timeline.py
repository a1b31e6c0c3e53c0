from __future__ import annotations

import numpy as np
import pytest

from drawing import drawn
from moue.live.timeline import MAX_ROWS, TIME_BINS, Timeline
from moue.live.timeline_chart import BAND, LEFT, chart, clock
from moue.media.draw import COLOURS
from moue.workspace.types import LABELS, Face

IMAGE = drawn(0, 200, 200)
BOX = np.array([50, 50, 120, 120], np.float32)
FACE = Face(BOX, 1.0, None, BOX, BOX)


def filled(end, fps=5.0, people=1, label=lambda time: "smile"):
    timeline = Timeline(LABELS)
    for frame in range(1, round(end * fps) + 1):
        for person in range(1, people + 1):
            timeline.add(person, label(frame / fps), frame / fps, 1 / fps, FACE, IMAGE)
    return timeline


def colour_at(picture, timeline, time, row=0):
    x = LEFT + int(BAND * time / timeline.end)
    return "#" + picture[196 + 152 * row + 76, x].tobytes().hex()


@pytest.mark.parametrize("end", [3, 60, 3600])
def test_memory_does_not_grow_with_duration(end):
    timeline = filled(end)
    (row,) = timeline.rows
    assert row.seconds.shape == (TIME_BINS, len(LABELS) + 1)
    assert row.total == pytest.approx(end, rel=1e-3)
    assert row.seconds[:, LABELS.index("smile")].sum() == pytest.approx(end, rel=1e-3)
    assert timeline.end == end <= timeline.bin_seconds * TIME_BINS


def test_the_longest_tracks_are_kept():
    timeline = Timeline(LABELS)
    for person in range(1, 201):
        for frame in range(20 if person % 50 == 0 else 2):
            timeline.add(person, "none", person + frame / 25, 1 / 25, FACE, IMAGE)
    assert len(timeline.rows) <= 2 * MAX_ROWS
    assert {50, 100, 150, 200} <= {row.number for row in timeline.rows}
    assert timeline.left_out + len(timeline.rows) == 200


def test_the_portrait_is_the_largest_face():
    timeline = filled(1)
    small = timeline.rows[0].portrait
    box = np.array([0, 0, 200, 200], np.float32)
    timeline.add(1, "none", 1.2, 0.2, Face(box, 1.0, None, box, box), drawn(1, 200, 200))
    assert timeline.rows[0].size == 200
    assert small.shape[0] <= timeline.rows[0].portrait.shape[0] == 96


def test_each_label_is_drawn_in_its_colour_at_its_time():
    timeline = filled(10, 25, label=lambda time: "smile" if time <= 4 else "open")
    picture = chart(timeline, "clip.mp4")
    assert colour_at(picture, timeline, 2) == COLOURS["smile"]
    assert colour_at(picture, timeline, 7) == COLOURS["open"]


def test_a_late_track_starts_with_an_empty_row():
    timeline = filled(10, 25)
    for frame in range(50):
        timeline.add(2, None, 8 + frame / 25, 1 / 25, FACE, IMAGE)
    picture = chart(timeline, "clip.mp4")
    assert colour_at(picture, timeline, 2, row=1) == "#e7e5df"
    assert colour_at(picture, timeline, 9, row=1) != "#e7e5df"


def test_a_timeline_can_have_zero_or_many_tracks():
    nobody = chart(Timeline(LABELS), "a" * 300)
    assert nobody.shape[1] == chart(filled(1, people=60), "x").shape[1]
    assert chart(filled(1, people=60), "x").shape[0] > nobody.shape[0] + 152 * (MAX_ROWS - 2)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0.0 s"), (9.46, "9.5 s"), (59.97, "1:00"), (125, "2:05"), (3725, "1:02:05")],
)
def test_times_are_in_minutes_and_seconds(seconds, words):
    assert clock(seconds) == words
