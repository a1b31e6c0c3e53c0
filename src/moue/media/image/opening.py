"""Open a picture: choose the bytes and the decoder, and translate the errors of decoders."""

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
# Pillow's decoders raise all of these on broken input.
_DECODER_ERRORS = (
    OSError, SyntaxError, ValueError, TypeError, KeyError, IndexError, AttributeError, EOFError,
    OverflowError, RuntimeError, struct.error, zlib.error, ImageCms.PyCMSError,
)  # fmt: skip
_FRAMES, _FRAME_PIXELS = 20, 400_000_000
"""Maximum number of frames of an animation that are tried, and of their pixels in all."""
_BLANK = 8
"""A frame is blank if the range of its values is at most this, of 256."""


@dataclass(frozen=True, slots=True)
class Encoded:
    """The input of a decoder.

    Attributes:
        data: the bytes of the picture; for a camera raw file, of its preview.
        format: Pillow's name of the format; None for data that is not a picture.
        profile: the ICC profile, if it is no longer in `data`.
        orientation: the EXIF orientation, if it is not in `data`.
        page: of a TIFF.
        reduced: a TIFF has reduced copies of its picture.
        most: the largest value of grey with more than 8 bits; None if the file does not say.
        inverted: grey is stored with white as 0.
        note: for the user, about how the file is read.
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
    """Return the part of a file to decode.

    Raises:
        ImageError: `empty`, or `unsupported` with the name of the format.
    """
    if not data:
        raise ImageError("empty", "0 bytes")
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
    """Open a picture; errors of its decoder, also later ones, become an ImageError.

    Raises:
        ImageError: `not_an_image`, `unreadable`, `unsupported`, `too_large` or `too_small`.
    """
    if source.format == "WEBP":  # its decoder allocates all memory when it is opened
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
    """Turn the errors of decoders into an ImageError, except UnidentifiedImageError.

    Raises:
        ImageError: `unreadable` or `too_large`.
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
        raise ImageError("too_large", "there is not enough memory to decode it") from error
    except _DECODER_ERRORS as error:
        raise ImageError("unreadable", f"{type(error).__name__}: {error}"[:200]) from error


def choose_frame(image: PIL.Image.Image, reduced: bool = False) -> str | None:
    """Go to the first frame of an animation that is not blank; return a note where there are more.

    Where all that are tried are blank, the first one stays.

    Args:
        reduced: the other pictures of the file are reduced copies of this one.
    """
    if not getattr(image, "is_animated", False):
        return None
    if image.format in _PAGED and not reduced:
        return f"{image.format} of several pictures: only the main one is used"
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
    """Return the EXIF orientation, 1 to 8. Call `load()` first on a PNG or TIFF."""
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
    note = f"camera raw: its preview of {found.width} x {found.height} pixels is used"
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
            "unsupported", "moue does not read this kind of TIFF; save it as JPEG or PNG"
        )
    if source.format is not None:
        return ImageError("unreadable", f"{source.format}: its header is damaged")
    return ImageError("not_an_image", f"begins with {source.data[:12]!r}")


def _heif(form: str | None) -> list[str]:
    """Register the HEIC decoder; without its extra, the error says how to install it."""
    if form != "HEIF":
        return []
    try:
        import pillow_heif
    except ImportError as error:
        raise ImageError("unsupported", f"HEIC: {how_to_install('heif')} to read it") from error
    pillow_heif.register_heif_opener()
    return ["HEIF"]
