"""Drawn scenes of 1920 x 1080: bundled portraits on cluttered backgrounds.

The position of each portrait is known, and each has one face in its middle, half as wide as itself.
So the true faces are known without a detector. Every third scene has no face.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from moue.geometry import center

WIDTH, HEIGHT = 1920, 1080
FACES = (60, 90, 130, 190, 280, 400, 530)
"""Widths of the faces, pixels."""
MIDDLE = (0.5, 0.47)
_LINES = ("The quick brown fox", "jumps over", "0123456789", "EXIT 24", "moue: a pout", "@#%&?!")


@dataclass(frozen=True, slots=True)
class Truth:
    """A true face: its centre and its width, in pixels."""

    x: float
    y: float
    size: float

    def fits(self, box: np.ndarray) -> bool:
        """Return whether a box (xyxy) is near the centre of the face, at half to twice its size."""
        side = float(box[2] - box[0])
        x, y = (float(v) for v in center(box))
        near = max(abs(x - self.x), abs(y - self.y)) < 0.4 * self.size
        return near and 0.5 < side / self.size < 2


def draw(number: int, portraits: list[np.ndarray]) -> tuple[np.ndarray, list[Truth]]:
    """Return scene `number` (BGR) and its true faces; the same number gives the same scene."""
    rng = np.random.default_rng(number)
    scene = _film((_stripes, _foliage, _page, _bricks)[number % 4](rng), rng)
    if number % 3 == 2:
        return scene, []
    # The largest first, since it needs the most room.
    sizes = sorted(rng.choice(FACES, rng.integers(1, 6), replace=False).tolist(), reverse=True)
    taken: list[tuple[int, int, int]] = []
    for size in sizes:
        side = min(2 * size, HEIGHT)
        # A face that finds no place in 60 tries is left out.
        for _ in range(60):
            x, y = int(rng.integers(0, WIDTH - side + 1)), int(rng.integers(0, HEIGHT - side + 1))
            if all(_apart((x, y, side), other) for other in taken):
                portrait = portraits[int(rng.integers(len(portraits)))]
                how = cv2.INTER_AREA if side < portrait.shape[0] else cv2.INTER_CUBIC
                scene[y : y + side, x : x + side] = cv2.resize(
                    portrait, (side, side), interpolation=how
                )
                taken.append((x, y, side))
                break
    truths = [Truth(x + MIDDLE[0] * s, y + MIDDLE[1] * s, s / 2) for x, y, s in taken]
    return scene, truths


def _apart(a: tuple[int, int, int], b: tuple[int, int, int]) -> bool:
    return any(a[i] + a[2] <= b[i] or b[i] + b[2] <= a[i] for i in (0, 1))


def _stripes(rng: np.random.Generator) -> np.ndarray:
    """Crossed stripes, like cloth."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    scene = np.zeros((HEIGHT, WIDTH, 3), np.float32)
    for _ in range(3):
        angle, step = rng.uniform(0, np.pi), rng.uniform(18, 120)
        wave = np.sign(np.sin((x * np.cos(angle) + y * np.sin(angle)) * (2 * np.pi / step)))
        scene += wave[..., None] * rng.uniform(-50, 50, 3)
    return np.asarray(scene + rng.uniform(90, 160))


def _foliage(rng: np.random.Generator) -> np.ndarray:
    """Leaves: noise of several sizes, green, with dark gaps."""
    total = np.zeros((HEIGHT, WIDTH), np.float32)
    for step in (4, 9, 20, 45, 100):
        small = rng.normal(size=(HEIGHT // step + 2, WIDTH // step + 2)).astype(np.float32)
        total += cv2.resize(small, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)
    light = 255 / (1 + np.exp(-1.6 * total))
    return np.asarray(light[..., None] * np.array([0.35, 0.8, 0.5]))


def _page(rng: np.random.Generator) -> np.ndarray:
    """Text in all sizes."""
    scene = np.full((HEIGHT, WIDTH, 3), rng.integers(150, 250, 3), np.uint8)
    for _ in range(140):
        corner = (int(rng.integers(-200, WIDTH)), int(rng.integers(0, HEIGHT)))
        scale, colour = float(rng.uniform(0.5, 3.5)), rng.integers(0, 160, 3).tolist()
        line, font = _LINES[int(rng.integers(len(_LINES)))], int(rng.integers(0, 8))
        cv2.putText(scene, line, corner, font, scale, colour, int(rng.integers(1, 5)), cv2.LINE_AA)
    return scene.astype(np.float32)


def _bricks(rng: np.random.Generator) -> np.ndarray:
    """Tiles with discs: round dark spots in light areas, like eyes."""
    scene = np.full((HEIGHT, WIDTH, 3), 90, np.uint8)
    side = int(rng.integers(50, 140))
    for top in range(0, HEIGHT, side):
        for left in range(-side // 2 * (top // side % 2), WIDTH, side):
            light = rng.integers(90, 230, 3)
            cv2.rectangle(scene, (left + 3, top + 3), (left + side - 3, top + side - 3),
                          light.tolist(), -1)  # fmt: skip
            for _ in range(int(rng.integers(0, 4))):
                middle = (left + int(rng.integers(side)), top + int(rng.integers(side)))
                radius = int(rng.integers(3, side // 4))
                cv2.circle(scene, middle, radius, (light // 3).tolist(), -1)
    return scene.astype(np.float32)


def _film(scene: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Uneven light and the noise of a camera: a JPEG has 0.4 MB, like a photo resized to 1080p."""
    slope = np.linspace(rng.uniform(0.75, 1), rng.uniform(0.75, 1), WIDTH, dtype=np.float32)
    grain = cv2.GaussianBlur(rng.normal(0, 2, scene.shape[:2]).astype(np.float32), (0, 0), 0.8)
    sharp = cv2.GaussianBlur(scene.astype(np.float32), (0, 0), 0.8)  # as sharp as a lens is
    lit = sharp * slope[:, None] + grain[..., None]
    return np.asarray(np.clip(lit, 0, 255), np.uint8)
