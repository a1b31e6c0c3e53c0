from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from drawing import drawn
from moue.geometry import clip_box
from moue.media import draw
from moue.media.draw import (
    COLOURS,
    UNSURE,
    Mark,
    colours,
    contact_sheet,
    draw_boxes,
    drawable,
    font,
)
from moue.workspace.types import LABELS

SIDES = st.integers(1, 90)
PLACES = st.floats(-300, 400, width=32)
BOXES = st.tuples(PLACES, PLACES, PLACES, PLACES)
RED = "#ff0000"


def box(*values):
    return np.array(values, np.float32)


@given(BOXES, SIDES, SIDES, st.text("smile 图🙂", max_size=30))
@example((0.0, 0.0, 5.0, 5.0), 1, 1, "smile 97 %")
def test_any_mark_can_be_drawn_on_any_picture(values, width, height, text):
    image = np.zeros((height, width, 3), np.uint8)
    out = draw_boxes(image, [Mark(box(*values), text, RED)])
    assert out.shape == image.shape
    assert out.dtype == np.uint8
    assert not image.any(), "the picture itself was drawn on"
    x0, y0, x1, y1 = clip_box(box(*values), width, height)
    assert out[y0 : y1 + 1, x0 : x1 + 1].any()


@given(BOXES, st.integers(60, 200), st.integers(30, 200))
def test_the_label_is_inside_the_picture(values, width, height):
    """Wherever the box is, its label takes the same room: nothing of it is cut off."""
    place = box(*values)
    image = np.zeros((height, width, 3), np.uint8)
    found = white_pixels(draw_boxes(image, [Mark(place, "smile", RED)]))
    free = white_pixels(draw_boxes(image, [Mark(box(0, height, 1, height), "smile", RED)]))
    assert (found - found.min(0)).tolist() == (free - free.min(0)).tolist()


def white_pixels(picture):
    """Where the text is, row and column; nothing else in these pictures is white."""
    return np.argwhere(picture.min(2) > 150)


def test_a_label_longer_than_the_picture_is_shortened_and_drawn():
    image = np.zeros((40, 50, 3), np.uint8)
    out = draw_boxes(image, [Mark(box(0, 20, 49, 39), "a very long label indeed " * 4, RED)])
    assert white_pixels(out)[:, 1].max() < 49


def test_a_label_is_outside_its_box_if_there_is_room():
    image = np.zeros((200, 200, 3), np.uint8)
    for place in (box(50, 80, 150, 150), box(50, 2, 150, 100)):
        alone = draw_boxes(image, [Mark(place, "", RED)])
        both = draw_boxes(image, [Mark(place, "smile", RED)])
        x0, y0, x1, y1 = place.astype(int)
        inner = np.s_[y0 : y1 + 1, x0 : x1 + 1]
        assert (alone[inner] == both[inner]).all()
        assert (alone != both).any()


def test_labels_of_small_boxes_leave_room_for_their_neighbours():
    image = np.zeros((1120, 1800, 3), np.uint8)
    width = {
        side: np.ptp(
            white_pixels(
                draw_boxes(image, [Mark(box(500, 500, 500 + side, 600), "#36 none 100%")])
            )[:, 1]
        )
        for side in (1, 60, 200)
    }
    assert width[1] >= 90  # large enough to be read
    assert width[60] <= 2.5 * 60
    assert width[60] < width[200]


@pytest.mark.parametrize("count", [0, 1, 8, 9])
def test_a_sheet_has_every_tile_of_any_size(count):
    tiles = [(drawn(i, 1 + 37 * i, 400 - 40 * i), f"name-{i}\nwhy " * 9) for i in range(count)]
    page = contact_sheet(tiles, "Dropped: dark (the face is too dark) " * 9)
    rows = max(1, -(-count // 8))
    assert page.shape == (48 + rows * 212 + 12, 8 * 180 + 12, 3)


def test_every_label_has_its_own_colour():
    assert colours(LABELS) == COLOURS
    names = ["smile", *(f"label {n}" for n in range(40))]
    made = colours(names)
    assert list(made) == names
    assert made["smile"] == COLOURS["smile"]
    assert len(set(made.values()) | {UNSURE}) == 42


def test_characters_without_a_font_become_dots(monkeypatch):
    monkeypatch.setattr(draw, "SYSTEM_FONTS", ())
    draw._system_font.cache_clear()
    assert drawable("smile 张嘴 é…") == "smile ·· é…"
    monkeypatch.undo()
    draw._system_font.cache_clear()


def test_other_scripts_are_drawn_by_a_system_font():
    text = drawable("Ωμέγα")
    if text == "Ωμέγα":  # else no such font is here, and dots stand for the letters
        first, second = (bytes(font(24, text).getmask(c)) for c in text[:2])
        assert first != second
    else:
        assert text == "·····"
