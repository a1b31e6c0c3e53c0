"""The input pictures of the benchmarks, written once to a temporary folder."""

from __future__ import annotations

import math
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
import PIL.Image
from PIL import ImageOps

from benchmarks.scenes import Truth, draw
from moue.demo.raw_folder import demo_pictures
from moue.media.image import read_image

PIXELS = 1920 * 1080
QUALITY = 90
SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".bmp")


@dataclass
class Bench:
    """The inputs of one run.

    Attributes:
        folder: temporary.
        data: folder of real photos; None to draw scenes.
        quick: fewer inputs and repeats.
        minutes: duration of a constant load.
        rows: numbers of rows of the generated catalogs; empty for the default.
    """

    folder: Path
    data: Path | None
    quick: bool
    minutes: float = 1.0
    rows: tuple[int, ...] = ()
    _pictures: dict[Path, list[Truth] | None] = field(default_factory=dict)

    def pictures(self) -> dict[Path, list[Truth] | None]:
        """Return the 1080p JPEGs with their true faces; None if these are unknown."""
        if not self._pictures:
            self._pictures = self._photos(self.data) if self.data else self._scenes()
        return self._pictures

    def jpegs(self, most: int) -> list[Path]:
        """Return at most `most` of the 1080p JPEGs."""
        return list(self.pictures())[:most]

    def few(self, whole: int, quick: int) -> int:
        """Return the first number, or the second in a quick run."""
        return quick if self.quick else whole

    def place(self, name: str) -> Path:
        """Return a new empty folder."""
        folder = self.folder / name
        folder.mkdir(parents=True)
        return folder

    def describe(self) -> str:
        """Return a description of the pictures."""
        if not self._pictures:
            return "none at 1080p"
        size = np.mean([path.stat().st_size for path in self._pictures]) / 1e6
        kind = "photos resized to 1080p" if self.data else "drawn scenes at 1080p"
        return f"{len(self._pictures)} {kind}, JPEG of {size:.2f} MB on average"

    def _scenes(self) -> dict[Path, list[Truth] | None]:
        folder = self.place("scenes")
        drawn: dict[Path, list[Truth] | None] = {}
        for number in range(self.few(30, 9)):
            scene, truths = draw(number, portraits())
            drawn[_write(scene, folder / f"{number:03d}.jpg")] = truths
        return drawn

    def _photos(self, data: Path) -> dict[Path, list[Truth] | None]:
        folder = self.place("photos")
        resized: dict[Path, list[Truth] | None] = {}
        known = boxes(data)
        files = [path for path in sorted(data.rglob("*")) if path.suffix.lower() in SUFFIXES]
        files.sort(key=lambda path: path not in known)  # those with known faces first
        most = max(self.few(30, 9), len(known))
        for number, path in enumerate(files[:: 1 if known else max(1, len(files) // most)][:most]):
            try:
                with PIL.Image.open(path) as opened:
                    image = np.asarray(ImageOps.exif_transpose(opened).convert("RGB"))
            except OSError:
                continue
            scale = math.sqrt(PIXELS / (image.shape[0] * image.shape[1]))
            how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
            image = cv2.resize(image[..., ::-1], None, fx=scale, fy=scale, interpolation=how)
            faces = known.get(path)
            resized[_write(image, folder / f"{number:03d}.jpg")] = faces and [
                Truth(f.x * scale, f.y * scale, f.size * scale) for f in faces
            ]
        if not resized:
            raise SystemExit(f"{data}: no pictures here")
        return resized


def portraits() -> list[np.ndarray]:
    """Return the bundled pictures, BGR."""
    return [read_image(picture.path)[..., ::-1] for picture in demo_pictures()]


def boxes(folder: Path) -> dict[Path, list[Truth]]:
    """Return the true faces in dlib's XML files in `folder`, by picture."""
    found: dict[Path, list[Truth]] = {}
    for page in folder.glob("*.xml"):
        for image in ElementTree.parse(page).iter("image"):
            found[folder / image.attrib["file"]] = [
                _truth(*(float(box.attrib[k]) for k in ("left", "top", "width", "height")))
                for box in image.iter("box")
            ]
    return found


def small_crops(count: int, folder: Path) -> list[Path]:
    """Write `count` mouth crops of about 60 px as JPEGs, in a folder per class."""
    faces = [_mouth(portrait) for portrait in portraits()]
    rng = np.random.default_rng(0)
    written = []
    for number in range(count):
        side = int(rng.integers(50, 80))
        crop = cv2.resize(faces[number % len(faces)], (side, side), interpolation=cv2.INTER_AREA)
        noisy = np.clip(crop + rng.normal(0, 6, crop.shape), 0, 255).astype(np.uint8)
        target = folder / str(number % 4) / f"{number:04d}.jpg"
        target.parent.mkdir(exist_ok=True)
        written.append(_write(noisy, target))
    return written


def _mouth(portrait: np.ndarray) -> np.ndarray:
    side = portrait.shape[0]
    return portrait[int(side * 0.5) : int(side * 0.75), int(side * 0.38) : int(side * 0.63)]


def _truth(left: float, top: float, width: float, height: float) -> Truth:
    return Truth(left + width / 2, top + height / 2, width)


def _write(image: np.ndarray, path: Path) -> Path:
    cv2.imwrite(str(path), image, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    return path
