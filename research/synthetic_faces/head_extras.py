"""Beards and glasses for the rendered heads."""

from __future__ import annotations

import numpy as np

from research.synthetic_faces.hair import roots
from research.synthetic_faces.head_mesh import parts, read_obj
from research.synthetic_faces.paint import masks
from research.synthetic_faces.person import Person
from research.synthetic_faces.scene import Solid, Strands

GLASSES = 4
"""Kind of a solid without pattern; see `Solid.kind`."""
TUBE = 8
"""Number of sides of a glasses tube."""


def beard(
    person: Person, at_rest: np.ndarray, moved: np.ndarray, length: float, moustache: bool
) -> Strands:
    """Return beard hairs on the deformed skin.

    Args:
        at_rest: (n, 3) skin at rest, which fixes the roots.
        moved: (n, 3) deformed skin.
        length: length of the hairs in decimetres.
        moustache: False to grow no hair above the mouth.
    """
    rng = np.random.default_rng(person.seed + 70)
    rest = masks()["rest"]
    weight = masks()["beard"] ** 1.5
    # Distance from the middle of the mouth: hairs near the lips are trimmed.
    apart = np.hypot(rest[:, 0] / 0.30, (rest[:, 1] - 6.60) / 0.15)
    if not moustache:
        weight = weight * (1 - (rest[:, 1] > 6.62) * (np.abs(rest[:, 0]) < 0.3))
    _, _, pick, share = roots(at_rest, weight + 1e-12, round(9000 + 9000 * length), rng)
    triangle = parts()["skin"].triangles[pick]
    place = (moved[triangle] * share[..., None]).sum(1)
    facing = (parts()["skin"].normals(moved)[triangle] * share[..., None]).sum(1)
    way = 0.45 * facing + np.array([0, -0.9, 0.1]) + rng.normal(0, 0.3, place.shape)
    way /= np.linalg.norm(way, axis=1, keepdims=True)
    trimmed = np.clip((apart[triangle] * share).sum(1) - 0.75, 0.12, 1)[:, None]
    above = (rest[triangle] * share[..., None]).sum(1)[:, 1:2] > 6.6
    trimmed = np.where(above, np.minimum(trimmed, 0.05 / length), trimmed)
    reach = length * trimmed * rng.uniform(0.6, 1.2, (len(place), 1))
    steps = (0.0, 0.3, 0.65, 1.0)
    path = [place + facing * 0.004 + way * reach * t + facing * 0.3 * reach * t * (1 - t)
            for t in steps]  # fmt: skip
    tone = person.hair * np.exp(rng.normal(0, 0.25, (len(place), 1)))
    return Strands(np.stack(path, 1), tone)


def glasses(rng: np.random.Generator, points: np.ndarray) -> Solid:
    """Return a random glasses frame in front of the eyes of deformed base vertices."""
    base, _, _ = read_obj()
    eyes = parts()["eyes"].matrix @ points
    rest = parts()["eyes"].matrix @ base
    right, left = (eyes[rest[:, 0] * s > 0].mean(0) for s in (-1, 1))
    front = float(eyes[:, 2].max()) + rng.uniform(0.10, 0.16)
    wide, tall = rng.uniform(0.22, 0.29), rng.uniform(0.15, 0.23)
    square = rng.uniform(2, 5)  # exponent of a superellipse: 2 is round
    thick = float(np.exp(rng.uniform(np.log(0.010), np.log(0.035))))
    angle = np.linspace(0, 2 * np.pi, 41)
    c, s = np.cos(angle), np.sin(angle)
    ring = np.stack([np.sign(c) * np.abs(c) ** (2 / square) * wide,
                     np.sign(s) * np.abs(s) ** (2 / square) * tall,
                     -0.25 * (np.abs(c) * wide) ** 2], 1)  # fmt: skip
    paths = []
    for eye, way in ((right, -1), (left, 1)):
        centre = np.array([eye[0] + way * 0.02, eye[1] - 0.03, front])
        paths.append(centre + ring)
        hinge = centre + np.array([way * wide, 0.4 * tall, -0.03])
        ear = np.array([way * 0.76, eye[1] - 0.02, 0.45])
        paths.append(np.linspace(hinge, ear, 12))
    inner = [np.array([e[0] + w * 0.02 - w * wide, e[1] + 0.02, front])
             for e, w in ((right, -1), (left, 1))]  # fmt: skip
    bridge = np.linspace(inner[0], inner[1], 9)
    bridge[:, 1] += 0.04 * np.sin(np.linspace(0, np.pi, 9))
    paths.append(bridge)
    colour = rng.uniform(0.005, 0.05) * np.ones(3)
    if rng.random() < 0.4:
        colour = rng.uniform(0.01, 0.5, 3)
    return _tubes(paths, thick, colour)


def _tubes(paths: list[np.ndarray], radius: float, colour: np.ndarray) -> Solid:
    """Return tubes around (n, 3) paths as one solid."""
    places, normals, triangles, first = [], [], [], 0
    turn = np.linspace(0, 2 * np.pi, TUBE, endpoint=False)
    for path in paths:
        along = np.gradient(path, axis=0)
        along /= np.linalg.norm(along, axis=1, keepdims=True) + 1e-9
        side = np.cross(along, np.array([0.13, 0.21, 0.97]))
        side /= np.linalg.norm(side, axis=1, keepdims=True) + 1e-9
        over = np.cross(along, side)
        out = side[:, None] * np.cos(turn)[:, None] + over[:, None] * np.sin(turn)[:, None]
        places.append((path[:, None] + radius * out).reshape(-1, 3))
        normals.append(out.reshape(-1, 3))
        a = first + np.arange(len(path) - 1)[:, None] * TUBE + np.arange(TUBE)
        b = first + np.arange(len(path) - 1)[:, None] * TUBE + (np.arange(TUBE) + 1) % TUBE
        quads = np.stack([a, b, b + TUBE, a, b + TUBE, a + TUBE], -1).reshape(-1, 3)
        triangles.append(quads)
        first += len(path) * TUBE
    points, out = np.concatenate(places), np.concatenate(normals)
    index = np.concatenate(triangles).astype(np.int32)
    albedo, plain = np.tile(colour, (len(points), 1)), np.zeros_like(points)
    return Solid(GLASSES, index, index, points, out, plain, albedo, plain)
