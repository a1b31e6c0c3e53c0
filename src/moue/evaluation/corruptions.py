"""Corruptions of mouth crops, as caused by cameras and face detectors, at several severities.

A `CropFunction` crops a mouth from its picture, optionally shifted, scaled or rotated. The
corruptions crop scale, crop shift and roll crop the mouth again; all others change the pixels of
the crop. Random numbers depend only on the seed and the number of the mouth, so that they are the
same for every severity and every model.

Source:
    Adapted from Hendrycks and Dietterich 2019, Benchmarking Neural Network Robustness to Common
    Corruptions and Perturbations. The severities are chosen for mouths in front of cameras.
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
"""Maximum side of a crop before blur, noise and JPEG, in pixels, as in a video call. In a larger
crop, resizing to the network input would remove most of the noise and of the JPEG artefacts."""


class CropFunction(Protocol):
    """A function that crops one mouth, such as `functools.partial(crop_moved, image, box)`."""

    def __call__(
        self, *, x: float = 0.0, y: float = 0.0, scale: float = 1.0, roll: float = 0.0
    ) -> Image:
        """Return the mouth crop; the arguments are those of `moue.face.mouth_crop.crop_moved`."""


Apply = Callable[[CropFunction, float, "np.random.Generator"], Image]


@dataclass(frozen=True, slots=True, kw_only=True)
class Corruption:
    """One corruption with its severities.

    Attributes:
        name: name of the corruption.
        unit: unit of the severities.
        severities: severities in the order of the report, including `neutral`.
        neutral: severity of the unchanged crop; None if no number describes it.
        apply: function that returns the crop at a severity other than `neutral`.
    """

    name: str
    unit: str
    severities: tuple[float | None, ...]
    neutral: float | None
    apply: Apply

    def crop(
        self, crop_mouth: CropFunction, severity: float | None, rng: np.random.Generator
    ) -> Image:
        """Return the mouth crop with this corruption; at the neutral severity, the unchanged crop.

        Args:
            crop_mouth: function that crops the mouth.
            severity: one of `severities`.
            rng: random number generator.
        """
        if severity is None or severity == self.neutral:
            return crop_mouth()
        return self.apply(crop_mouth, severity, rng)


def corrupt(crop_mouth: CropFunction, seed: int = 0, number: int = 0) -> list[list[Image]]:
    """Return the crops of one mouth at every severity, as one list for each of `CORRUPTIONS`.

    Args:
        crop_mouth: function that crops the mouth.
        seed: random seed.
        number: number of the mouth, which is part of the random seed.
    """
    # Most corruptions start from the unmoved crop, so it is made only once.
    plain = crop_mouth()

    def crop_once(**moved: float) -> Image:
        return crop_mouth(**moved) if moved else plain

    return [
        # A new generator for each severity: noise and directions are the same, only stronger.
        [kind.crop(crop_once, s, np.random.default_rng((seed, number))) for s in kind.severities]
        for kind in CORRUPTIONS
    ]


def blur(crop_mouth: CropFunction, severity: float, rng: np.random.Generator) -> Image:
    """Return the crop with a Gaussian blur, with sigma `severity` % of the side."""
    crop = resize_to_fit(crop_mouth(), GRAIN)
    # In float32, since the exact blur of uint8 is ten times slower for a large sigma.
    sigma = severity / 100 * crop.shape[0]
    return _levels(np.asarray(cv2.GaussianBlur(crop.astype(np.float32), (0, 0), sigma), np.float32))


def jpeg(crop_mouth: CropFunction, severity: float, rng: np.random.Generator) -> Image:
    """Return the crop after JPEG compression with the quality `severity`, from 1 to 100."""
    return Picture(encode_jpeg(resize_to_fit(crop_mouth(), GRAIN), round(severity))).rgb()


def noise(crop_mouth: CropFunction, severity: float, rng: np.random.Generator) -> Image:
    """Return the crop with Gaussian noise, with sigma `severity` on the scale 0 to 255."""
    crop = resize_to_fit(crop_mouth(), GRAIN)
    return _levels(crop + severity * rng.standard_normal(crop.shape, np.float32))


def resolution(crop_mouth: CropFunction, severity: float, rng: np.random.Generator) -> Image:
    """Return the crop, reduced to a side of `severity` pixels if it is larger."""
    return resize_to_fit(crop_mouth(), round(severity))


def scale(crop_mouth: CropFunction, severity: float, rng: np.random.Generator) -> Image:
    """Return a crop with `severity` times the side length."""
    return crop_mouth(scale=severity)


def shift(crop_mouth: CropFunction, severity: float, rng: np.random.Generator) -> Image:
    """Return a crop that is shifted by `severity` % of its side in a random direction."""
    angle = rng.uniform(0, 2 * np.pi)
    return crop_mouth(
        x=severity / 100 * float(np.cos(angle)), y=severity / 100 * float(np.sin(angle))
    )


def roll(crop_mouth: CropFunction, severity: float, rng: np.random.Generator) -> Image:
    """Return the crop after clockwise rotation of the picture by `severity` degrees."""
    return crop_mouth(roll=severity)


def brightness(crop_mouth: CropFunction, severity: float, rng: np.random.Generator) -> Image:
    """Return the crop with `severity` added to all values, on the scale 0 to 255."""
    return _levels(crop_mouth() + np.float32(severity))


def contrast(crop_mouth: CropFunction, severity: float, rng: np.random.Generator) -> Image:
    """Return the crop with all differences from its mean colour multiplied by `severity`."""
    crop = crop_mouth().astype(np.float32)
    # Around the mean, so that the brightness stays the same.
    mean = crop.mean(axis=(0, 1))
    return _levels(mean + np.float32(severity) * (crop - mean))


def grey(crop_mouth: CropFunction, severity: float, rng: np.random.Generator) -> Image:
    """Return the crop with `severity` % of its colour replaced by its Rec. 601 luma."""
    crop = crop_mouth().astype(np.float32)
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
        ("grey", "% of the colour removed", 0, (0, 25, 50, 75, 100), grey),
    )
)


def _levels(values: npt.NDArray[np.floating[Any]]) -> Image:
    # Rounded: cutting off the fraction would darken the crop by half a level.
    return np.asarray(np.clip(np.rint(values), 0, 255), np.uint8)
