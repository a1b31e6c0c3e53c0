"""Decode pictures lazily."""

from __future__ import annotations

import cv2
import numpy as np
import PIL.Image

from moue.media.image import colour, depth, jpeg
from moue.media.image.opening import (
    Encoded,
    choose_frame,
    decoding,
    encoded,
    opened,
    orientation_of,
)
from moue.media.image.pixels import Grey, oriented, to_grey
from moue.media.image.size import MAX_PIXELS, check_cost, check_size
from moue.store import Location
from moue.workspace.types import Image

_JPEG = ("JPEG", "MPO")


class Picture:
    """Picture that is decoded lazily, in the requested size and colours.

    Attributes:
        format: Pillow name of the format, such as `JPEG`; None for an array.
        width: width of the upright picture, in pixels.
        height: height of the upright picture, in pixels.
        uniform: True if `data` is an upright 8-bit RGB JPEG in sRGB.
        data: bytes of the file; for a camera raw file, bytes of the preview; empty for an array.
        note: message for the user, for example about ignored frames; None for most pictures.
    """

    def __init__(self, data: bytes, max_pixels: int = MAX_PIXELS, min_side: int = 1) -> None:
        """Read the header of a uniform JPEG, or decode any other picture.

        The size is checked before decoding.

        Args:
            data: bytes of the picture file.
            max_pixels: maximum of width x height.
            min_side: minimum of the shorter side, in pixels.

        Raises:
            ImageError: the picture cannot be decoded, or its size is outside the limits; the reason
                is `empty`, `not_an_image`, `unsupported`, `unreadable`, `too_large` or `too_small`.
        """
        source = encoded(data)
        self.data, self.note = source.data, source.note
        self._image: Image | None = None
        self._grey: tuple[int, Grey] | None = None
        with opened(source, max_pixels, min_side) as image:
            self.format = image.format
            self.width, self.height = image.size
            self.uniform = _is_uniform(image, source)
            check_cost(image, self.data, self.uniform)
            if not self.uniform:
                self._image, note = _upright_rgb(image, source)
                self.note = self.note or note
                self.height, self.width = self._image.shape[:2]

    @classmethod
    def from_array(cls, image: Image) -> Picture:
        """Return a picture with the pixels of an (H, W, 3) uint8 RGB array, without a copy.

        Raises:
            ValueError: the array is empty, or has another shape or dtype.
        """
        if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8 or not image.size:
            raise ValueError(f"expected (H, W, 3) uint8 RGB, got {image.shape} {image.dtype}")
        picture = cls.__new__(cls)
        picture.data, picture._image, picture._grey = b"", image, None
        picture.format, picture.uniform, picture.note = None, False, None
        picture.height, picture.width = image.shape[:2]
        return picture

    @classmethod
    def from_pil(cls, image: PIL.Image.Image, max_pixels: int = MAX_PIXELS) -> Picture:
        """Return an upright sRGB copy of a Pillow image.

        Args:
            image: Pillow image, which is not changed.
            max_pixels: maximum of width x height.

        Raises:
            ImageError: the image cannot be converted; the reason is `unreadable` or `too_large`.
        """
        check_size(image.width, image.height, max_pixels)
        with decoding():
            own = image.copy()
            orientation = orientation_of(image, Encoded(b"", image.format))
            rgb, note = colour.to_rgb(own, image.info.get("icc_profile"))
        picture = cls.from_array(oriented(rgb, orientation))
        picture.note = note
        return picture

    def rgb(self) -> Image:
        """Return the pixels of the picture, (H, W, 3) uint8 RGB.

        Raises:
            ImageError: the picture is damaged; the reason is `unreadable`.
        """
        if self._image is None:
            self._image = jpeg.decode(self.data)
        return self._image

    def grey(self, side: int) -> Grey:
        """Return the picture as (H, W) uint8 grey, reduced by a factor of 1, 2, 4 or 8.

        The factor is the largest that leaves the shorter side at least `side` pixels long. The
        decoder reduces a uniform JPEG while decoding, which is much faster. It still reads all
        data, so it detects all damage.

        Raises:
            ImageError: the picture is damaged; the reason is `unreadable`.
        """
        shorter = min(self.width, self.height)
        factor = next((f for f in (8, 4, 2) if shorter // f >= side), 1)
        if self._grey is None or self._grey[0] != factor:
            self._grey = factor, self._reduced((self.width // factor, self.height // factor))
        return self._grey[1]

    def _reduced(self, size: tuple[int, int]) -> Grey:
        if self._image is None:
            return jpeg.decode(self.data, "GRAY", *size)[..., 0]
        grey = to_grey(self._image)
        return np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), np.uint8)


def header(data: bytes, max_pixels: int = MAX_PIXELS) -> tuple[str, int, int]:
    """Return the Pillow format name, width and height of a picture without decoding its pixels.

    Args:
        data: bytes of the picture file.
        max_pixels: maximum of width x height.

    Raises:
        ImageError: the header is not readable, or the picture is too large.
    """
    with opened(encoded(data), max_pixels) as image:
        return str(image.format), *image.size


def read_image(path: Location) -> Image:
    """Return the upright picture in a file, (H, W, 3) uint8 RGB.

    Raises:
        ImageError: the file cannot be decoded.
        OSError: the file cannot be read.
    """
    return Picture(path.read_bytes()).rgb()


def read_reduced(path: Location, side: int) -> Image:
    """Return the upright picture in a file, (H, W, 3) uint8 RGB, reduced while it is decoded.

    The factor is the largest of 1, 2, 4 and 8 that leaves the longer side at least `side` pixels
    long. Only an upright RGB JPEG is reduced; other pictures keep their size.

    Raises:
        ImageError: the file cannot be decoded.
        OSError: the file cannot be read.
    """
    picture = Picture(path.read_bytes())
    longer = max(picture.width, picture.height)
    factor = next((f for f in (8, 4, 2) if longer // f >= side), 1)
    if factor == 1 or not picture.uniform:
        return picture.rgb()
    size = max(1, picture.width // factor), max(1, picture.height // factor)
    return jpeg.decode(picture.data, "RGB", *size)


def _is_uniform(image: PIL.Image.Image, source: Encoded) -> bool:
    # Only the EXIF of a JPEG is read here: for a PNG, Pillow would decode all pixels first.
    return (
        image.format in _JPEG
        and image.mode == "RGB"
        and orientation_of(image, source) == 1
        and colour.is_srgb(image.info.get("icc_profile"))
    )


def _upright_rgb(image: PIL.Image.Image, source: Encoded) -> tuple[Image, str | None]:
    """Return the upright pixels, (H, W, 3) uint8 RGB, and a note for the user or None."""
    profile = source.profile or image.info.get("icc_profile")
    if image.format in _JPEG and image.mode in ("RGB", "L"):
        colours = "RGB" if image.mode == "RGB" else "GRAY"
        rgb = colour.from_array(jpeg.decode(source.data, colours), profile)
        return oriented(rgb, orientation_of(image, source)), None
    if image.format in _JPEG:  # Pillow ignores damage, so the strict decoder checks the data
        jpeg.decode(source.data, "CMYK", max(1, image.width // 8), max(1, image.height // 8))
    note = choose_frame(image, source.reduced)
    of_16_bits = ";16" in str(getattr(image, "tile", ""))
    image.load()
    orientation = orientation_of(image, source)
    deep = depth.is_deep(image.mode)
    rgb, guessed = colour.to_rgb(image, profile, source.most)
    image.im = None  # type: ignore[assignment]  # frees its pixels before more are allocated
    if of_16_bits and not deep and colour.is_srgb(profile):
        rgb = depth.brightened(rgb, source.data)
    if deep and source.inverted:
        np.subtract(255, rgb, out=rgb)
    return oriented(rgb, orientation), note or guessed
