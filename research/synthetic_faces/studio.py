"""Random light and camera positions."""

import numpy as np

from research.synthetic_faces.scene import LIGHTS, Camera, Light, look_at, perspective

KEYS = 18  # number of lights that form the main light


def lighting(rng: np.random.Generator) -> Light:
    """Return a soft main light from a random side, with ambient light."""
    side, up = rng.uniform(-65, 65), rng.uniform(5, 50)
    a, b = np.radians(side), np.radians(up)
    key = np.array([np.sin(a) * np.cos(b), np.sin(b), np.cos(a) * np.cos(b)])
    warm = rng.uniform(-1, 1)
    key_colour = np.array([1 + 0.12 * warm, 1.0, 1 - 0.14 * warm])
    sky = np.array([1 - 0.08 * warm, 1.0, 1 + 0.10 * warm])
    spread = rng.uniform(0.18, 0.45)
    # Many lights around one direction act as one large lamp with soft shadows.
    near = key + rng.normal(0, spread, (KEYS, 3))
    k = np.arange(LIGHTS - KEYS) + 0.5
    # From straight above to below the horizon: little light comes from the ground.
    height = 1 - 1.55 * k / (LIGHTS - KEYS)
    # The golden angle spreads the lights evenly over the sphere.
    turn = k * np.pi * (3 - 5**0.5)
    ring = np.sqrt(1 - height**2)
    around = np.stack([ring * np.cos(turn), height, ring * np.sin(turn)], 1)
    toward = np.concatenate([near, around])
    toward /= np.linalg.norm(toward, axis=1, keepdims=True)
    strong, fill = rng.uniform(0.45, 1.15), rng.uniform(0.28, 0.65)
    shine = np.zeros((LIGHTS, 3))
    # Divided by the number of lights, so that it does not change the brightness.
    shine[:KEYS] = strong * key_colour / KEYS
    level = 0.35 + 0.65 * (around[:, 1:2] * 0.5 + 0.5) + 0.3 * np.maximum(around[:, 2:3], 0)
    shine[KEYS:] = fill * sky * level / (LIGHTS - KEYS) * 2.2
    return Light(toward, shine, key, key_colour * (0.6 + strong))


def stand(rng: np.random.Generator, eyes: np.ndarray) -> Camera:
    """Return a camera with a random yaw, pitch and roll of a few degrees."""
    middle = eyes.mean(0) + np.array([0, -0.18, -0.55])
    yaw, pitch, roll = np.radians(rng.uniform([-15, -9, -8], [15, 10, 8]))
    field = rng.uniform(19, 30)
    wide = rng.uniform(2.75, 3.5)  # decimetres across the picture at the head
    # The distance at which `wide` decimetres fill the field of view.
    away = wide / 2 / np.tan(np.radians(field) / 2)
    way = np.array([np.sin(yaw) * np.cos(pitch), np.sin(pitch), np.cos(yaw) * np.cos(pitch)])
    shift = np.append(rng.uniform(-0.18, 0.18, 2), 0) * [1, 0.6, 1]
    eye = middle + shift + way * away
    up = np.array([np.sin(roll), np.cos(roll), 0])
    return Camera(eye, middle, perspective(field) @ look_at(eye, middle + shift, up))
