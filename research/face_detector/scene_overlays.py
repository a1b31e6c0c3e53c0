"""Drawing on scenes: pasted faces, covers in front of them, backgrounds and text."""

from __future__ import annotations

import cv2
import numpy as np

from research.face_detector.arrays import Pixels
from research.face_detector.scene_transforms import Floats, log_uniform, warp


def paste_face(
    values: Floats, face: Pixels, points: Floats, matrix: Floats, rng: np.random.Generator
) -> Floats:
    """Return the scene with a pasted face: a square, or an ellipse with a soft edge."""
    side, length = values.shape[0], face.shape[0]
    mask = np.full((length, length), 255, np.uint8)
    if rng.random() < 0.5:
        mask[:] = 0
        centre, half = points[:2].mean(0), (points[1] - points[0]) * rng.uniform(0.5, 0.75)
        box = (tuple(map(float, centre)), tuple(map(float, 2 * half)), 0.0)
        cv2.ellipse(mask, box, 255, -1)
        reach = 2 * int(rng.integers(1, 12)) + 1
        # An odd width, so that the blur does not move the mask.
        mask = np.asarray(cv2.blur(mask, (reach, reach)), np.uint8)
    opacity = warp(mask, matrix, side, cv2.BORDER_CONSTANT) / np.float32(255)
    pixels = warp(face, matrix, side, cv2.BORDER_REPLICATE).astype(np.float32)
    if rng.random() < 0.4:
        pixels = (pixels - 128) * np.float32(rng.uniform(0.4, 1.2)) + np.float32(
            128 + rng.normal(0, 40)
        )
    return np.asarray((values * (1 - opacity) + pixels * opacity).clip(0, 255), np.float32)


def cover_face(values: Floats, face: Floats, rng: np.random.Generator) -> Floats:
    """Return the scene; with probability 0.16, a part of the face is occluded."""
    chance = rng.random()
    if chance > 0.16:
        return values
    low, high = face[:2]
    size, cover = high - low, float(rng.uniform(0, 255))
    if chance < 0.07:  # a mask, from the nose down
        a, b = np.array([low[0], face[4, 1] - 0.05 * size[1]]), high
    else:
        a = low + rng.uniform(-0.2, 0.9, 2) * size
        b = a + rng.uniform(0.1, 0.45, 2) * size
    mask = np.zeros(values.shape, np.uint8)
    box = (tuple(map(float, (a + b) / 2)), tuple(map(float, b - a)), float(rng.uniform(-20, 20)))
    cv2.fillPoly(mask, [np.round(cv2.boxPoints(box)).astype(np.int32)], 255)
    # A fifth of the texture below stays visible, since real covers are not uniform.
    return np.asarray(np.where(mask > 0, cover + 0.2 * (values - values.mean()), values))


def draw_background(side: int, rng: np.random.Generator) -> Pixels:
    """Return a background of noise with rectangles, discs and letters on it."""
    grain = int(rng.integers(1, 32))
    small = rng.normal(128, rng.uniform(1, 60), (side // grain + 1,) * 2).clip(0, 255)
    image = cv2.resize(small.astype(np.uint8), (side, side), interpolation=cv2.INTER_CUBIC)
    for _ in range(int(rng.integers(0, 14))):
        x, y, reach, shade = (int(v) for v in rng.integers(0, side, 4))
        thick = int(rng.choice([-1, 1, 2, 4]))
        match int(rng.integers(4)):
            case 0:
                cv2.rectangle(image, (x, y), (x + reach // 3, y + reach // 5), shade, thick)
            case 1:
                cv2.circle(image, (x, y), reach // 6 + 1, shade, thick)
            case 2:
                cv2.line(image, (x, y), (reach, shade), shade, abs(thick))
            case _:
                text = "".join(chr(int(c)) for c in rng.integers(48, 122, 6))
                cv2.putText(image, text, (x, y), int(rng.integers(8)), reach / side, shade, 2)
    return np.asarray(image, np.uint8)


def draw_text(image: Pixels, rng: np.random.Generator) -> Pixels:
    """Return the scene with letters or rings drawn over it, like watermarks."""
    side = image.shape[0]
    over = image.copy()
    for _ in range(int(rng.integers(1, 5))):
        x, y = (int(v) for v in rng.integers(0, side, 2))
        size, shade = log_uniform(0.02 * side, 0.3 * side, rng), int(rng.choice([0, 255, 200, 90]))
        thick = max(1, round(size / 9))
        if rng.random() < 0.7:
            text = "".join(chr(int(c)) for c in rng.integers(33, 126, rng.integers(1, 9)))
            cv2.putText(over, text, (x, y), int(rng.integers(8)), size / 22, shade, thick)
        else:
            for turn in range(int(rng.integers(1, 4))):
                reach = max(1, round(size / 2 * (1 - 0.3 * turn)))
                start, arc = rng.integers(0, 360, 2)
                angles = (0.0, float(start), float(start + arc))
                cv2.ellipse(over, (x, y), (reach, reach), *angles, shade, thick)
    opacity = float(rng.uniform(0.15, 1))
    return np.asarray(cv2.addWeighted(over, opacity, image, 1 - opacity, 0), np.uint8)
