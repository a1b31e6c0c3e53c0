"""Animations, and limits of size."""

from __future__ import annotations

import struct

import numpy as np
import PIL.Image
import pytest

from drawing import drawn
from encoded_pictures import difference, encoded, refused
from moue.media.image import (
    MAX_SIDE,
    Picture,
    encode_jpeg,
    encode_png,
)

# animations


def animation(frames, form):
    images = [PIL.Image.fromarray(frame) for frame in frames]
    lossless = {"lossless": True} if form == "WEBP" else {}
    return encoded(
        images[0], form, save_all=True, append_images=images[1:], duration=100, **lossless
    )


WHITE = np.full((60, 80, 3), 255, np.uint8)
FRAMES = [drawn(n, 60, 80) for n in range(3)]


@pytest.mark.parametrize("form", ["GIF", "WEBP", "PNG", "AVIF"])
def test_an_animation_gives_its_first_frame_and_a_note(form):
    picture = Picture(animation(FRAMES, form))
    assert difference(picture.rgb(), FRAMES[0]) < 12
    assert picture.note == "animation: only frame 1 is used"
    assert Picture(encoded(FRAMES[0], form)).note is None


@pytest.mark.parametrize("form", ["GIF", "WEBP", "PNG"])
def test_an_animation_skips_blank_first_frames(form):
    picture = Picture(animation([WHITE, WHITE * 0, FRAMES[1], FRAMES[2]], form))
    assert difference(picture.rgb(), FRAMES[1]) < 12
    assert picture.note == "animation: only frame 3 is used"
    blank = Picture(animation([WHITE, WHITE * 0], form))
    assert (blank.rgb() == 255).all()


# sizes


def test_sides_beyond_the_jpeg_limit_are_not_decoded():
    for size in ((MAX_SIDE + 1, 30), (30, MAX_SIDE + 1)):
        reason, detail = refused(encoded(PIL.Image.new("L", size), "PNG"))
        assert reason == "too_large"
        assert "65,500" in detail
    long = Picture(encoded(PIL.Image.new("L", (MAX_SIDE, 2)), "PNG"))
    assert encode_jpeg(long.rgb())[:2] == b"\xff\xd8"


def test_the_shortest_side_is_checked_before_decoding():
    data = bytearray(encode_png(drawn(0, 20, 400)))
    del data[60:]  # nothing is left to decode
    expected = ("too_small", "400 x 20 pixels; each side must be at least 21")
    assert refused(bytes(data), min_side=21) == expected
    assert refused(bytes(data), min_side=20)[0] == "unreadable"


def test_a_tiff_with_a_wrong_height_is_damaged():
    for compression in (None, "tiff_deflate"):
        data = bytearray(encoded(drawn(1, 40, 60), "TIFF", compression=compression))
        (at,) = struct.unpack_from("<I", data, 4)
        (count,) = struct.unpack_from("<H", data, at)
        for entry in range(at + 2, at + 2 + 12 * count, 12):
            if struct.unpack_from("<H", data, entry)[0] == 257:
                data[entry : entry + 12] = struct.pack("<HHII", 257, 4, 1, 60_000)
        assert refused(bytes(data)) == (
            "unreadable", "the TIFF strips contain 40 of 60,000 rows",
        )  # fmt: skip
