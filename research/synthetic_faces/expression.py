"""Random face unit weights of the four mouth expressions."""

import numpy as np

LABELS = ("none", "pout", "smile", "open")


def both(rng: np.random.Generator, name: str, value: float, skew: float = 0.12) -> dict[str, float]:
    """Return weights of a left and a right unit with a small random asymmetry."""
    tilt = rng.uniform(-skew, skew)
    return {f"{name}Left": value * (1 + tilt), f"{name}Right": value * (1 - tilt)}


def none(rng: np.random.Generator) -> dict[str, float]:
    """Lips closed or barely parted; sometimes pressed, sometimes a little sad."""
    weights = both(rng, "mouthPress", rng.uniform(0, 0.35))
    weights |= both(rng, "mouthStretch", rng.uniform(0.1, 0.35))
    kind = rng.integers(4)
    if kind == 0:
        weights |= both(rng, "mouthFrown", rng.uniform(0.1, 0.35))
    elif kind == 1:
        weights |= {"jawOpen": rng.uniform(0.02, 0.05)}
    elif kind == 2:
        weights |= {"mouthShrugLower": rng.uniform(0.05, 0.25)}
    return weights


def pout(rng: np.random.Generator) -> dict[str, float]:
    """Narrow, protruded lips."""
    strong = rng.uniform(1.25, 1.5)
    weights = {"mouthPucker": strong, "mouthFunnel": rng.uniform(0.1, 0.45)}
    weights |= {"jawForward": rng.uniform(0, 0.3)}
    weights |= {"mouthLeft" if rng.random() < 0.5 else "mouthRight": rng.uniform(0, 0.15)}
    weights |= both(rng, "browDown", rng.uniform(0, 0.5))
    return weights


def smile(rng: np.random.Generator) -> dict[str, float]:
    """Corners up and out; about two in three show teeth."""
    value = rng.uniform(0.9, 1.15)
    weights = both(rng, "mouthSmile", value)
    weights |= both(rng, "cheekSquint", rng.uniform(0.3, 0.8))
    weights |= both(rng, "eyeSquint", rng.uniform(0.1, 0.5))
    weights |= both(rng, "mouthStretch", rng.uniform(0.1, 0.5))
    if rng.random() < 0.7:
        weights |= both(rng, "mouthUpperUp", rng.uniform(0.6, 1.1))
        weights |= both(rng, "mouthLowerDown", rng.uniform(0.3, 0.8))
        weights |= {"jawOpen": rng.uniform(0.06, 0.16)}
    return weights


def open_(rng: np.random.Generator) -> dict[str, float]:
    """Jaw well down, no smile, the dark of the mouth in view."""
    weights = {"jawOpen": rng.uniform(0.5, 0.95), "mouthFunnel": rng.uniform(0, 0.3)}
    weights |= both(rng, "mouthLowerDown", rng.uniform(0, 0.3))
    weights |= both(rng, "mouthUpperUp", rng.uniform(0, 0.25))
    weights |= both(rng, "mouthStretch", rng.uniform(0, 0.45))
    weights |= {"browInnerUp": rng.uniform(0, 0.6)} | both(rng, "eyeWide", rng.uniform(0, 0.5))
    return weights


def weights_of(label: str, seed: int) -> dict[str, float]:
    """Face-unit weights of `label`, fixed by the seed."""
    rng = np.random.default_rng(seed)
    make = dict(zip(LABELS, (none, pout, smile, open_), strict=True))[label]
    gaze = both(rng, "eyeBlink", rng.uniform(-0.15, 0.05), 0.0)
    return gaze | make(rng)
