"""Odd and damaged JPEG and PNG files; colour profiles."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import PIL.Image
import pytest
from PIL import ImageCms

from drawing import drawn
from encoded_pictures import IMAGE, difference, encoded, refused
from moue.errors import ImageError
from moue.media.image import (
    Picture,
    colour,
    header,
)

# JPEG: oddities are no damage


def odd(kind, seed=0, **options):
    """A JPEG with every pixel whole that decoders complain about."""
    data = bytearray(encoded(drawn(seed, 120, 160), quality=90, **options))
    if kind == "spectral selection":
        at = data.index(b"\xff\xda")
        data[at + int.from_bytes(data[at + 2 : at + 4], "big")] = 0
    elif kind == "revision":
        at = data.index(b"JFIF\0")
        data[at + 5 : at + 7] = b"\x02\x01"
    elif kind == "no end":
        del data[-2:]
    elif kind == "padded end":
        data[-2:] = bytes(300)
    elif kind == "zeros before the end":
        data[-2:] = bytes(30) + b"\xff\xd9"
    elif kind == "Adobe transform":
        data[2:2] = b"\xff\xee\0\x0eAdobe\0\x64\0\0\0\0\x09"
    elif kind == "a profile in pieces":
        data[2:2] = b"\xff\xe2\0\x14ICC_PROFILE\0\x02\x07xx"
    return bytes(data)


ODD = (
    "spectral selection", "revision", "no end", "padded end", "zeros before the end",
    "Adobe transform", "a profile in pieces",
)  # fmt: skip


@pytest.mark.parametrize("kind", ODD)
def test_an_unusual_jpeg_gives_the_usual_pixels(kind):
    sound = Picture(odd("none")).rgb()
    picture = Picture(odd(kind))
    assert picture.uniform
    assert (picture.grey(50) == Picture(odd("none")).grey(50)).all()
    assert (picture.rgb() == sound).all()


@pytest.mark.parametrize("kind", ODD)
def test_an_unusual_truncated_jpeg_is_refused(kind):
    data = odd(kind, 3)
    for share in (0.5, 0.8, 0.95):
        cut = data[: int(len(odd("none", 3)) * share)]
        assert refused(cut)[0] == "unreadable"
        with pytest.raises(ImageError, match="unreadable"):
            Picture(cut).grey(20)


@pytest.mark.parametrize("end", [b"", b"\xff\xd9"])
def test_a_download_padded_with_zeros_is_damaged(end):
    whole = odd("none", 3)
    for share in (0.3, 0.6, 0.9):
        cut = whole[: int(len(whole) * share)]
        for length in (len(whole), 5 * len(whole)):
            assert refused(cut + bytes(length - len(cut)) + end)[0] == "unreadable"


@pytest.mark.parametrize("kind", ["none", "no end", "Adobe transform"])
def test_progressive_and_restart_jpegs_get_the_same_checks(kind):
    for options in ({"progressive": True}, {"restart_marker_rows": 1}):
        sound = Picture(odd("none", 4, **options)).rgb()
        assert (Picture(odd(kind, 4, **options)).rgb() == sound).all()
        assert refused(odd(kind, 4, **options)[:-400])[0] == "unreadable"


def test_damaged_grey_and_cmyk_jpegs_are_refused():
    exif = PIL.Image.Exif()
    exif[0x0112] = 6
    kinds = [
        encoded(drawn(5, 200, 200), exif=exif), encoded(drawn(5, 200, 200)[..., 0]),
        encoded(PIL.Image.fromarray(drawn(5, 200, 200)).convert("CMYK")),
    ]  # fmt: skip
    for data in kinds:
        assert Picture(data).rgb().shape == (200, 200, 3)
        spoilt = bytearray(data)
        middle = len(data) * 2 // 3
        spoilt[middle : middle + 60] = b"\xff\xd3" * 30
        assert refused(bytes(spoilt))[0] == "unreadable"
        assert refused(data[:-300])[0] == "unreadable"


def test_a_jpeg_with_thousands_of_scans_is_refused():
    data = encoded(np.zeros((3000, 3000, 3), np.uint8), progressive=True)
    at = data.rindex(b"\xff\xda")
    many = data[:at] + data[at:-2] * 3000 + b"\xff\xd9"
    reason, detail = refused(many)
    assert reason == "too_large"
    assert "scans" in detail


# PNG: what is beside the picture does not decide


def chunk(kind, content, checksum=None):
    checksum = zlib.crc32(kind + content) if checksum is None else checksum
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", checksum)


PNG = encoded(format="PNG")
PROFILE = b"x\0\0" + zlib.compress(b"a" * 200)
BESIDE = {
    "text": chunk(b"tEXt", b"Comment\0hello", 1),
    "profile": chunk(b"iCCP", PROFILE, 3),
    "profile that cannot be unpacked": chunk(b"iCCP", b"x\0\0junk"),
    "huge profile": chunk(b"iCCP", b"x\0\0" + zlib.compress(bytes(50_000_000))),
    "huge text": chunk(b"zTXt", b"x\0\0" + zlib.compress(b"A" * 2_000_000)),
    "size": chunk(b"pHYs", b"\0\0\1\0\0\0\1\0\1", 9),
    "short size": chunk(b"pHYs", b"\0"),
    "gamma": chunk(b"gAMA", b"\0", 4),
    "EXIF": chunk(b"eXIf", b"junk"),
    "animation": chunk(b"acTL", b"\0", 4),
    "unknown": chunk(b"moUe", b"x" * 100, 4),
}


@pytest.mark.parametrize("name", BESIDE)
def test_damaged_png_metadata_is_ignored(name):
    data = PNG[:33] + BESIDE[name] + PNG[33:]
    assert (Picture(data).rgb() == IMAGE).all()
    assert header(data) == ("PNG", 128, 96)


def test_a_png_without_its_palette_is_damaged():
    buffer = io.BytesIO()
    PIL.Image.fromarray(IMAGE).convert("P").save(buffer, "PNG")
    data = buffer.getvalue().replace(b"PLTE", b"plTE")
    assert refused(data) == ("unreadable", "the PNG picture has no palette")


def test_a_png_without_its_end_is_read():
    assert (Picture(PNG[:-12]).rgb() == IMAGE).all()
    assert (Picture(PNG[:-4]).rgb() == IMAGE).all()
    for cut in (PNG[:-60], PNG[: len(PNG) // 2], PNG[:40], PNG[:20]):
        assert refused(cut)[0] == "unreadable"
    spoilt = bytearray(PNG)
    spoilt[len(PNG) // 2] ^= 255
    assert refused(bytes(spoilt))[0] == "unreadable"


def test_profile_transparency_and_orientation_of_a_png_are_kept():
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    exif = PIL.Image.Exif()
    exif[0x0112] = 6
    lying = PIL.Image.fromarray(np.ascontiguousarray(np.rot90(IMAGE)))
    picture = Picture(encoded(lying, "PNG", exif=exif, icc_profile=srgb))
    assert (picture.rgb() == IMAGE).all()
    clear = np.dstack([IMAGE, np.zeros(IMAGE.shape[:2], np.uint8)])
    assert (Picture(encoded(clear, "PNG")).rgb() == 255).all()


@pytest.mark.parametrize("form", ["PNG", "TIFF", "JPEG", "WEBP"])
def test_a_profile_changes_colours_the_same_in_every_format(form):
    wide = profile_with_red_and_blue_swapped()
    options = {"lossless": True} if form == "WEBP" else {"quality": 95} if form == "JPEG" else {}
    rgb = Picture(encoded(drawn(2, 300, 400), form, icc_profile=wide, **options)).rgb()
    expected = colour.from_array(drawn(2, 300, 400), wide)
    assert difference(rgb, expected) < 3
    assert difference(rgb, drawn(2, 300, 400)) > 20


def profile_with_red_and_blue_swapped():
    """An sRGB profile whose red and blue columns have changed places."""
    data = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    data = data.replace(b"rXYZ", b"tmp!", 1).replace(b"bXYZ", b"rXYZ", 1)
    data = data.replace(b"tmp!", b"bXYZ", 1)
    return data.replace("sRGB".encode("utf-16-be"), "xRGB".encode("utf-16-be")).replace(
        b"sRGB", b"xRGB"
    )
