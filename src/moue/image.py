"""Reading and writing pictures: the only file that knows BGR, EXIF, ICC, alpha and CMYK.

Everything that leaves it is (H, W, 3) uint8 RGB, upright, or (H, W) uint8 grey.
"""

from __future__ import annotations

import io
import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import PIL.Image
import simplejpeg
from PIL import ImageCms, ImageOps, UnidentifiedImageError

from moue.errors import ImageError
from moue.extras import how_to_install
from moue.sample import Image

Grey = npt.NDArray[np.uint8]
"""(H, W) uint8."""

MAX_PIXELS = 100_000_000
# No EPS, PDF or camera-raw plugins: only formats whose decoders are safe on files from the web.
FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "GIF", "TIFF", "AVIF", "PPM", "ICO")
_ORIENTATION = 0x0112
# Pillow's decoders raise all of these on broken input.
_DECODER_ERRORS = (
    OSError, SyntaxError, ValueError, TypeError, KeyError, IndexError, AttributeError,
    EOFError, OverflowError, MemoryError, RuntimeError, struct.error, zlib.error,
    ImageCms.PyCMSError,
)  # fmt: skip
_SRGB = ImageCms.createProfile("sRGB")


class Picture:
    """A picture that decodes only as much as is asked for.

    Attributes:
        format: Pillow's name of the content's format, such as `JPEG`; None for an array.
        width: upright width, pixels.
        height: upright height, pixels.
        uniform: the bytes are an upright 8-bit RGB JPEG in sRGB already.
    """

    def __init__(self, data: bytes, max_pixels: int = MAX_PIXELS) -> None:
        """Read the header of a uniform JPEG, and all of anything else.

        Raises:
            ImageError: `empty`, `not_an_image`, `unreadable` or `too_large`.
        """
        if not data:
            raise ImageError("empty", "0 bytes")
        self._data = data
        self._image: Image | None = None
        self._grey: tuple[int, Grey] | None = None
        with _opened(data) as opened:
            self.format = opened.format
            self.width, self.height = opened.size
            if self.width * self.height > max_pixels:
                raise ImageError("too_large", f"{self.width} x {self.height} pixels")
            self.uniform = _is_uniform(opened)
            if not self.uniform:
                self._image = _upright_rgb(opened)
                self.height, self.width = self._image.shape[:2]

    @classmethod
    def from_array(cls, image: Image) -> Picture:
        """Wrap an (H, W, 3) uint8 RGB array.

        Raises:
            ValueError: another shape or dtype.
        """
        if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8 or not image.size:
            raise ValueError(f"expected (H, W, 3) uint8 RGB, got {image.shape} {image.dtype}")
        picture = cls.__new__(cls)
        picture._data, picture._image, picture._grey = b"", image, None
        picture.format, picture.uniform = None, False
        picture.height, picture.width = image.shape[:2]
        return picture

    def rgb(self) -> Image:
        """Return the whole picture, (height, width, 3).

        Raises:
            ImageError: `unreadable`.
        """
        if self._image is None:
            self._image = _decode_jpeg(self._data)
        return self._image

    def grey(self, side: int) -> Grey:
        """Return the picture in grey, reduced while its shorter side stays at least `side`.

        A uniform JPEG is scaled by its decoder, by 2, 4 or 8, which saves most of the work;
        all its data is still read, so damage is still found.

        Raises:
            ImageError: `unreadable`.
        """
        shorter = min(self.width, self.height)
        factor = next((f for f in (8, 4, 2) if shorter // f >= side), 1)
        if self._grey is None or self._grey[0] != factor:
            self._grey = factor, self._reduced((self.width // factor, self.height // factor))
        return self._grey[1]

    def _reduced(self, size: tuple[int, int]) -> Grey:
        if self._image is None:
            return _decode_jpeg_grey(self._data, size)
        grey = grey_of(self._image)
        return np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), np.uint8)


def header(data: bytes, max_pixels: int = MAX_PIXELS) -> tuple[str, int, int]:
    """Return format, width and height as the first bytes tell them; no pixel is decoded.

    Raises:
        ImageError: `empty`, `not_an_image`, `unreadable` or `too_large`.
    """
    if not data:
        raise ImageError("empty", "0 bytes")
    with _opened(data) as opened:
        width, height = opened.size
        if width * height > max_pixels:
            raise ImageError("too_large", f"{width} x {height} pixels")
        return str(opened.format), width, height


def read_image(path: Path) -> Image:
    """Return the picture in a file, whole and upright.

    Raises:
        ImageError: it cannot be decoded.
        OSError: it cannot be opened.
    """
    return Picture(path.read_bytes()).rgb()


def encode_jpeg(image: Image, quality: int = 95) -> bytes:
    """Return `image` as a JPEG without chroma subsampling."""
    return bytes(
        simplejpeg.encode_jpeg(np.ascontiguousarray(image), quality, colorsubsampling="444")
    )


def encode_png(image: Image) -> bytes:
    """Return `image` as a PNG."""
    done, data = cv2.imencode(".png", cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
    if not done:
        raise ValueError(f"an image of shape {image.shape} cannot be a PNG")
    return data.tobytes()


def fit(image: npt.NDArray[np.uint8], side: int) -> npt.NDArray[np.uint8]:
    """Return `image`, grey or RGB, reduced so that its longer side is at most `side`."""
    height, width = image.shape[:2]
    scale = side / max(height, width)
    if scale >= 1:
        return image
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)


def grey_of(image: Image) -> Grey:
    """Return RGB pixels in grey."""
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), np.uint8)


def swapped(image: Image) -> Image:
    """Return BGR pixels as RGB, or the other way round: cameras and windows are OpenCV's."""
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), np.uint8)


@contextmanager
def _opened(data: bytes) -> Iterator[PIL.Image.Image]:
    """Open `data` with Pillow and turn whatever its decoders raise into an ImageError."""
    formats = [*FORMATS, *_heif(data)]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with PIL.Image.open(io.BytesIO(data), formats=formats) as opened:
                yield opened
    except PIL.Image.DecompressionBombError as error:
        raise ImageError("too_large", str(error)) from error
    except UnidentifiedImageError as error:
        raise ImageError("not_an_image", _first_bytes(data)) from error
    except _DECODER_ERRORS as error:
        raise ImageError("unreadable", f"{type(error).__name__}: {error}"[:200]) from error


def _decode_jpeg(data: bytes) -> Image:
    try:
        return np.asarray(simplejpeg.decode_jpeg(data))
    except ValueError as error:
        _tolerate(error)
    return _decode(data)


def _decode_jpeg_grey(data: bytes, size: tuple[int, int]) -> Grey:
    width, height = size
    try:
        grey = simplejpeg.decode_jpeg(data, "GRAY", min_height=height, min_width=width)
        return np.asarray(grey[..., 0])
    except ValueError as error:
        _tolerate(error)
    return fit(grey_of(_decode(data)), max(size))


def _tolerate(error: ValueError) -> None:
    """Some cameras pad their data: every pixel is there all the same. Else raise."""
    if "extraneous bytes" not in str(error):
        raise ImageError("unreadable", str(error)) from error


def _is_uniform(opened: PIL.Image.Image) -> bool:
    # Only a JPEG is asked for its EXIF here: a PNG would be decoded whole to find it.
    return (
        opened.format in ("JPEG", "MPO")
        and opened.mode == "RGB"
        and opened.getexif().get(_ORIENTATION, 1) in (0, 1)
        and _is_srgb(opened.info.get("icc_profile"))
    )


def _decode(data: bytes) -> Image:
    with _opened(data) as opened:
        return _upright_rgb(opened)


def _upright_rgb(opened: PIL.Image.Image) -> Image:
    opened.load()
    ImageOps.exif_transpose(opened, in_place=True)
    return np.array(_eight_bit_rgb(opened, opened.info.get("icc_profile")))


def _eight_bit_rgb(image: PIL.Image.Image, profile: bytes | None) -> PIL.Image.Image:
    if image.mode.startswith("I") or image.mode == "F":
        image, profile = _from_deep_grey(image), None
    if image.has_transparency_data:
        rgba = image.convert("RGBA")
        rgb = PIL.Image.new("RGB", image.size, "white")
        rgb.paste(rgba, mask=rgba.getchannel("A"))
        image = rgb
    if not _is_srgb(profile) and image.mode in ("RGB", "CMYK", "L"):
        return _to_srgb(image, profile)
    return image if image.mode == "RGB" else image.convert("RGB")


def _from_deep_grey(image: PIL.Image.Image) -> PIL.Image.Image:
    """Scale 16-bit or float grey to 8 bits by what its values can be, not by what they are."""
    values = np.asarray(image, np.float64)
    top = 65535.0 if image.mode != "F" else (1.0 if values.max(initial=0) <= 1 else 255.0)
    return PIL.Image.fromarray(np.clip(np.rint(values * (255 / top)), 0, 255).astype(np.uint8))


def _to_srgb(image: PIL.Image.Image, profile: bytes | None) -> PIL.Image.Image:
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile or b""))
        converted = ImageCms.profileToProfile(image, source, _SRGB, outputMode="RGB")
    except (ImageCms.PyCMSError, OSError):
        # A profile that is broken, or made for another mode, says nothing about the colours.
        return image.convert("RGB")
    return converted if converted is not None else image.convert("RGB")


def _is_srgb(profile: bytes | None) -> bool:
    if not profile:
        return True
    try:
        name = ImageCms.getProfileDescription(ImageCms.ImageCmsProfile(io.BytesIO(profile)))
    except (ImageCms.PyCMSError, OSError):
        return True
    return "srgb" in name.lower()


def _heif(data: bytes) -> list[str]:
    """Let Pillow read HEIC where the extra is installed, and say what is missing where not."""
    if data[4:8] != b"ftyp" or data[8:12] not in (b"heic", b"heix", b"hevc", b"mif1", b"msf1"):
        return []
    try:
        import pillow_heif
    except ImportError as error:
        raise ImageError("unreadable", f"HEIC: {how_to_install('heif')} to read it") from error
    pillow_heif.register_heif_opener()
    return ["HEIF"]


def _first_bytes(data: bytes) -> str:
    return f"begins with {data[:12]!r}"
