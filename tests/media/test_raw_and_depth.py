"""Camera raw, TIFF pages, bit depths."""

from __future__ import annotations

import struct

import cv2
import numpy as np
import PIL.Image
import pytest

from drawing import drawn
from encoded_pictures import difference, encoded, refused
from moue.media.image import (
    Picture,
    encode_jpeg,
)

# camera raw


def raw_picture(preview=(1024, 768), orientation=None, order="<", kind="nef", make=True):
    """As NEF, ARW and DNG are: a thumbnail first, the sensor's picture below, a JPEG beside."""
    head = (b"II*\0" if order == "<" else b"MM\0*") + bytes(4)
    data = bytearray(head)

    def put(content):
        at = len(data)
        data.extend(content)
        return at, len(content)

    small = put(drawn(0, 12, 16).tobytes())
    if preview:
        put(encode_jpeg(drawn(7, preview[1], preview[0])))
    sensor = put(bytes(64 * 48 * 2))
    maker = put(b"NIKON CORPORATION\0")

    def directory(size, spot, reduced, photometric, more=()):
        rows = [
            (254, 4, 1, reduced), (256, 4, 1, size[0]), (257, 4, 1, size[1]),
            (262, 3, 1, photometric), (273, 4, 1, spot[0]), (277, 3, 1, 3),
            (278, 4, 1, size[1]), (279, 4, 1, spot[1]), *more,
        ]  # fmt: skip
        at = len(data)
        data.extend(struct.pack(order + "H", len(rows)))
        for tag, type_, count, value in sorted(rows):
            short = type_ == 3 and count == 1
            data.extend(struct.pack(order + "HHI", tag, type_, count))
            data.extend(
                struct.pack(order + ("HH" if short else "I"), *([value, 0] if short else [value]))
            )
        data.extend(bytes(4))
        return at

    below = directory((64, 48), sensor, 0, 32803)
    more = [(330, 4, 1, below)]
    more += [(271, 2, maker[1], maker[0])] if make else []
    more += [(274, 3, 1, orientation)] if orientation else []
    more += [(50706, 1, 4, 0x0401)] if kind == "dng" else []
    first = directory((16, 12), small, 1, 2, more)
    data[4:8] = struct.pack(order + "I", first)
    return bytes(data)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("kind", ["nef", "dng"])
def test_a_raw_picture_is_read_through_its_preview(kind, order):
    picture = Picture(raw_picture(kind=kind, order=order))
    assert difference(picture.rgb(), drawn(7, 768, 1024)) < 8
    assert picture.note == "camera raw file: only the preview of 1024 x 768 pixels is used"
    assert picture.uniform
    assert picture.data[:2] == b"\xff\xd8"
    assert picture.data[-2:] == b"\xff\xd9"


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_a_raw_preview_has_the_orientation_of_the_raw(orientation):
    turns = {1: 0, 3: 2, 6: -1, 8: 1}[orientation]
    rgb = Picture(raw_picture(orientation=orientation)).rgb()
    assert difference(rgb, np.rot90(drawn(7, 768, 1024), turns)) < 8


@pytest.mark.parametrize("preview", [None, (160, 120), (320, 240)])
def test_a_raw_picture_without_a_preview_is_unsupported(preview):
    reason, detail = refused(raw_picture(preview))
    assert reason == "unsupported"
    assert detail.startswith("the raw file has no preview")


@pytest.mark.parametrize(
    "head", [b"FUJIFILMCCD-RAW 0201", b"\0\0\0\x18ftypcrx \0\0\0\1", b"IIRO\x08\0\0\0", b"IIU\0"]
)
def test_raw_formats_without_tiff_give_their_preview(head):
    small, large = encode_jpeg(drawn(1, 120, 160)), encode_jpeg(drawn(2, 600, 800))
    data = head + bytes(100) + small + bytes(50) + large + bytes(5000)
    assert difference(Picture(data).rgb(), drawn(2, 600, 800)) < 8
    assert refused(head + bytes(100) + small)[0] == "unsupported"
    assert refused(head)[0] == "unsupported"


def test_a_tiff_with_a_thumbnail_gives_the_full_page():
    small, large = (PIL.Image.fromarray(drawn(1, *size)) for size in ((30, 40), (300, 400)))
    for reduced, shape in ((0, (30, 40, 3)), (1, (300, 400, 3))):
        large.encoderinfo = {"tiffinfo": {254: 0}}
        options = {"save_all": True, "append_images": [large], "tiffinfo": {254: reduced}}
        assert Picture(encoded(small, "TIFF", **options)).rgb().shape == shape


# depth


def grey_tiff(values, **options):
    return encoded(PIL.Image.fromarray(values), "TIFF", **options)


GREY = drawn(6, 90, 120)[..., 1]


@pytest.mark.parametrize("bits", [8, 10, 12, 14, 16])
@pytest.mark.parametrize("form", ["PNG", "TIFF"])
def test_grey_of_any_bit_depth_keeps_its_brightness(bits, form):
    deep = np.rint(GREY / 255 * (2**bits - 1)).astype(np.uint16)
    deep[0, :2] = 0, 2**bits - 1
    picture = Picture(encoded(PIL.Image.fromarray(deep), form))
    assert difference(picture.rgb()[1:, :, 0], GREY[1:]) < 1
    assert (picture.note is None) == (bits == 16)


@pytest.mark.parametrize("bits", [8, 10, 12])
def test_colours_of_any_bit_depth_keep_their_brightness(bits):
    colours = drawn(6, 90, 120)
    deep = np.rint(colours / 255 * (2**bits - 1)).astype(np.uint16)
    deep[0, 0] = 2**bits - 1
    for suffix in (".png", ".tiff"):
        data = cv2.imencode(suffix, deep[..., ::-1])[1].tobytes()
        assert difference(Picture(data).rgb()[1:], colours[1:]) < 2


FLOATS = {
    "shares": (lambda a: a / 255, None),
    "shares, one pixel over": (lambda a: a / 255, 1.02),
    "shares, one far over": (lambda a: a / 255, 1e9),
    "shares, one not a number": (lambda a: a / 255, np.nan),
    "shares, one infinite": (lambda a: a / 255, np.inf),
    "bytes": (lambda a: a * 1.0, None),
    "bytes, one not a number": (lambda a: a * 1.0, np.nan),
    "sixteen bits": (lambda a: a * 257.0, None),
    "from minus one": (lambda a: a / 127.5 - 1, None),
}


@pytest.mark.parametrize("name", FLOATS)
def test_floats_are_scaled_by_their_range(name):
    change, odd_one = FLOATS[name]
    full = np.interp(GREY, (GREY.min(), GREY.max()), (0, 255))
    values = change(full).astype(np.float32)
    if odd_one is not None:
        values[0, 0] = odd_one
    assert difference(Picture(grey_tiff(values)).rgb()[1:, :, 0], full[1:]) < 2.5


def test_32_bit_and_negative_integers_are_scaled():
    full = np.interp(GREY, (GREY.min(), GREY.max()), (0, 255))
    for top in (255, 4095, 65535):
        rgb = Picture(grey_tiff((full / 255 * top).astype(np.int32))).rgb()
        assert difference(rgb[..., 0], full) < 2
    signed = Picture(grey_tiff((full * 100 - 12000).astype(np.int32)))
    assert difference(signed.rgb()[..., 0], full) < 2
    assert "becomes 0 to 255" in signed.note


def test_the_declared_range_applies_and_black_is_black():
    dark = np.full((40, 50), 900, np.uint16)
    told = grey_tiff(dark, tiffinfo={281: 4095})
    assert Picture(told).rgb().max() == round(900 / 4095 * 255)
    assert Picture(told).note is None
    assert Picture(grey_tiff(np.zeros((40, 50), np.uint16))).rgb().max() == 0
    assert Picture(grey_tiff(np.full((40, 50), np.nan, np.float32))).rgb().max() == 0
