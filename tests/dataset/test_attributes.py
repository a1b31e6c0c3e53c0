"""What the catalog knows of a mouth."""

from __future__ import annotations

import io

import numpy as np
import PIL.Image
import pytest

from drawing import drawn
from moue.dataset.attributes import attributes, colour_of
from moue.media.image import Picture, encode_jpeg
from moue.workspace.types import Mouth
from rows import face, sample


def mouth(number=0):
    return Mouth(name="m", sample="m", face=number, width=57)


def test_a_mouth_has_its_size_face_size_and_source():
    one = sample("m", source="/photos/helen/pout/7.jpg", faces=(face(side=48),))
    # The face is 48 px of a picture of 128 x 96.
    assert attributes(mouth(), one) == {"mouth_px": "57", "face_percent": "50.0", "source": "helen"}


def test_tags_override_other_attributes():
    one = sample("m", source="/photos/web/7.jpg", tags={"source": "flickr", "age": "31"})
    found = attributes(mouth(), one)
    assert (found["source"], found["age"]) == ("flickr", "31")


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("/photos/2/7.jpg", "photos"),
        ("/smile/7.jpg", None),
        ("https://x.example/smile/7.jpg", "x.example"),
        ("/films/a.mp4#t=1.0", "a.mp4"),
    ],
)
def test_the_source_is_the_video_or_the_nearest_plain_folder(source, expected):
    video = "/films/a.mp4" if "#" in source else None
    assert attributes(mouth(), sample("m", source=source, video=video)).get("source") == expected


def test_a_face_that_is_no_longer_detected_has_no_size():
    assert "face_percent" not in attributes(mouth(1), sample("m"))
    assert "face_percent" not in attributes(mouth(), sample("m", faces=None))


def test_a_picture_of_a_mouth_shows_no_face():
    assert "face_percent" not in attributes(mouth(), sample("m", kind="mouth"))


def test_grey_is_detected_also_after_jpeg_compression():
    colour = drawn(1)
    grey = np.repeat(colour[:, :, 1:2], 3, axis=2)
    buffer = io.BytesIO()
    PIL.Image.fromarray(grey).save(buffer, "JPEG", quality=60)
    assert colour_of(grey) == "grey"
    assert colour_of(Picture(buffer.getvalue()).rgb()) == "grey"
    assert colour_of(colour) == "colour"
    assert colour_of(Picture(encode_jpeg(colour, 60)).rgb()) == "colour"


def test_sepia_and_pale_skin_are_colour():
    shade = drawn(2)[:, :, :1] / 255
    sepia = (shade * (240, 200, 145)).astype(np.uint8)
    pale = np.full((40, 40, 3), (232, 218, 212), np.uint8)
    assert colour_of(sepia) == colour_of(pale) == "colour"
