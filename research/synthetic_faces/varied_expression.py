"""Face unit weights of many kinds of each expression, from slight to extreme, also one-sided ones.

`expression.py` draws clear expressions for pictures that people look at. Training needs the
difficult ones too: slight, sideways and whistled pouts, full lips at rest, parted lips, laughter
with a dropped jaw, smirks, yawns.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from research.synthetic_faces.expression import both

Weights = dict[str, float]
Make = Callable[[np.random.Generator], Weights]


def one_sided(rng: np.random.Generator, name: str, strong: float, weak: float) -> Weights:
    """Return weights of a left and a right unit, `strong` on a random side."""
    sides = ("Left", "Right") if rng.random() < 0.5 else ("Right", "Left")
    return {f"{name}{sides[0]}": strong, f"{name}{sides[1]}": weak}


def _sideways(rng: np.random.Generator, most: float) -> Weights:
    return {str(rng.choice(["mouthLeft", "mouthRight"])): rng.uniform(0, most)}


NONE: dict[str, Make] = {
    "rest": lambda r: both(r, "mouthStretch", r.uniform(0, 0.35)),
    "pressed": lambda r: (
        both(r, "mouthPress", r.uniform(0.3, 0.9))
        | {"mouthRollLower": r.uniform(0, 0.4), "mouthRollUpper": r.uniform(0, 0.4)}
    ),
    "sad": lambda r: (
        both(r, "mouthFrown", r.uniform(0.2, 0.8)) | {"mouthShrugLower": r.uniform(0, 0.35)}
    ),
    "barely parted": lambda r: (
        {"jawOpen": r.uniform(0.02, 0.08)} | both(r, "mouthStretch", r.uniform(0, 0.3))
    ),
    "crooked": lambda r: _sideways(r, 0.35) | one_sided(r, "mouthPress", r.uniform(0.2, 0.7), 0.0),
    "slight frown": lambda r: (
        both(r, "mouthStretch", r.uniform(0.1, 0.5)) | both(r, "mouthFrown", r.uniform(0, 0.3))
    ),
    "nearly a smile": lambda r: both(r, "mouthSmile", r.uniform(0, 0.16)),
    "nearly a pout": lambda r: {"mouthPucker": r.uniform(0, 0.22)},
}
POUT: dict[str, Make] = {
    "slight": lambda r: {"mouthPucker": r.uniform(0.58, 0.9)} | _sideways(r, 0.15),
    "medium": lambda r: (
        {"mouthPucker": r.uniform(0.8, 1.15), "mouthFunnel": r.uniform(0, 0.3)} | _sideways(r, 0.15)
    ),
    "kiss": lambda r: (
        {"mouthPucker": r.uniform(1.1, 1.5), "mouthFunnel": r.uniform(0.1, 0.45)}
        | {"jawForward": r.uniform(0, 0.3)}
    ),
    "whistle": lambda r: (
        {"mouthPucker": r.uniform(0.8, 1.2), "mouthFunnel": r.uniform(0.4, 0.9)}
        | {"jawOpen": r.uniform(0, 0.06)}
    ),
    "sideways": lambda r: (
        {"mouthPucker": r.uniform(0.7, 1.2)}
        | {str(r.choice(["mouthLeft", "mouthRight"])): r.uniform(0.4, 1.0)}
    ),
    "duck": lambda r: (
        {"mouthPucker": r.uniform(0.8, 1.2), "mouthShrugUpper": r.uniform(0.2, 0.6)}
        | {"mouthFunnel": r.uniform(0.2, 0.6), "jawForward": r.uniform(0, 0.4)}
    ),
    "sulk": lambda r: (
        {"mouthPucker": r.uniform(0.75, 1.1), "mouthShrugLower": r.uniform(0.3, 0.8)}
        | both(r, "mouthFrown", r.uniform(0.1, 0.4))
    ),
}
SMILE: dict[str, Make] = {
    "slight": lambda r: both(r, "mouthSmile", r.uniform(0.42, 0.7)),
    "closed": lambda r: (
        both(r, "mouthSmile", r.uniform(0.7, 1.15)) | both(r, "cheekSquint", r.uniform(0.2, 0.8))
    ),
    "smirk": lambda r: one_sided(r, "mouthSmile", r.uniform(0.75, 1.2), r.uniform(0.15, 0.4)),
    "teeth": lambda r: (
        both(r, "mouthSmile", r.uniform(0.7, 1.15))
        | both(r, "mouthUpperUp", r.uniform(0.4, 1.1))
        | both(r, "mouthLowerDown", r.uniform(0.2, 0.9))
        | both(r, "cheekSquint", r.uniform(0.3, 0.9))
        | {"jawOpen": r.uniform(0.03, 0.16)}
    ),
    "laugh": lambda r: (
        both(r, "mouthSmile", r.uniform(0.85, 1.2))
        | both(r, "mouthUpperUp", r.uniform(0.5, 1.1))
        | both(r, "cheekSquint", r.uniform(0.5, 1.0))
        | {"jawOpen": r.uniform(0.2, 0.5)}
    ),
}
OPEN: dict[str, Make] = {
    "medium": lambda r: {"jawOpen": r.uniform(0.38, 0.6), "mouthFunnel": r.uniform(0, 0.2)},
    "wide": lambda r: {"jawOpen": r.uniform(0.7, 1.1)} | both(r, "mouthStretch", r.uniform(0, 0.5)),
    "yawn": lambda r: {"jawOpen": r.uniform(0.9, 1.25), "mouthFunnel": r.uniform(0, 0.4)}
    | both(r, "mouthUpperUp", r.uniform(0, 0.5)) | both(r, "eyeBlink", r.uniform(0.3, 1), 0),
    "shout": lambda r: {"jawOpen": r.uniform(0.6, 1.0)}
    | both(r, "mouthUpperUp", r.uniform(0.3, 0.9))
    | both(r, "mouthLowerDown", r.uniform(0.3, 0.9))
    | both(r, "mouthStretch", r.uniform(0.2, 0.7)),
    "surprise": lambda r: {"jawOpen": r.uniform(0.5, 0.85), "mouthFunnel": r.uniform(0.2, 0.6)}
    | both(r, "eyeWide", r.uniform(0.3, 0.9)) | {"browInnerUp": r.uniform(0.2, 0.9)},
    "tongue": lambda r: {"jawOpen": r.uniform(0.45, 0.8), "tongueOut": r.uniform(0.4, 1.0)},
}  # fmt: skip
KINDS = {"none": NONE, "pout": POUT, "smile": SMILE, "open": OPEN}
"""The kinds of each expression, each with equal probability."""


def varied(label: str, rng: np.random.Generator) -> tuple[str, Weights]:
    """Return a random kind of an expression and its face unit weights."""
    kinds = KINDS[label]
    kind = str(rng.choice(list(kinds)))
    return kind, _rest_of_face(rng) | kinds[kind](rng)


def _rest_of_face(rng: np.random.Generator) -> Weights:
    """Return random weights of eyes and brows, independent of the mouth."""
    weights = both(rng, "eyeBlink", rng.uniform(-0.15, 0.15), 0.0)
    if rng.random() < 0.08:
        weights = both(rng, "eyeBlink", rng.uniform(0.6, 1.0), 0.05)
    if rng.random() < 0.4:
        weights |= both(rng, "browDown", rng.uniform(0, 0.7))
    elif rng.random() < 0.4:
        weights |= {"browInnerUp": rng.uniform(0, 0.7)}
    if rng.random() < 0.3:
        weights |= both(rng, "eyeSquint", rng.uniform(0, 0.7))
    if rng.random() < 0.15:
        weights |= {"cheekPuff": rng.uniform(0, 0.35)}
    return weights
