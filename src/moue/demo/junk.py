"""Write typical junk files: damaged files, duplicates, pictures without a usable face."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import PIL.Image
from PIL import ImageDraw

from moue.media.image import read_image
from moue.workspace.types import Image

_SIDE = 420


def add_junk_files(folder: Path, pictures: Sequence[Path]) -> None:
    """Write junk files to the subfolder `mixed` of a folder.

    Args:
        folder: raw folder of the demo.
        pictures: paths of the bundled pictures; some junk files are made from them. The same
            pictures always give the same files.
    """
    mixed = folder / "mixed"
    mixed.mkdir(parents=True, exist_ok=True)
    _broken(mixed, pictures)
    _spoilt(mixed, pictures)
    for number, image in enumerate(_no_faces()):
        PIL.Image.fromarray(image).save(mixed / f"view-{number}.jpg", quality=88)
    for path in pictures[3::30]:
        shutil.copyfile(path, mixed / f"again-{path.name}")


def _broken(folder: Path, pictures: Sequence[Path]) -> None:
    data = pictures[0].read_bytes()
    (folder / "cut short.jpg").write_bytes(data[: len(data) // 2])
    (folder / "cut off at the end.jpg").write_bytes(data[:-300])
    (folder / "empty.png").write_bytes(b"")
    (folder / "notes.jpg").write_text("These are notes, not a picture.\n" * 20, encoding="utf-8")
    (folder / "page.png").write_text("<!doctype html><title>404</title>\n", encoding="utf-8")
    (folder / "噪声.jpg").write_bytes(np.random.default_rng(4).bytes(5000))
    PIL.Image.new("RGB", (12, 12), "#c98").save(folder / "icon.png")


def _spoilt(folder: Path, pictures: Sequence[Path]) -> None:
    """Write pictures with unusable faces: blurred, dark or small."""
    images = [read_image(path) for path in [pictures[i % len(pictures)] for i in (5, 46, 87)]]
    blurred = cv2.GaussianBlur(images[0], (0, 0), 9)
    PIL.Image.fromarray(np.asarray(blurred, np.uint8)).save(folder / "out of focus.jpg")
    dark = (images[1].astype(np.float32) * 0.13).astype(np.uint8)
    PIL.Image.fromarray(dark).save(folder / "at night.jpg", quality=95)
    small = PIL.Image.new("RGB", (900, 700), "#b9c4bd")
    small.paste(PIL.Image.fromarray(images[2]).resize((64, 64)), (420, 300))
    small.save(folder / "far away.jpg", quality=92)


def _no_faces() -> list[Image]:
    rng = np.random.default_rng(11)
    return [_hills(rng) for _ in range(3)] + [_tiles(rng) for _ in range(2)] + [_plasma(rng)]


def _hills(rng: np.random.Generator) -> Image:
    sky = np.linspace([150, 190, 225], [235, 225, 205], _SIDE)[:, None]
    canvas = PIL.Image.fromarray(np.broadcast_to(sky, (_SIDE, _SIDE, 3)).astype(np.uint8))
    draw = ImageDraw.Draw(canvas)
    for depth in range(4):
        x = np.arange(_SIDE)
        base = 190 + 60 * depth
        y = base + 26 * np.sin(x / rng.uniform(30, 80) + rng.uniform(0, 6))
        shade = np.array([120, 150, 110]) - 22 * depth + rng.integers(0, 18, 3)
        outline = [*zip(x.tolist(), y.tolist(), strict=True), (_SIDE, _SIDE), (0, _SIDE)]
        draw.polygon(outline, fill=tuple(shade.tolist()))
    return np.asarray(canvas)


def _tiles(rng: np.random.Generator) -> Image:
    small = rng.integers(60, 220, (6, 6, 3)).astype(np.uint8)
    return _enlarged(small, PIL.Image.Resampling.NEAREST)


def _plasma(rng: np.random.Generator) -> Image:
    small = rng.integers(0, 255, (9, 9, 3)).astype(np.uint8)
    return _enlarged(small, PIL.Image.Resampling.BICUBIC)


def _enlarged(small: Image, how: PIL.Image.Resampling) -> Image:
    return np.asarray(PIL.Image.fromarray(small).resize((_SIDE, _SIDE), how))
