"""Colours that a file describes, files that hold more than one picture, and appended videos."""

from __future__ import annotations

import struct
import zlib

import numpy as np
import PIL.Image
import PIL.TiffImagePlugin
import pytest

from encoded_pictures import IMAGE, difference, encoded, refused
from moue.media.image import Picture

GREY = np.asarray(PIL.Image.fromarray(IMAGE).convert("L"))


def profile(name, gamma, colours=b"RGB "):
    """An ICC profile with the primaries of sRGB and a plain power curve."""

    def fixed(*values):
        return b"".join(struct.pack(">i", round(value * 65536)) for value in values)

    text = name.encode() + b"\0"
    curve = b"curv\0\0\0\0" + struct.pack(">IH", 1, round(gamma * 256))
    tags = [
        (b"desc", b"desc\0\0\0\0" + struct.pack(">I", len(text)) + text + bytes(78)),
        (b"wtpt", b"XYZ \0\0\0\0" + fixed(0.9642, 1, 0.8249)),
    ]
    if colours == b"GRAY":
        tags += [(b"kTRC", curve)]
    else:
        primaries = [(0.4361, 0.2225, 0.0139), (0.3851, 0.7169, 0.0971), (0.1431, 0.0606, 0.7142)]
        tags += [
            (b"%cXYZ" % c, b"XYZ \0\0\0\0" + fixed(*v))
            for c, v in zip(b"rgb", primaries, strict=True)
        ]
        tags += [(b"%cTRC" % c, curve) for c in b"rgb"]
    table, body, start = struct.pack(">I", len(tags)), b"", 132 + 12 * len(tags)
    for tag, content in tags:
        content += bytes(-len(content) % 4)
        table += tag + struct.pack(">II", start + len(body), len(content))
        body += content
    head = struct.pack(
        ">I4sI4s4s4s", start + len(body), b"lcms", 0x02100000, b"mntr", colours, b"XYZ "
    )
    head += bytes(12) + b"acsp" + bytes(28) + fixed(0.9642, 1, 0.8249)
    return head + bytes(128 - len(head)) + table + body


def shown(linear):
    """What a screen shows of values that are proportional to light."""
    value = linear / 255
    curve = np.where(value <= 0.0031308, value * 12.92, 1.055 * value ** (1 / 2.4) - 0.055)
    return np.rint(curve * 255)


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "P", "L", "LA", "I;16"])
@pytest.mark.parametrize("name", ["linear", "sRGB linear (gamma 1.0)"])
def test_a_colour_profile_applies_in_every_mode(mode, name):
    image = PIL.Image.fromarray(IMAGE)
    image = image.quantize(256) if mode == "P" else image
    image = PIL.Image.fromarray(GREY.astype(np.uint16) * 257) if mode == "I;16" else image
    image = image if image.mode == mode else image.convert(mode)
    grey = mode in ("L", "LA", "I;16")
    plain = Picture(encoded(image, "PNG")).rgb()
    kinds = (b"RGB ", b"GRAY") if grey else (b"RGB ",)
    for kind in kinds:
        data = encoded(image, "PNG", icc_profile=profile(name, 1.0, kind))
        assert difference(Picture(data).rgb(), shown(plain)) < 1.5


def test_a_profile_of_another_colour_space_is_ignored():
    grey_profile = profile("grey", 1.0, b"GRAY")
    picture = Picture(encoded(icc_profile=grey_profile))
    assert (picture.rgb() == Picture(encoded()).rgb()).all()


def with_chunks(*chunks):
    data = encoded(format="PNG")
    added = b""
    for kind, content in chunks:
        crc = zlib.crc32(kind + content)
        added += struct.pack(">I", len(content)) + kind + content + struct.pack(">I", crc)
    return data[:33] + added + data[33:]


def test_png_gamma_applies_without_a_profile():
    gamma = (b"gAMA", struct.pack(">I", 100_000))
    assert difference(Picture(with_chunks(gamma)).rgb(), shown(IMAGE)) < 1
    usual = (b"gAMA", struct.pack(">I", 45_455))
    for chunks in [(usual,), ((b"sRGB", b"\0"), gamma), ((b"gAMA", bytes(4)),)]:
        assert (Picture(with_chunks(*chunks)).rgb() == IMAGE).all()


def test_a_bitmap_with_zero_alpha_is_opaque():
    height, width = IMAGE.shape[:2]
    pixels = np.dstack([IMAGE[::-1, :, ::-1], np.zeros((height, width), np.uint8)]).tobytes()
    head = struct.pack("<IiiHHIIiiII", 108, width, height, 1, 32, 3, len(pixels), 0, 0, 0, 0)
    head += struct.pack("<IIII", 0xFF0000, 0xFF00, 0xFF, 0xFF000000) + bytes(52)
    data = b"BM" + struct.pack("<IHHI", 14 + len(head) + len(pixels), 0, 0, 14 + len(head))
    assert (Picture(data + head + pixels).rgb() == IMAGE).all()


@pytest.mark.parametrize("big", [False, True])
def test_a_tiff_of_several_pages_has_a_note(big):
    first = PIL.Image.fromarray(IMAGE)
    pages = [PIL.Image.new("RGB", (30, 20)), PIL.Image.new("L", (9, 9))]
    data = encoded(first, "TIFF", save_all=True, append_images=pages, big_tiff=big)
    picture = Picture(data)
    assert (picture.rgb() == IMAGE).all()
    assert picture.note == "TIFF with several pictures: only the main picture is used"
    assert Picture(encoded(first, "TIFF")).note is None


def test_a_video_after_a_jpeg_does_not_count_as_scans():
    scans = b"\xff\xda\x00" * 30_000
    photo = encoded(np.zeros((1000, 1200, 3), np.uint8))
    assert Picture(photo + b"\0\0\0\x18ftypmp42" + scans).uniform
    assert refused(photo[:-2] + b"\xff\xda\x00\x08" * 20_000 + photo[-2:])[0] == "too_large"
    hidden = b"\xff\xd0\x7f\xf0" + b"\xff\xda\x00\x08" * 20_000
    assert refused(photo[:-2] + hidden + photo[-2:])[0] == "too_large"


def test_a_tiff_with_endless_pages_is_read_in_bounded_time():
    data = bytearray(encoded(PIL.Image.fromarray(IMAGE), "TIFF"))
    (first,) = struct.unpack_from("<I", data, 4)
    (entries,) = struct.unpack_from("<H", data, first)
    struct.pack_into("<I", data, first + 2 + 12 * entries, len(data))
    page = bytes(data[first : first + 2 + 12 * entries])
    seen = []
    for _ in range(5_000):
        data += page + struct.pack("<I", len(data) + len(page) + 4)
    original = PIL.TiffImagePlugin.ImageFileDirectory_v2.load

    def load(self, file):
        seen.append(file.tell())
        return original(self, file)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(PIL.TiffImagePlugin.ImageFileDirectory_v2, "load", load)
        assert (Picture(bytes(data)).rgb() == IMAGE).all()
    assert len(seen) < 10
