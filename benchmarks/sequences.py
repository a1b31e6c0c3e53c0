"""Labelled sequences: pictures of nobody, held and cross-faded in a known order, as if filmed.

A hand that shakes, a lamp that flickers and a sensor's grain are added, so that no two frames
are the same and a model that is unsure of a mouth changes its mind as it does in life.
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
"""Frames in which one expression turns into the next; the label changes in their middle."""
HOLD = (15, 60)
"""The fewest and the most frames for which an expression is held."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """One frame: RGB pixels and what the mouth shows, which in a fade is what is nearer."""

    image: np.ndarray
    label: str


def people(least: int = 3) -> dict[str, dict[str, np.ndarray]]:
    """Return each person's pictures by label, of those who have at least so many labels."""
    found: dict[str, dict[str, np.ndarray]] = {}
    for picture in demo_pictures():
        found.setdefault(picture.person, {})[picture.label] = _framed(read_image(picture.path))
    return {person: shown for person, shown in found.items() if len(shown) >= least}


def sequence(shown: dict[str, np.ndarray], seed: int, frames: int) -> Iterator[Labelled]:
    """Yield the frames of one person; the same seed gives the same ones."""
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
    """Return for each frame a label, the one it turns into, and how far it has."""
    plan: list[tuple[str, str, float]] = []
    now = str(rng.choice(labels))
    while len(plan) < frames:
        following = str(rng.choice([label for label in labels if label != now]))
        plan += [(now, following, 0.0)] * int(rng.integers(*HOLD))
        plan += [(now, following, (step + 1) / (FADE + 1)) for step in range(FADE)]
        now = following
    return plan


class _Shake:
    """Moves, lights and grains frames; each differs a little from the one before."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng
        self._state = np.zeros(5)
        # Drawn once, a little larger than a frame, and cut elsewhere each time.
        self._grain = rng.normal(0, 5, (HEIGHT + 64, WIDTH + 64, 3)).astype(np.float32)

    def __call__(self, image: np.ndarray) -> np.ndarray:
        # Shift x and y, roll, zoom, light: pulled back to the middle, pushed by chance.
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
    """Return a camera's picture: the portrait in the middle, its border going on beside it."""
    small = cv2.resize(portrait, (HEIGHT, HEIGHT), interpolation=cv2.INTER_AREA)
    beside = (WIDTH - HEIGHT) // 2
    return cv2.copyMakeBorder(small, 0, 0, beside, beside, cv2.BORDER_REPLICATE)
