"""Turn rendered float images into a photo: subsurface scattering, background, lens, film."""

import cv2
import numpy as np
from PIL import Image

from research.synthetic_faces.renderer import SIDE
from research.synthetic_faces.scene import Light

# Width of each blur at a side of 1,280 pixels, and its share of red, green and blue: red light
# spreads farthest in skin. The shares of each colour sum to 1.
GLOW = ((1.0, (0.25, 0.55, 0.75)), (3.5, (0.35, 0.30, 0.20)), (9.0, (0.40, 0.15, 0.05)))


def glow(diffuse: np.ndarray, skin: np.ndarray) -> np.ndarray:
    """Return the subsurface scattering of light in skin: a sum of blurs inside the skin mask."""
    total = np.zeros_like(diffuse)
    for size, share in GLOW:
        sigma = size * len(diffuse) / 1280
        spread = cv2.GaussianBlur(diffuse * skin[..., None], (0, 0), sigma)
        weight = cv2.GaussianBlur(skin, (0, 0), sigma)
        # Divided by the blurred mask, so that the skin does not darken towards its border.
        total += spread / np.maximum(weight, 1e-3)[..., None] * np.array(share, np.float32)
    return total


def background(rng: np.random.Generator, light: Light, side: int = SIDE) -> np.ndarray:
    """Return a random background, (side, side, 3) in linear light."""
    # The background is out of focus, so few pixels are enough.
    small = 96
    hue = rng.uniform(0.0, 1.0, 3) * rng.uniform(0.1, 0.5)
    base = rng.uniform(0.03, 0.32) * (0.75 + 0.5 * (hue - hue.mean()))
    y, x = np.mgrid[0:small, 0:small] / small
    slope = rng.normal(0, 0.45, 2)
    image = base * np.exp(slope[0] * (x - 0.5) + slope[1] * (y - 0.5))[..., None]
    kind = rng.integers(3)
    if kind > 0:  # shapes out of focus
        for _ in range(rng.integers(5, 14)):
            colour = np.clip(base * rng.uniform(0.3, 2.2) + rng.normal(0, 0.05, 3), 0.01, 1.2)
            centre = tuple(int(v) for v in rng.integers(0, small, 2))
            if rng.random() < 0.5:
                cv2.circle(image, centre, int(rng.integers(3, 16)), tuple(colour.tolist()), -1)
            else:
                corner = tuple(int(v) for v in np.array(centre) + rng.integers(6, 40, 2))
                cv2.rectangle(image, centre, corner, tuple(colour.tolist()), -1)
        image = cv2.GaussianBlur(image, (0, 0), rng.uniform(2.5, 6.0))
    white = rng.normal(0, 1, (small, small, 1)).astype(np.float32)
    noise = cv2.GaussianBlur(white, (0, 0), rng.uniform(1, 6))[..., None]
    image = image * (1 + rng.uniform(0.02, 0.12) * noise / (noise.std() + 1e-6))
    image = cv2.resize(image.astype(np.float32), (side, side), interpolation=cv2.INTER_CUBIC)
    return np.clip(image * light.key_colour.astype(np.float32), 0.0, 2.0)


def film(linear: np.ndarray) -> np.ndarray:
    """Return sRGB values of linear light, after a soft highlight roll-off."""
    x = np.clip(linear, 0, None)
    # Narkowicz 2015, an approximation of the ACES film curve.
    x = (x * (2.51 * x + 0.03)) / (x * (2.43 * x + 0.59) + 0.14)
    # The sRGB transfer function. Both branches are computed, and the power needs a positive base.
    return np.where(x < 0.0031308, 12.92 * x, 1.055 * np.maximum(x, 1e-6) ** (1 / 2.4) - 0.055)


def develop(
    images: dict[str, np.ndarray], behind: np.ndarray, rng: np.random.Generator, side: int
) -> Image.Image:
    """Return the finished photo of `side` pixels: composed, exposed, blurred, with noise."""
    diffuse, specular = images["diffuse"][..., :3], images["specular"]
    skin, covered = images["diffuse"][..., 3], specular[..., 3:]
    albedo = images["albedo"][..., :3]
    lit = np.where(skin[..., None] > 0, glow(diffuse, skin) * albedo, diffuse) + specular[..., :3]
    linear = np.where(covered > 0, np.minimum(lit, 4.0), behind).astype(np.float32)
    face = linear[(skin > 0)]
    level = np.median(face.mean(1))
    # An exponent below 1 corrects the exposure only in part, so dark skin stays darker than light
    # skin.
    linear *= rng.uniform(0.85, 1.2) * (0.25 / level) ** 0.45 * 0.9
    # Reduced in linear light, as a sensor adds light, before the film curve.
    small = cv2.resize(linear, (side, side), interpolation=cv2.INTER_AREA)
    small = cv2.GaussianBlur(small, (0, 0), rng.uniform(0.35, 0.75))
    image = film(small)
    grain = rng.normal(0, 1, image.shape) * rng.uniform(0.004, 0.014)
    image = image + cv2.GaussianBlur(grain, (0, 0), 0.6) * 1.4
    # + 0.5: the conversion to integers would round down.
    return Image.fromarray((np.clip(image, 0, 1) * 255 + 0.5).astype(np.uint8))
