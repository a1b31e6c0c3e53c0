"""Write one picture in the file formats of a real collection."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import PIL.Image

from moue.workspace.types import Image


def save_plain(image: Image, stem: Path, quality: int = 90) -> Path:
    """A JPEG."""
    path = stem.with_name(f"{stem.name}.jpg")
    PIL.Image.fromarray(image).save(path, quality=quality)
    return path


def _png(image: Image, stem: Path) -> Path:
    return _saved(image, stem, ".png")


def _webp(image: Image, stem: Path) -> Path:
    return _saved(image, stem, ".webp")


def _bmp(image: Image, stem: Path) -> Path:
    return _saved(image, stem, ".bmp")


def _gif(image: Image, stem: Path) -> Path:
    """An animation of two frames; the first counts."""
    path = stem.with_name(f"{stem.name}.gif")
    first, second = (PIL.Image.fromarray(i).quantize(255) for i in (image, 255 - image))
    first.save(path, save_all=True, append_images=[second], duration=200)
    return path


def _tiff(image: Image, stem: Path) -> Path:
    return _saved(image, stem, ".tiff")


def _deep(image: Image, stem: Path) -> Path:
    """A PNG of 16 bits for each colour."""
    path = stem.with_name(f"{stem.name}.png")
    deep = cv2.cvtColor(image, cv2.COLOR_RGB2BGR).astype(np.uint16) * 257
    path.write_bytes(cv2.imencode(".png", deep)[1].tobytes())
    return path


def _alpha(image: Image, stem: Path) -> Path:
    """A PNG with see-through corners."""
    height, width = image.shape[:2]
    y, x = np.ogrid[:height, :width]
    radius = np.hypot((y - height / 2) / height, (x - width / 2) / width)
    alpha = np.where(radius < 0.62, 255, 0).astype(np.uint8)
    path = stem.with_name(f"{stem.name}.png")
    PIL.Image.fromarray(np.dstack([image, alpha])).save(path)
    return path


def _cmyk(image: Image, stem: Path) -> Path:
    path = stem.with_name(f"{stem.name}.jpg")
    PIL.Image.fromarray(image).convert("CMYK").save(path, quality=92)
    return path


def _rotated(image: Image, stem: Path) -> Path:
    """A JPEG that lies on its side, and says so in its EXIF."""
    path = stem.with_name(f"{stem.name}.JPG")
    exif = PIL.Image.Exif()
    exif[0x0112] = 6
    PIL.Image.fromarray(np.rot90(image).copy()).save(path, quality=92, exif=exif)
    return path


def _png_named_jpg(image: Image, stem: Path) -> Path:
    path = stem.with_name(f"{stem.name}.jpg")
    PIL.Image.fromarray(image).save(path, format="PNG")
    return path


def _jpg_named_png(image: Image, stem: Path) -> Path:
    path = stem.with_name(f"{stem.name}.png")
    PIL.Image.fromarray(image).save(path, format="JPEG", quality=92)
    return path


def _saved(image: Image, stem: Path, suffix: str) -> Path:
    path = stem.with_name(stem.name + suffix)
    PIL.Image.fromarray(image).save(path)
    return path


DISGUISES = (
    _png, _webp, _bmp, _gif, _tiff, _deep, _alpha, _cmyk, _rotated, _png_named_jpg,
    _jpg_named_png, save_plain,
)  # fmt: skip
