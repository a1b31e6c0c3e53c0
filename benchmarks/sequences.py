"""Labelled video sequences: bundled pictures, held and cross-faded in a known order.

Camera shake, flickering light and sensor noise are added, so that no two frames are equal and
predictions of unclear mouths vary as in real video.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from moue.demo.raw_folder import demo_pictures
from moue.media.image import read_image

FPS = 25
WIDTH, HEIGHT = 640, 480
FADE = 5
"""Number of frames of a cross-fade; the label changes in its middle."""
HOLD = (15, 60)
"""Minimum and maximum number of frames for which an expression is held."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """One frame: RGB pixels and the label of the mouth; in a cross-fade, the nearer one."""

    image: np.ndarray
    label: str


def people(least: int = 3) -> dict[str, dict[str, np.ndarray]]:
    """Return the pictures of each person by label, for persons with at least `least` labels."""
    found: dict[str, dict[str, np.ndarray]] = {}
    for picture in demo_pictures():
        found.setdefault(picture.person, {})[picture.label] = _framed(read_image(picture.path))
    return {person: shown for person, shown in found.items() if len(shown) >= least}


def sequence(shown: dict[str, np.ndarray], seed: int, frames: int) -> Iterator[Labelled]:
    """Yield the frames of one person; the same seed gives the same frames."""
    rng = np.random.default_rng(seed)
    shake = _Shake(rng)
    plan = _plan(sorted(shown), rng, frames)
    for number in range(frames):
        label, other, weight = plan[number]
        image = shown[label]
        if weight:
            image = cv2.addWeighted(image, 1 - weight, shown[other], weight, 0)
        yield Labelled(shake(image), label if weight < 0.5 else other)


def _plan(labels: list[str], rng: np.random.Generator, frames: int) -> list[tuple[str, str, float]]:
    """Return for each frame a label, the next label, and the weight of the next one."""
    plan: list[tuple[str, str, float]] = []
    now = str(rng.choice(labels))
    while len(plan) < frames:
        following = str(rng.choice([label for label in labels if label != now]))
        plan += [(now, following, 0.0)] * int(rng.integers(*HOLD))
        plan += [(now, following, (step + 1) / (FADE + 1)) for step in range(FADE)]
        now = following
    return plan


class _Shake:
    """Adds shake, changing light and noise to frames; each differs slightly from the last."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng
        self._state = np.zeros(5)
        # Generated once, larger than a frame; each frame uses another part of it.
        self._grain = rng.normal(0, 5, (HEIGHT + 64, WIDTH + 64, 3)).astype(np.float32)

    def __call__(self, image: np.ndarray) -> np.ndarray:
        # Shift x and y, roll, zoom, light: a random walk that returns to 0.
        pushes = np.array([2.0, 2.0, 0.4, 0.006, 0.012])
        self._state = 0.9 * self._state + self._rng.normal(0, pushes)
        x, y, roll, zoom, light = self._state
        center = (WIDTH / 2, HEIGHT / 2)
        turn = np.asarray(cv2.getRotationMatrix2D(center, roll, 1 + zoom), np.float64)
        turn[:, 2] += (x, y)
        moved = cv2.warpAffine(image, turn, (WIDTH, HEIGHT), borderMode=cv2.BORDER_REPLICATE)
        top, left = self._rng.integers(0, 64, 2)
        grain = self._grain[top : top + HEIGHT, left : left + WIDTH]
        return np.asarray(np.clip(moved * np.float32(1 + light) + grain, 0, 255), np.uint8)


def _framed(portrait: np.ndarray) -> np.ndarray:
    """Return a frame with the portrait in the middle and repeated borders."""
    small = cv2.resize(portrait, (HEIGHT, HEIGHT), interpolation=cv2.INTER_AREA)
    beside = (WIDTH - HEIGHT) // 2
    return cv2.copyMakeBorder(small, 0, 0, beside, beside, cv2.BORDER_REPLICATE)
