"""Colours of the skin: lips, cheeks, brows, beard, scalp, clothes, as masks on the base mesh."""

from functools import lru_cache

import numpy as np
from PIL import Image

from research.synthetic_faces.head_mesh import ROOT, parts, read_obj
from research.synthetic_faces.person import Person

BROW = np.array([[0.10, 7.425], [0.20, 7.455], [0.33, 7.48], [0.45, 7.475], [0.57, 7.425]])
HAIRLINE = np.array([  # degrees from the front round to the back, height of the hair's edge
    [0, 7.93], [25, 7.93], [42, 7.84], [55, 7.74], [66, 7.50], [78, 7.42], [96, 7.45],
    [112, 7.15], [140, 6.85], [180, 6.70],
])  # fmt: skip


def smooth(low: float, high: float, value: np.ndarray) -> np.ndarray:
    """Return a smooth step: 0 below `low`, 1 above `high`."""
    # The cubic has slope 0 at both ends, so masks show no edges.
    t = np.clip((value - low) / (high - low), 0, 1)
    return t * t * (3 - 2 * t)


def blob(rest: np.ndarray, centre: tuple, radius: float) -> np.ndarray:
    """A soft round mask about a point of the base mesh, on both sides of the face."""
    # |x|: both sides of the face share one mask.
    places = np.abs(rest * [1, 0, 0]) + rest * [0, 1, 1]
    return np.exp(-(((places - centre) / radius) ** 2).sum(1))


def waves(points: np.ndarray, scale: float, seed: int) -> np.ndarray:
    """Return smooth noise, approximately in [-1, 1]."""
    rng = np.random.default_rng(seed)
    total = np.zeros(len(points))
    for _ in range(12):
        total += np.sin(points @ rng.normal(0, scale, 3) + rng.uniform(0, 7))
    return total / 5


def texture_mask(name: str, uv: np.ndarray) -> np.ndarray:
    """Brightness 0..1 of one of the mesh's own mask textures at each vertex."""
    image = np.asarray(Image.open(ROOT / f"mpfb2/textures/{name}.jpg").convert("L"), float) / 255
    # v points up in the texture and rows go down, hence 1 - v.
    place = np.clip(uv * [1, -1] + [0, 1], 0, 1) * (np.array(image.shape[::-1]) - 1)
    x, y = np.round(place).astype(int).T
    return image[y, x]


def above_hairline(rest: np.ndarray) -> np.ndarray:
    """Signed height above the edge of the hair, in decimetres."""
    # 0 at the front, 180 at the back; |x| mirrors the hairline.
    angle = np.degrees(np.arctan2(np.abs(rest[:, 0]), rest[:, 2] - 0.45))
    return rest[:, 1] - np.interp(angle, *HAIRLINE.T)


def ears(rest: np.ndarray) -> np.ndarray:
    """Return the mask of the ears."""
    out = smooth(0.66, 0.70, np.abs(rest[:, 0]))
    low = smooth(6.85, 6.95, rest[:, 1]) * (1 - smooth(7.45, 7.55, rest[:, 1]))
    return out * low * (1 - smooth(0.55, 0.7, rest[:, 2]))


@lru_cache(1)
def masks() -> dict[str, np.ndarray]:
    """Every mask (n,) of the skin part, and `rest` (n, 3), where it is on the base mesh."""
    skin = parts()["skin"]
    rest = skin.matrix @ read_obj()[0]
    x, y, z = np.abs(rest[:, 0]), rest[:, 1], rest[:, 2]
    lips = texture_mask("mpfb_lips", skin.uv)
    inside = texture_mask("mpfb_inside-mouth", skin.uv)
    brow_y = np.interp(x, *BROW.T)
    thick = np.interp(x, [0.08, 0.16, 0.4, 0.58], [0.018, 0.030, 0.026, 0.008])
    brow = (1 - smooth(0.6, 1.2, np.abs(y - brow_y) / thick)) * smooth(0.07, 0.12, x)
    brow = brow * (1 - smooth(0.54, 0.62, x)) * smooth(1.0, 1.1, z)
    cheek = 0.35 * smooth(0.0, 0.45, 0.55 - x) - 0.35 * smooth(0.05, 0.3, 0.45 - x)
    jaw = smooth(0.0, 0.25, 6.98 - y - cheek) * smooth(5.85, 6.15, y) * smooth(0.35, 0.55, z)
    jaw = jaw * (1 - smooth(6.84, 6.9, y) * smooth(0.0, 0.2, 0.55 - x))
    collar = 5.62 + 0.28 * smooth(0.1, 0.8, np.hypot(x, z - 0.4) - 0.35)
    return {
        "rest": rest, "lips": lips, "inside": inside, "brow": brow,
        "beard": jaw * (1 - smooth(0.05, 0.4, lips)) * (1 - inside),
        "scalp": smooth(-0.05, 0.10, above_hairline(rest)) * (1 - ears(rest)),
        "cloth": np.clip((collar - y) / 0.2, -1, 1),
        "red": 0.9 * blob(rest, (0.45, 6.93, 1.30), 0.26) + 0.8 * blob(rest, (0, 6.95, 1.68), 0.16)
        + 0.5 * blob(rest, (0, 6.30, 1.52), 0.16) + 0.9 * ears(rest),
        "socket": blob(rest, (0.28, 7.20, 1.38), 0.16) + 0.7 * blob(rest, (0.14, 7.27, 1.38), 0.10),
    }  # fmt: skip


def skin_colours(person: Person) -> tuple[np.ndarray, np.ndarray]:
    """Albedo (n, 3) of the skin and the shader's mask (n, 3): lips, beard, cloth."""
    mask = masks()
    rest, seed = mask["rest"], person.seed
    pale = 0.35 if person.race == "african" else 1.0
    colour = np.tile(person.skin, (len(rest), 1))
    blotches = 0.05 * waves(rest, 5.0, seed) + 0.04 * waves(rest, 14.0, seed + 1)
    colour *= 1 + blotches[:, None]

    def mix(amount: np.ndarray, other: np.ndarray) -> None:
        nonlocal colour
        colour = colour + amount[:, None] * (other - colour)

    red = mask["red"] * (0.75 + 0.25 * waves(rest, 9.0, seed + 2))
    colour *= 1 - np.clip(red, 0, 1)[:, None] * pale * np.array([0.02, 0.20, 0.18])
    colour *= 1 - mask["socket"][:, None] * (0.7 + 0.6 * person.old) * np.array([0.14, 0.20, 0.16])
    bald = person.style == "bald"
    mix(mask["scalp"] * (0.12 if bald else 0.80), person.hair * 1.2)
    mix(mask["brow"] ** (1 if person.male else 3) * 0.3, person.hair * 0.6)
    mix(mask["beard"] * min(person.beard, 1.0) * 0.40, person.hair * 0.7 + person.skin * 0.25)
    mix(smooth(0.15, 0.75, mask["lips"]) * 0.92, person.lip)
    mix(mask["inside"], np.array([0.20, 0.045, 0.04]))
    beard = mask["beard"] * min(person.beard, 1.0)
    shader_mask = np.stack([smooth(0.1, 0.7, mask["lips"]), beard, mask["cloth"]], 1)
    return np.clip(colour, 0.002, 0.9), shader_mask
