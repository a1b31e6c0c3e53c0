from __future__ import annotations

import io

import cv2
import numpy as np
import PIL.Image
import pytest
from PIL import ImageCms

from drawing import drawn
from moue.errors import ImageError
from moue.media.image import Picture, encode_jpeg, encode_png, read_image, resize_to_fit

IMAGE = drawn(1)


def encoded(image=IMAGE, format="JPEG", **options):
    buffer = io.BytesIO()
    made = image if isinstance(image, PIL.Image.Image) else PIL.Image.fromarray(image)
    made.save(buffer, format, **options)
    return buffer.getvalue()


def near(a, b, levels=8.0):
    return a.shape == b.shape and np.abs(a.astype(int) - b.astype(int)).mean() < levels


@pytest.mark.parametrize("format", ["PNG", "WEBP", "BMP", "GIF", "TIFF", "JPEG", "PPM", "AVIF"])
def test_every_format_gives_the_same_upright_rgb(format):
    picture = Picture(encoded(format=format))
    assert near(picture.rgb(), IMAGE)
    assert (picture.width, picture.height, picture.format) == (128, 96, format)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_exif_orientation_is_turned_upright(orientation):
    turn = {
        1: lambda a: a, 2: np.fliplr, 3: lambda a: np.rot90(a, 2), 4: np.flipud,
        5: lambda a: np.transpose(a, (1, 0, 2)), 6: lambda a: np.rot90(a, 1),
        7: lambda a: np.rot90(np.transpose(a, (1, 0, 2)), 2), 8: lambda a: np.rot90(a, 3),
    }[orientation]  # fmt: skip
    exif = PIL.Image.Exif()
    exif[0x0112] = orientation
    lying = np.ascontiguousarray(turn(IMAGE))
    picture = Picture(encoded(lying, exif=exif, quality=95))
    assert (picture.width, picture.height) == (128, 96)
    assert near(picture.rgb(), IMAGE)
    assert picture.grey(200).shape == (96, 128)
    assert picture.uniform == (orientation == 1)


def test_alpha_is_composited_on_white():
    clear = np.dstack([IMAGE, np.zeros(IMAGE.shape[:2], np.uint8)])
    assert (Picture(encoded(clear, "PNG")).rgb() == 255).all()
    palette = PIL.Image.fromarray(IMAGE).quantize(16)
    palette.info["transparency"] = 0
    data = encoded(palette, "PNG", transparency=0)
    first = np.asarray(palette) == 0
    assert (Picture(data).rgb()[first] == 255).all()


def test_sixteen_bits_are_scaled_by_their_full_range():
    deep = np.linspace(0, 65535, 128 * 96).reshape(96, 128).astype(np.uint16)
    rgb = Picture(encoded(PIL.Image.fromarray(deep), "PNG")).rgb()
    assert np.abs(rgb[..., 0].astype(int) - (deep / 257)).max() <= 1
    colour = cv2.imencode(".png", IMAGE[..., ::-1].astype(np.uint16) * 257)[1].tobytes()
    assert near(Picture(colour).rgb(), IMAGE, 1)
    tiff = cv2.imencode(".tiff", IMAGE[..., ::-1].astype(np.uint16) * 257)[1].tobytes()
    assert near(Picture(tiff).rgb(), IMAGE, 2)


@pytest.mark.parametrize("mode", ["L", "1", "P", "CMYK", "LA", "I;16", "F"])
def test_every_mode_becomes_8_bit_rgb(mode):
    source = PIL.Image.fromarray(IMAGE)
    made = source.convert("L").convert(mode) if mode in ("I;16", "F") else source.convert(mode)
    format = "TIFF" if mode in ("F", "CMYK") else "PNG"
    rgb = Picture(encoded(made, format)).rgb()
    assert rgb.shape == IMAGE.shape
    assert rgb.dtype == np.uint8


def test_a_cmyk_jpeg_keeps_its_colours():
    assert near(Picture(encoded(PIL.Image.fromarray(IMAGE).convert("CMYK"))).rgb(), IMAGE, 12)


def test_an_embedded_profile_is_turned_into_srgb():
    swapped = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB"))
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
    assert Picture(encoded(icc_profile=srgb.tobytes())).uniform
    # A profile for another mode says nothing about these colours: they stay as they are.
    assert near(Picture(encoded(icc_profile=swapped.tobytes())).rgb(), IMAGE)
    assert near(Picture(encoded(icc_profile=b"junk")).rgb(), IMAGE)


def test_only_an_upright_rgb_jpeg_is_uniform():
    assert Picture(encoded()).uniform
    assert not Picture(encoded(format="PNG")).uniform
    assert not Picture(encoded(IMAGE[..., 0])).uniform
    assert not Picture(encoded(PIL.Image.fromarray(IMAGE).convert("CMYK"))).uniform


def test_an_animation_gives_its_first_frame():
    frames = [PIL.Image.fromarray(IMAGE), PIL.Image.fromarray(255 - IMAGE)]
    data = encoded(frames[0], "WEBP", save_all=True, append_images=frames[1:], lossless=True)
    assert near(Picture(data).rgb(), IMAGE, 1)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (b"just a text", "not_an_image"),
        (b"\xff\xd8\xff\xe0 and then nothing", "unreadable"),
        (encoded()[: len(encoded()) // 2], "unreadable"),
        (encoded(format="PNG")[:-40], "unreadable"),
    ],
    ids=["empty", "text", "header only", "half a jpeg", "cut png"],
)
def test_an_unreadable_picture_has_a_drop_reason(data, reason):
    with pytest.raises(ImageError) as caught:
        Picture(data).rgb()
    assert caught.value.reason == reason


def test_a_reduced_grey_decode_finds_a_truncated_jpeg():
    with pytest.raises(ImageError, match="unreadable"):
        Picture(encoded(drawn(2, 800, 800))[:-200]).grey(64)


def test_a_broken_heic_is_refused_with_a_reason():
    with pytest.raises(ImageError):
        Picture(b"\0\0\0\x18ftypheic" + bytes(40))


def test_bytes_after_the_end_do_not_make_a_jpeg_unreadable():
    assert near(Picture(encoded(quality=95) + bytes(10)).rgb(), IMAGE)


def test_a_decompression_bomb_is_not_decoded():
    with pytest.raises(ImageError, match="too_large"):
        Picture(encoded(), max_pixels=100)
    header = bytearray(encoded(format="PNG"))
    header[16:24] = (60_000).to_bytes(4, "big") * 2
    with pytest.raises(ImageError):
        Picture(bytes(header))


@pytest.mark.parametrize("format", ["JPEG", "PNG"])
def test_grey_is_reduced_to_the_minimum_side_at_most(format):
    large = drawn(3, 1000, 1400)
    grey = Picture(encoded(large, format, quality=95)).grey(200)
    assert 200 <= min(grey.shape) < 400
    assert near(np.repeat(grey[..., None], 3, 2), resize_to_fit(np.repeat(
        cv2.cvtColor(large, cv2.COLOR_RGB2GRAY)[..., None], 3, 2), max(grey.shape)), 4)  # fmt: skip


def test_an_array_must_be_an_rgb_picture():
    assert Picture.from_array(IMAGE).rgb() is IMAGE
    for wrong in (IMAGE[..., 0], IMAGE.astype(float), IMAGE[..., :2], IMAGE[:0]):
        with pytest.raises(ValueError, match="expected"):
            Picture.from_array(wrong)


def test_a_written_video_reads_back(tmp_path):
    (tmp_path / "图.png").write_bytes(encode_png(IMAGE))
    (tmp_path / "图.jpg").write_bytes(encode_jpeg(IMAGE, 95))
    assert (read_image(tmp_path / "图.png") == IMAGE).all()
    assert near(read_image(tmp_path / "图.jpg"), IMAGE, 3)


@pytest.mark.parametrize("size", [(1, 1), (1, 500), (500, 1), (17, 23)])
def test_odd_sizes_can_be_read_and_reduced(size):
    picture = Picture(encode_png(drawn(1, *size)))
    assert picture.rgb().shape == (*size, 3)
    assert picture.grey(64).ndim == 2
    assert max(resize_to_fit(picture.rgb(), 64).shape) <= max(64, 3)
