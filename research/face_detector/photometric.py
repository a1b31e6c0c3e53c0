"""Photometric augmentation of grey pictures: light, blur, noise, compression."""

from __future__ import annotations

import cv2
import numpy as np

from research.face_detector.arrays import Pixels


def degrade(grey: Pixels, rng: np.random.Generator, strength: float = 1.0) -> Pixels:
    """Return the picture with random lighting, blur, noise and compression.

    Args:
        strength: Factor of blur, noise and compression; lower for small faces.
    """
    # In the order of a camera: light, lens, sensor noise, compression.
    values = grey.astype(np.float32)
    if rng.random() < 0.3:
        values = _lit(values, rng)
    if rng.random() < 0.7:
        gain, middle = float(np.exp(rng.normal(0, 0.3))), float(values.mean())
        # Around the mean, so that contrast does not change brightness; the shift does.
        values = np.asarray((values - middle) * gain + middle + rng.normal(0, 25), np.float32)
    if rng.random() < 0.3:
        power = np.float32(np.exp(rng.normal(0, 0.4)))
        values = np.asarray(255 * (values.clip(0, 255) / 255) ** power, np.float32)
    if rng.random() < 0.3:
        blurred = cv2.GaussianBlur(values, (0, 0), rng.uniform(0.3, 0.3 + 1.2 * strength))
        values = np.asarray(blurred, np.float32)
    if rng.random() < 0.3:
        noise = rng.standard_normal(values.shape, np.float32)
        values = values + np.float32(rng.uniform(1, 1 + 12 * strength)) * noise
    spoilt = np.asarray(values.clip(0, 255), np.uint8)
    if rng.random() < 0.3:
        quality = int(rng.integers(max(10, round(60 - 45 * strength)), 90))
        coded = cv2.imencode(".jpg", spoilt, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
        spoilt = np.asarray(cv2.imdecode(coded, cv2.IMREAD_GRAYSCALE), np.uint8)
    return spoilt


def lower_resolution(grey: Pixels, factor: float) -> Pixels:
    """Return the picture reduced by `factor` and enlarged to its size again."""
    height, width = grey.shape
    # Area averages when reducing, so that no aliasing is added.
    small = (max(4, round(width / factor)), max(4, round(height / factor)))
    reduced = cv2.resize(grey, small, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(reduced, (width, height), interpolation=cv2.INTER_LINEAR))


def _lit(values: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    height, width = values.shape
    across = np.linspace(-1, 1, width, dtype=np.float32)[None]
    down = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    slope = rng.normal(0, 0.35, 2).astype(np.float32)
    return np.asarray(values * (1 + slope[0] * across + slope[1] * down).clip(0.15, 2))
