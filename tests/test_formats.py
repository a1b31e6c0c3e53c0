"""Which pictures are read, which are refused by name, and what is said of how they are read."""

from __future__ import annotations

import io
import struct
import zlib

import cv2
import numpy as np
import PIL.Image
import pytest
from PIL import ImageCms

from drawing import drawn
from moue.errors import ImageError
from moue.media.image import (
    MAX_SIDE,
    Picture,
    colour,
    encode_jpeg,
    encode_png,
    header,
    is_picture_file,
)

IMAGE = drawn(1)


def encoded(image=IMAGE, format="JPEG", **options):
    buffer = io.BytesIO()
    made = image if isinstance(image, PIL.Image.Image) else PIL.Image.fromarray(image)
    made.save(buffer, format, **options)
    return buffer.getvalue()


def difference(a, b):
    assert a.shape == b.shape
    return float(np.abs(a.astype(int) - b.astype(int)).mean())


def refused(data, **limits):
    with pytest.raises(ImageError) as caught:
        Picture(data, **limits).rgb()
    return caught.value.reason, caught.value.detail


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
def test_an_odd_jpeg_gives_the_pixels_of_the_sound_one(kind):
    sound = Picture(odd("none")).rgb()
    picture = Picture(odd(kind))
    assert picture.uniform
    assert (picture.grey(50) == Picture(odd("none")).grey(50)).all()
    assert (picture.rgb() == sound).all()


@pytest.mark.parametrize("kind", ODD)
def test_an_odd_jpeg_that_is_truncated_is_refused(kind):
    data = odd(kind, 3)
    for share in (0.5, 0.8, 0.95):
        cut = data[: int(len(odd("none", 3)) * share)]
        assert refused(cut)[0] == "unreadable"
        with pytest.raises(ImageError, match="unreadable"):
            Picture(cut).grey(20)


@pytest.mark.parametrize("end", [b"", b"\xff\xd9"])
def test_a_download_that_was_filled_with_zeros_is_damaged(end):
    whole = odd("none", 3)
    for share in (0.3, 0.6, 0.9):
        cut = whole[: int(len(whole) * share)]
        for length in (len(whole), 5 * len(whole)):
            assert refused(cut + bytes(length - len(cut)) + end)[0] == "unreadable"


@pytest.mark.parametrize("kind", ["none", "no end", "Adobe transform"])
def test_progressive_and_restarted_jpegs_are_judged_alike(kind):
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
def test_side_information_of_a_png_does_not_spoil_it(name):
    data = PNG[:33] + BESIDE[name] + PNG[33:]
    assert (Picture(data).rgb() == IMAGE).all()
    assert header(data) == ("PNG", 128, 96)


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
def test_a_format_that_is_not_read_is_named(name, tmp_path):
    reason, detail = refused(UNREAD[name])
    assert reason == "unsupported"
    assert name in detail
    assert "is not read; save it as JPEG or PNG" in detail
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
    assert (reason, "TIFF of this kind is not read" in detail) == ("unsupported", True)


def test_common_web_formats_are_read_under_any_name():
    for form in ("ICO", "AVIF", "WEBP", "GIF", "BMP", "PPM", "TIFF", "PNG", "MPO"):
        picture = Picture(encoded(drawn(0, 64, 64), form))
        assert picture.rgb().shape == (64, 64, 3)
        assert picture.note is None
    icon = bytearray(encoded(drawn(0, 32, 32), "ICO", bitmap_format="bmp", sizes=[(32, 32)]))
    icon[2] = 2
    assert Picture(bytes(icon)).format == "CUR"


def test_an_avif_in_a_container_of_heif_needs_no_extra():
    data = encoded(format="AVIF")
    size = int.from_bytes(data[:4], "big")
    assert data[8:12] == b"avif"
    brands = data[16:size]
    changed = data[:8] + b"mif1" + data[12:16] + brands + data[size:]
    assert Picture(changed).rgb().shape == IMAGE.shape


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
    assert picture.note == "camera raw: its preview of 1024 x 768 pixels is looked at"
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
    assert detail.startswith("camera raw: not read")


@pytest.mark.parametrize(
    "head", [b"FUJIFILMCCD-RAW 0201", b"\0\0\0\x18ftypcrx \0\0\0\1", b"IIRO\x08\0\0\0", b"IIU\0"]
)
def test_raw_pictures_that_are_no_tiff_give_their_preview_too(head):
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
def test_floats_are_scaled_by_the_range_that_they_use(name):
    change, odd_one = FLOATS[name]
    full = np.interp(GREY, (GREY.min(), GREY.max()), (0, 255))
    values = change(full).astype(np.float32)
    if odd_one is not None:
        values[0, 0] = odd_one
    assert difference(Picture(grey_tiff(values)).rgb()[1:, :, 0], full[1:]) < 2.5


def test_whole_numbers_of_32_bits_and_below_zero_are_scaled():
    full = np.interp(GREY, (GREY.min(), GREY.max()), (0, 255))
    for top in (255, 4095, 65535):
        rgb = Picture(grey_tiff((full / 255 * top).astype(np.int32))).rgb()
        assert difference(rgb[..., 0], full) < 2
    signed = Picture(grey_tiff((full * 100 - 12000).astype(np.int32)))
    assert difference(signed.rgb()[..., 0], full) < 2
    assert "scaled to that range" in signed.note


def test_the_range_of_the_file_counts_and_black_stays_black():
    dark = np.full((40, 50), 900, np.uint16)
    told = grey_tiff(dark, tiffinfo={281: 4095})
    assert Picture(told).rgb().max() == round(900 / 4095 * 255)
    assert Picture(told).note is None
    assert Picture(grey_tiff(np.zeros((40, 50), np.uint16))).rgb().max() == 0
    assert Picture(grey_tiff(np.full((40, 50), np.nan, np.float32))).rgb().max() == 0


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
    assert picture.note == "animation: only frame 1 is looked at"
    assert Picture(encoded(FRAMES[0], form)).note is None


@pytest.mark.parametrize("form", ["GIF", "WEBP", "PNG"])
def test_an_animation_skips_blank_first_frames(form):
    picture = Picture(animation([WHITE, WHITE * 0, FRAMES[1], FRAMES[2]], form))
    assert difference(picture.rgb(), FRAMES[1]) < 12
    assert picture.note == "animation: only frame 3 is looked at"
    blank = Picture(animation([WHITE, WHITE * 0], form))
    assert (blank.rgb() == 255).all()


# sizes


def test_sides_that_no_jpeg_can_have_are_refused_before_decoding():
    for size in ((MAX_SIDE + 1, 30), (30, MAX_SIDE + 1)):
        reason, detail = refused(encoded(PIL.Image.new("L", size), "PNG"))
        assert reason == "too_large"
        assert "65,500" in detail
    long = Picture(encoded(PIL.Image.new("L", (MAX_SIDE, 2)), "PNG"))
    assert encode_jpeg(long.rgb())[:2] == b"\xff\xd8"


def test_the_shortest_side_is_checked_before_decoding():
    data = bytearray(encode_png(drawn(0, 20, 400)))
    del data[60:]  # nothing is left to decode
    assert refused(bytes(data), min_side=21) == ("too_small", "400 x 20 pixels")
    assert refused(bytes(data), min_side=20)[0] == "unreadable"


def test_a_tiff_whose_height_is_a_lie_is_damaged():
    for compression in (None, "tiff_deflate"):
        data = bytearray(encoded(drawn(1, 40, 60), "TIFF", compression=compression))
        (at,) = struct.unpack_from("<I", data, 4)
        (count,) = struct.unpack_from("<H", data, at)
        for entry in range(at + 2, at + 2 + 12 * count, 12):
            if struct.unpack_from("<H", data, entry)[0] == 257:
                data[entry : entry + 12] = struct.pack("<HHII", 257, 4, 1, 60_000)
        assert refused(bytes(data)) == (
            "unreadable", "TIFF: there are strips for 40 of 60000 rows",
        )  # fmt: skip
