"""Hair as strands: grown from the scalp step by step, pushed out of the head, pulled by gravity."""

import numpy as np
from scipy.spatial import cKDTree

from research.synthetic_faces.head_mesh import parts
from research.synthetic_faces.paint import BROW, masks
from research.synthetic_faces.person import Person

STYLES = {  # strands, steps, length in dm, lift off the skin, gravity, curl, gap to the skin
    "buzz": (26000, 4, 0.10, 0.75, 0.0, 0.05, 0.0),
    "short": (24000, 9, 0.42, 0.34, 0.08, 0.12, 0.02),
    "back": (18000, 20, 1.9, 0.10, 0.0, 0.03, 0.03),
    "bob": (16000, 24, 1.55, 0.22, 0.30, 0.06, 0.06),
    "long": (17000, 34, 2.7, 0.22, 0.30, 0.08, 0.06),
    "curly": (19000, 12, 0.50, 0.75, 0.06, 0.95, 0.03),
}

BUN = np.array([0.0, 7.55, -0.75])  # where hair combed back is tied


def roots(
    points: np.ndarray, weight: np.ndarray, count: int, rng: np.random.Generator
) -> tuple[np.ndarray, ...]:
    """Random places on the skin's triangles: positions, normals, triangle numbers, weights (3)."""
    skin = parts()["skin"]
    triangles, normal = skin.triangles, skin.normals(points)
    a, b, c = (points[triangles[:, k]] for k in range(3))
    area = np.linalg.norm(np.cross(b - a, c - a), axis=1) * weight[triangles].mean(1)
    pick = rng.choice(len(triangles), count, p=area / area.sum())
    # Dirichlet with parameters of 1 is uniform on a triangle.
    share = rng.dirichlet([1.0, 1.0, 1.0], count)
    place = (points[triangles[pick]] * share[..., None]).sum(1)
    facing = (normal[triangles[pick]] * share[..., None]).sum(1)
    return place, facing / np.linalg.norm(facing, axis=1, keepdims=True), pick, share


def combed(style: str, place: np.ndarray, rest: np.ndarray, part: float) -> np.ndarray:
    """Return the combing direction at each root."""
    side = np.where(rest[:, 0] > part, 1.0, -1.0)
    if style == "back":
        return np.stack([0.15 * side, 0.1 + 0 * side, -1.0 + 0 * side], 1)
    if style in ("long", "bob"):
        return np.stack([0.9 * side, -0.35 + 0 * side, -0.55 + 0 * side], 1)
    if style == "short":
        front = np.clip((rest[:, 2] - 0.3) / 0.9, 0, 1)
        sweep = 0 * side
        if abs(part) > 0.1:
            sweep = np.where(rest[:, 0] > 0.35 * np.sign(part), 1.0, -1.0)
        return np.stack([0.8 * sweep + 0.2 * side, -0.1 + 0 * side, 0.5 * front - 0.5], 1)
    return np.stack([0.2 * side, 0 * side, -0.3 + 0 * side], 1)


def clear_of_face(place: np.ndarray, near: np.ndarray) -> np.ndarray:
    """Return the strands moved sideways, away from the face."""
    fall = np.clip((8.0 - place[:, 1]) / 0.9, 0, 1)
    fall = fall * np.clip((place[:, 2] - 0.1) / 0.3, 0, 1)
    x = np.sign(place[:, 0]) * np.maximum(np.abs(place[:, 0]), near * fall)
    z = np.where(fall > 0, np.minimum(place[:, 2], 1.35 - 0.65 * fall), place[:, 2])
    return np.stack([x, place[:, 1], z], 1)


def grow(person: Person, points: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    """Strands (count, steps, 3) and colours (count, 3); `points` is the skin at rest."""
    if person.style == "bald":
        return None
    count, steps, length, lift, gravity, curl, gap = STYLES[person.style]
    rng = np.random.default_rng(person.seed + 50)
    rest = masks()["rest"]
    thin = 0.35 if person.old > 0.5 and person.male else 1.0
    weight = np.clip(masks()["scalp"], 0, 1) ** 2
    place, facing, pick, share = roots(points, weight, int(count * thin), rng)
    triangles = parts()["skin"].triangles
    at_rest = (rest[triangles[pick]] * share[..., None]).sum(1)
    comb = combed(person.style, place, at_rest, rng.uniform(-0.25, 0.25))
    head = points[(rest[:, 1] > 4.9)][::3]
    normal = parts()["skin"].normals(points)[(rest[:, 1] > 4.9)][::3]
    # Every third vertex above the neck is enough to keep hair outside the head, and faster.
    tree = cKDTree(head)
    locks = cKDTree(place[rng.choice(len(place), 260, replace=False)])
    lock = locks.query(place)[1]
    phase = rng.normal(0, 1, (260, 3))[lock]
    step = length / steps * rng.uniform(0.75, 1.1, (len(place), 1))
    comb = comb + 0.18 * phase + rng.normal(0, 0.10, comb.shape)
    # Combed along the skin: the part towards or away from it comes from `lift`.
    comb -= (comb * facing).sum(1, keepdims=True) * facing
    way = lift * facing + (1 - lift) * comb / np.linalg.norm(comb, axis=1, keepdims=True)
    near_face = 0.76 + 0.03 * phase[:, 1] + rng.uniform(-0.05, 0.07, len(place))
    path = [place]
    for k in range(1, steps):
        turn = curl * np.sin(k * 1.7 + phase * 3.0 + np.array([0, 2.1, 4.2])) * 0.55
        way = way + turn - np.array([0, gravity, 0]) + rng.normal(0, 0.03, way.shape)
        if person.style == "back":
            way = way + 0.35 * (BUN - place)
        way /= np.linalg.norm(way, axis=1, keepdims=True)
        place = place + way * step
        far, near = tree.query(place, distance_upper_bound=0.6)
        hit = np.isfinite(far)
        n = normal[np.where(hit, near, 0)]
        # The distance along the normal of the nearest vertex; negative inside the head.
        depth = ((place - head[np.where(hit, near, 0)]) * n).sum(1)
        wanted = gap * min(1.0, k / 4) * (1 + 0.5 * phase[:, 0])
        push = np.where(hit, np.maximum(wanted - depth, 0), 0)[:, None]
        place = place + push * n
        if person.style in ("long", "bob"):
            place = clear_of_face(place, near_face)
        # Without the inward part, the next steps slide along the head instead of being pushed
        # again.
        inward = np.minimum((way * n).sum(1, keepdims=True), 0) * (push > 0)
        way = way - inward * n
        path.append(place)
    tone = person.hair * np.exp(rng.normal(0, 0.22, (len(place), 1)) + 0.15 * phase[:, :1])
    return np.stack(path, 1), tone


def brows(person: Person, rest_skin: np.ndarray, skin: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Eyebrow hairs on the deformed skin `skin`; `rest_skin` (n, 3) only fixes the roots."""
    rng = np.random.default_rng(person.seed + 60)
    weight = masks()["brow"] ** (1.5 if person.male else 4.0) + 1e-12
    _, _, pick, share = roots(rest_skin, weight, 900 if person.male else 600, rng)
    triangle = parts()["skin"].triangles[pick]
    place = (skin[triangle] * share[..., None]).sum(1)
    facing = (parts()["skin"].normals(skin)[triangle] * share[..., None]).sum(1)
    x = (masks()["rest"][triangle] * share[..., None]).sum(1)[:, 0]
    side, reach = np.sign(x), np.abs(x)
    slope = np.interp(reach, [BROW[0, 0], 0.3, BROW[-1, 0]], [1.1, 0.25, -0.45])
    way = np.stack([side, slope, 0 * x], 1) + rng.normal(0, 0.18, place.shape)
    way -= (way * facing).sum(1, keepdims=True) * facing * 0.85
    way /= np.linalg.norm(way, axis=1, keepdims=True)
    length = rng.uniform(0.05, 0.10, (len(place), 1)) * (1.1 if person.male else 0.7)
    path = [place + facing * 0.004 + way * length * t for t in (0.0, 0.33, 0.66, 1.0)]
    dark = 0.35 if person.old > 0.35 else 0.7  # brows keep their colour longer than hair
    return np.stack(path, 1), np.tile(person.hair * dark, (len(place), 1))
