"""Open a picture: select the bytes and the decoder, and convert decoder errors to ImageError."""

from __future__ import annotations

import io
import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import PIL.Image
from PIL import ImageCms, UnidentifiedImageError

from moue.errors import ImageError
from moue.extras import how_to_install
from moue.media.image import formats, png, raw, tiff
from moue.media.image.size import check_size, needed_memory_of_webp
from moue.memory_budget import check_memory

_ORIENTATION = 0x0112
_ANIMATED = ("GIF", "WEBP", "PNG", "AVIF")
_PAGED = ("TIFF", "HEIF")
# Pillow's decoders raise all of these errors on damaged input.
_DECODER_ERRORS = (
    OSError, SyntaxError, ValueError, TypeError, KeyError, IndexError, AttributeError, EOFError,
    OverflowError, RuntimeError, AssertionError, struct.error, zlib.error, ImageCms.PyCMSError,
)  # fmt: skip
_FRAMES, _FRAME_PIXELS = 20, 400_000_000
"""Maximum number of animation frames that are checked for content, and of pixels in them."""
_BLANK = 8
"""Maximum difference of two values, from 0 to 255, in a blank frame."""


@dataclass(frozen=True, slots=True)
class Encoded:
    """Encoded picture, with the information that its decoder requires.

    Attributes:
        data: bytes of the picture; for a camera raw file, bytes of the preview.
        format: Pillow name of the format, such as `JPEG`; None for an unknown format.
        profile: ICC profile that was removed from `data`; None if `data` contains the profile.
        orientation: EXIF orientation, 1 to 8; None if `data` contains the orientation.
        page: index of the TIFF page to decode.
        reduced: True if a TIFF contains reduced copies of its picture.
        most: maximum value of a grey picture with more than 8 bits; None if unknown.
        inverted: True if 0 means white in a grey picture.
        note: message about the file for the user; None for most files.
    """

    data: bytes
    format: str | None
    profile: bytes | None = None
    orientation: int | None = None
    page: int = 0
    reduced: bool = False
    most: int | None = None
    inverted: bool = False
    note: str | None = None


def encoded(data: bytes) -> Encoded:
    """Return the encoded picture in a file, with the information that its decoder requires.

    Args:
        data: bytes of the file.

    Raises:
        ImageError: the file is not a readable picture; the reason is `empty`, `not_an_image`,
            `unsupported` or `unreadable`.
    """
    if not data:
        raise ImageError("empty", "the file has 0 bytes")
    if formats.is_raw(data):
        return _preview(data)
    form = formats.readable(data)
    if form is None and (name := formats.unread(data)):
        raise ImageError("unsupported", f"moue does not read {name}; save it as JPEG or PNG")
    if form is None and (words := formats.archive(data)):
        raise ImageError("not_an_image", words)
    if form == "PNG":
        clean = png.cleaned(data)
        return Encoded(clean.data, form, clean.profile)
    if form == "TIFF":
        return _tiff(data)
    return Encoded(data, form)


@contextmanager
def opened(source: Encoded, max_pixels: int, min_side: int = 1) -> Iterator[PIL.Image.Image]:
    """Open a picture with Pillow; errors of the decoder in the context become an ImageError.

    Args:
        source: encoded picture.
        max_pixels: maximum of width x height.
        min_side: minimum of the shorter side, in pixels.

    Raises:
        ImageError: the picture cannot be decoded or its size is outside the limits; the reason is
            `not_an_image`, `unreadable`, `unsupported`, `too_large` or `too_small`.
    """
    if source.format == "WEBP":  # the decoder allocates all memory when the file is opened
        width, height, needed = needed_memory_of_webp(source.data)
        if not needed:
            raise _unidentified(source)
        check_size(width, height, max_pixels, min_side)
        check_memory(needed)
    wanted = [*formats.FORMATS, *_heif(source.format)]
    try:
        with decoding(), PIL.Image.open(io.BytesIO(source.data), formats=wanted) as image:
            if source.page:
                image.seek(source.page)
            check_size(*image.size, max_pixels, min_side)
            yield image
    except UnidentifiedImageError as error:
        raise _unidentified(source) from error


@contextmanager
def decoding() -> Iterator[None]:
    """Convert decoder errors in the context to ImageError, except UnidentifiedImageError.

    Raises:
        ImageError: a decoder failed; the reason is `unreadable` or `too_large`.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except UnidentifiedImageError:
        raise
    except PIL.Image.DecompressionBombError as error:
        raise ImageError("too_large", str(error)) from error
    except MemoryError as error:
        raise ImageError("too_large", "not enough memory to decode the picture") from error
    except _DECODER_ERRORS as error:
        raise ImageError("unreadable", f"{type(error).__name__}: {error}"[:200]) from error


def choose_frame(image: PIL.Image.Image, reduced: bool = False) -> str | None:
    """Select the first frame of an animation that is not blank.

    If all checked frames are blank, the first frame is selected.

    Args:
        image: opened picture.
        reduced: True if the other pictures in the file are reduced copies of the first.

    Returns:
        Note that the other frames or pictures are ignored; None for a file with a single picture.
    """
    if not getattr(image, "is_animated", False):
        return None
    if image.format in _PAGED and not reduced:
        return f"{image.format} with several pictures: only the main picture is used"
    if image.format not in _ANIMATED:
        return None
    tries = max(1, min(_FRAMES, _FRAME_PIXELS // (image.width * image.height)))
    for number in range(tries):
        try:
            image.seek(number)
            image.load()
        except EOFError:
            break
        if not _is_blank(image):
            return _only(number)
    image.seek(0)
    return _only(0)


def orientation_of(image: PIL.Image.Image, source: Encoded) -> int:
    """Return the EXIF orientation of a picture, 1 to 8.

    Args:
        image: opened picture; a PNG or TIFF must be loaded.
        source: encoded picture, whose `orientation` takes precedence.
    """
    if source.orientation is not None:
        return source.orientation
    try:
        value = image.getexif().get(_ORIENTATION, 1)
    except _DECODER_ERRORS:  # damaged EXIF does not affect the pixels
        return 1
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def _only(number: int) -> str:
    return f"animation: only frame {number + 1} is used"


def _is_blank(image: PIL.Image.Image) -> bool:
    ends = image.getextrema()
    pairs = ends if isinstance(ends[0], tuple) else (ends,)
    if image.mode in ("RGBA", "LA") and pairs[-1] == (0, 0):
        return True
    if image.mode == "P":
        return bool(pairs[0][0] == pairs[0][1])
    return all(high - low <= _BLANK for low, high in pairs)


def _preview(data: bytes) -> Encoded:
    found = raw.preview(data)
    with opened(Encoded(found.data, "JPEG"), found.width * found.height) as image:
        own = orientation_of(image, Encoded(b"", "JPEG"))
    note = f"camera raw file: only the preview of {found.width} x {found.height} pixels is used"
    return Encoded(found.data, "JPEG", orientation=own if own > 1 else found.orientation, note=note)


def _tiff(data: bytes) -> Encoded:
    pages = tiff.directories(data)
    if tiff.is_raw(pages, data):
        return _preview(data)
    number = tiff.page(pages)
    one = pages[number] if pages else {}
    tiff.check_rows(one)
    most = one.get(tiff.MOST, (0,))[0]
    inverted = one.get(tiff.PHOTOMETRIC, (1,))[0] == 0
    reduced = any(map(tiff.is_reduced, pages))
    return Encoded(data, "TIFF", page=number, reduced=reduced, most=most or None, inverted=inverted)


def _unidentified(source: Encoded) -> ImageError:
    if source.format == "TIFF":
        return ImageError(
            "unsupported", "moue does not read this TIFF variant; save it as JPEG or PNG"
        )
    if source.format is not None:
        return ImageError("unreadable", f"the {source.format} header is damaged")
    return ImageError("not_an_image", f"unknown format: the file starts with {source.data[:12]!r}")


def _heif(form: str | None) -> list[str]:
    """Register the HEIC decoder if needed; return the Pillow format names that it adds.

    Raises:
        ImageError: the extra `heif` is not installed; the reason is `unsupported`.
    """
    if form != "HEIF":
        return []
    try:
        import pillow_heif
    except ImportError as error:
        how = how_to_install("heif")
        raise ImageError("unsupported", f"HEIC requires the extra 'heif': {how}") from error
    pillow_heif.register_heif_opener()
    return ["HEIF"]
