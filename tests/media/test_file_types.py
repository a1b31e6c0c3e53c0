"""Which file types are read, and which are refused by name."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from drawing import drawn
from encoded_pictures import IMAGE, encoded, refused
from moue.media.image import (
    Picture,
    is_picture_file,
)

# names


UNREAD = {
    "JPEG 2000": b"\0\0\0\x0cjP  \r\n\x87\n" + bytes(60), "JPEG XL": b"\xff\x0a" + bytes(60),
    "PSD": b"8BPS\0\1" + bytes(60), "DDS": b"DDS " + bytes(60),
    "Radiance": b"#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y 1 +X 1\n" + bytes(60),
    "PDF": b"%PDF-1.7\n" + bytes(60), "SVG": b"<svg xmlns='http://www.w3.org/2000/svg'></svg>",
    "OpenEXR": b"\x76\x2f\x31\x01" + bytes(60), "PostScript": b"%!PS-Adobe-3.0 EPSF-3.0\n",
    "TGA": encoded(drawn(0, 8, 8), "TGA"), "ICNS": b"icns" + bytes(60),
    "DICOM": bytes(128) + b"DICM" + bytes(60),
}  # fmt: skip


@pytest.mark.parametrize("name", UNREAD)
def test_an_unsupported_format_is_named(name, tmp_path):
    reason, detail = refused(UNREAD[name])
    assert reason == "unsupported"
    assert name in detail
    assert "moue does not read" in detail
    (tmp_path / "a").write_bytes(UNREAD[name])
    assert is_picture_file(tmp_path / "a")


def test_svg_is_recognised_and_html_is_not_svg():
    head = b"\xef\xbb\xbf<?xml version='1.0'?>\n<!-- drawn -->\n<!DOCTYPE svg PUBLIC 'x' 'y'>\n"
    assert refused(head + b"<svg width='1'/>")[0] == "unsupported"
    for text in (
        b"<!doctype html><body><svg/>",
        b"plain words <svg",
        b"<?xml version='1.0'?><rss/>",
    ):
        assert refused(text)[0] == "not_an_image"


def test_a_damaged_header_is_unreadable_not_unknown():
    for form in ("PNG", "GIF", "WEBP"):
        reason, detail = refused(encoded(format=form)[:14] + bytes(4))
        assert (reason, form in detail) == ("unreadable", True)
    reason, detail = refused(cv2.imencode(".tiff", np.ones((9, 9, 3), np.float32))[1].tobytes())
    assert (reason, "does not read this TIFF variant" in detail) == ("unsupported", True)


def test_common_web_formats_are_read_under_any_name():
    for form in ("ICO", "AVIF", "WEBP", "GIF", "BMP", "PPM", "TIFF", "PNG", "MPO"):
        picture = Picture(encoded(drawn(0, 64, 64), form))
        assert picture.rgb().shape == (64, 64, 3)
        assert picture.note is None
    icon = bytearray(encoded(drawn(0, 32, 32), "ICO", bitmap_format="bmp", sizes=[(32, 32)]))
    icon[2] = 2
    assert Picture(bytes(icon)).format == "CUR"


def test_avif_in_a_heif_container_needs_no_extra():
    data = encoded(format="AVIF")
    size = int.from_bytes(data[:4], "big")
    assert data[8:12] == b"avif"
    brands = data[16:size]
    changed = data[:8] + b"mif1" + data[12:16] + brands + data[size:]
    assert Picture(changed).rgb().shape == IMAGE.shape
