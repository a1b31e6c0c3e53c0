"""Mouths made worse, as cameras and face detectors make them: ten ways, each in several severities.

A `CropFunction` cuts a mouth from its picture, optionally shifted, wider or rotated.
Crop scale, shift and roll cut it anew; all else changes the pixels of the crop. All chance
depends on the seed and the mouth's number alone, so every severity of a corruption meets the
same chance, and so does every model.

Source:
    After Hendrycks and Dietterich 2019, Benchmarking Neural Network Robustness to Common
    Corruptions and Perturbations; the severities are those of mouths before cameras.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import cv2
import numpy as np
import numpy.typing as npt

from moue.media.image import Picture, encode_jpeg, resize_to_fit
from moue.workspace.types import Image

GRAIN = 96
"""Blur, noise and JPEG change a crop of at most this side, pixels, such as a mouth in a video call
has: on a larger one the resize to the network's input would average noise and blocks away."""


class CropFunction(Protocol):
    """Cuts one mouth from its picture; `functools.partial(crop_moved, image, box)` is one."""

    def __call__(
        self, *, x: float = 0.0, y: float = 0.0, scale: float = 1.0, roll: float = 0.0
    ) -> Image:
        """Return the crop; without arguments, as it is. See `moue.face.crop.crop_moved`."""


Apply = Callable[[CropFunction, float, "np.random.Generator"], Image]


@dataclass(frozen=True, slots=True, kw_only=True)
class Corruption:
    """One way in which pictures get worse.

    Attributes:
        unit: of the severities.
        severities: in the order in which they are shown. One of them is `neutral`, which leaves
            the crop as it is; None where no number says that.
        apply: gives the crop at any other severity.
    """

    name: str
    unit: str
    severities: tuple[float | None, ...]
    neutral: float | None
    apply: Apply

    def crop(self, cut: CropFunction, severity: float | None, rng: np.random.Generator) -> Image:
        """Return the crop, corrupted; at the neutral severity the very bits of `cut()`."""
        if severity is None or severity == self.neutral:
            return cut()
        return self.apply(cut, severity, rng)


def corrupt(cut: CropFunction, seed: int = 0, number: int = 0) -> list[list[Image]]:
    """Return one mouth's crops at every severity, a list for each of `CORRUPTIONS`.

    Args:
        number: of the mouth; its chance depends on it and on `seed`.
    """
    plain = cut()

    def cut_once(**moved: float) -> Image:
        return cut(**moved) if moved else plain

    return [
        [kind.crop(cut_once, s, np.random.default_rng((seed, number))) for s in kind.severities]
        for kind in CORRUPTIONS
    ]


def blur(cut: CropFunction, severity: float, rng: np.random.Generator) -> Image:
    """Return the crop out of focus: a Gaussian whose sigma is `severity` % of its side."""
    crop = resize_to_fit(cut(), GRAIN)
    # In float32: that of uint8 is exact, and ten times as slow where sigma is large.
    sigma = severity / 100 * crop.shape[0]
    return _levels(np.asarray(cv2.GaussianBlur(crop.astype(np.float32), (0, 0), sigma), np.float32))


def jpeg(cut: CropFunction, severity: float, rng: np.random.Generator) -> Image:
    """Return the crop after a JPEG of quality `severity`, 1 to 100."""
    return Picture(encode_jpeg(resize_to_fit(cut(), GRAIN), round(severity))).rgb()


def noise(cut: CropFunction, severity: float, rng: np.random.Generator) -> Image:
    """Return the crop with Gaussian noise whose sigma is `severity` of 255 levels."""
    crop = resize_to_fit(cut(), GRAIN)
    return _levels(crop + severity * rng.standard_normal(crop.shape, np.float32))


def resolution(cut: CropFunction, severity: float, rng: np.random.Generator) -> Image:
    """Return the crop reduced to a side of `severity` pixels; a smaller one as it is."""
    return resize_to_fit(cut(), round(severity))


def scale(cut: CropFunction, severity: float, rng: np.random.Generator) -> Image:
    """Return a crop whose side is `severity` times as long."""
    return cut(scale=severity)


def shift(cut: CropFunction, severity: float, rng: np.random.Generator) -> Image:
    """Return a crop `severity` % of its side away from the mouth, in a random direction."""
    angle = rng.uniform(0, 2 * np.pi)
    return cut(x=severity / 100 * float(np.cos(angle)), y=severity / 100 * float(np.sin(angle)))


def roll(cut: CropFunction, severity: float, rng: np.random.Generator) -> Image:
    """Return the crop of the picture turned clockwise by `severity` degrees."""
    return cut(roll=severity)


def brightness(cut: CropFunction, severity: float, rng: np.random.Generator) -> Image:
    """Return the crop with `severity` of 255 levels added."""
    return _levels(cut() + np.float32(severity))


def contrast(cut: CropFunction, severity: float, rng: np.random.Generator) -> Image:
    """Return the crop with all differences from its mean colour times `severity`."""
    crop = cut().astype(np.float32)
    mean = crop.mean(axis=(0, 1))
    return _levels(mean + np.float32(severity) * (crop - mean))


def grey(cut: CropFunction, severity: float, rng: np.random.Generator) -> Image:
    """Return the crop with `severity` % of its colour gone: mixed with its Rec. 601 luma."""
    crop = cut().astype(np.float32)
    luma = crop @ np.array([0.299, 0.587, 0.114], np.float32)
    return _levels(crop + np.float32(severity / 100) * (luma[..., None] - crop))


CORRUPTIONS = tuple(
    Corruption(name=name, unit=unit, severities=severities, neutral=neutral, apply=apply)
    for name, unit, neutral, severities, apply in (
        ("blur", "sigma, % of the side", 0, (0, 1, 2, 4, 6, 8, 12), blur),
        ("JPEG", "quality", None, (None, 60, 40, 20, 10, 5), jpeg),
        ("noise", "sigma, of 255", 0, (0, 5, 10, 20, 30, 45), noise),
        ("resolution", "side, px", None, (None, 48, 32, 24, 16, 12, 8), resolution),
        ("crop scale", "times the side", 1, (0.7, 0.8, 0.9, 1, 1.15, 1.3, 1.6), scale),
        ("crop shift", "% of the side", 0, (0, 5, 10, 15, 20, 30), shift),
        ("roll", "degrees", 0, (-30, -20, -10, 0, 10, 20, 30), roll),
        ("brightness", "added, of 255", 0, (-90, -60, -30, 0, 30, 60, 90), brightness),
        ("contrast", "times", 1, (0.25, 0.5, 0.75, 1, 1.5, 2, 3), contrast),
        ("grey", "% of the colour gone", 0, (0, 25, 50, 75, 100), grey),
    )
)


def _levels(values: npt.NDArray[np.floating[Any]]) -> Image:
    return np.asarray(np.clip(np.rint(values), 0, 255), np.uint8)
