"""Random persons from a seed: shape targets, colours and hair."""

from dataclasses import dataclass, field

import numpy as np

from research.synthetic_faces.head_mesh import read_obj, shape, unit

EYES = slice(14598, 14742)  # vertices of both eyeballs
RACES = ("african", "asian", "caucasian")
SKINS = {  # linear-light albedo, from light to dark within each group
    "african": ((0.26, 0.14, 0.085), (0.16, 0.08, 0.047), (0.10, 0.048, 0.029)),
    "asian": ((0.62, 0.40, 0.28), (0.54, 0.33, 0.21), (0.44, 0.25, 0.15)),
    "caucasian": ((0.68, 0.44, 0.345), (0.60, 0.37, 0.27), (0.48, 0.28, 0.18)),
}
HAIRS = {
    "african": ((0.012, 0.009, 0.007), (0.02, 0.013, 0.009)),
    "asian": ((0.010, 0.008, 0.007), (0.022, 0.014, 0.010)),
    "caucasian": (
        (0.05, 0.026, 0.013),
        (0.16, 0.09, 0.04),
        (0.30, 0.19, 0.085),
        (0.16, 0.05, 0.018),
    ),
}
IRISES = {
    "african": ((0.05, 0.022, 0.01),),
    "asian": ((0.05, 0.022, 0.01), (0.08, 0.038, 0.016)),
    "caucasian": ((0.07, 0.035, 0.015), (0.09, 0.13, 0.19), (0.10, 0.13, 0.07), (0.13, 0.16, 0.17)),
}
STYLES = {  # by race and whether a man
    ("african", True): ("buzz", "curly", "buzz", "bald"),
    ("african", False): ("curly", "back", "curly", "bob"),
    ("asian", True): ("short", "buzz", "short"),
    ("asian", False): ("bob", "long", "back"),
    ("caucasian", True): ("short", "bald", "short", "curly", "buzz"),
    ("caucasian", False): ("long", "bob", "curly", "back"),
}
DETAILS = (  # pairs of opposite targets; each person gets a random amount of one of the two
    ("nose/nose-width1-decr", "nose/nose-width1-incr", 0.5),
    ("nose/nose-point-width-decr", "nose/nose-point-width-incr", 0.5),
    ("nose/nose-hump-decr", "nose/nose-hump-incr", 0.5),
    ("nose/nose-scale-vert-decr", "nose/nose-scale-vert-incr", 0.35),
    ("nose/nose-point-down", "nose/nose-point-up", 0.4),
    ("mouth/mouth-scale-horiz-decr", "mouth/mouth-scale-horiz-incr", 0.3),
    ("mouth/mouth-cupidsbow-decr", "mouth/mouth-cupidsbow-incr", 0.7),
    ("mouth/mouth-trans-down", "mouth/mouth-trans-up", 0.3),
    ("chin/chin-width-decr", "chin/chin-width-incr", 0.5),
    ("chin/chin-height-decr", "chin/chin-height-incr", 0.4),
    ("chin/chin-prominent-decr", "chin/chin-prominent-incr", 0.4),
    ("head/head-fat-decr", "head/head-fat-incr", 0.5),
    ("head/head-scale-horiz-decr", "head/head-scale-horiz-incr", 0.35),
    ("forehead/forehead-scale-vert-decr", "forehead/forehead-scale-vert-incr", 0.3),
    ("eyebrows/eyebrows-angle-down", "eyebrows/eyebrows-angle-up", 0.5),
    ("eyebrows/eyebrows-trans-down", "eyebrows/eyebrows-trans-up", 0.4),
)
PAIRED = (  # the same on both sides of the face
    ("cheek/{}-cheek-bones-decr", "cheek/{}-cheek-bones-incr", 0.6),
    ("cheek/{}-cheek-volume-decr", "cheek/{}-cheek-volume-incr", 0.5),
    ("eyes/{}-eye-scale-decr", "eyes/{}-eye-scale-incr", 0.35),
    ("eyes/{}-eye-corner2-down", "eyes/{}-eye-corner2-up", 0.5),
    ("eyes/{}-eye-height2-decr", "eyes/{}-eye-height2-incr", 0.4),
)
ASYMMETRY = (
    "asym/asym-mouth-1",
    "asym/asym-jaw-1",
    "asym/asym-eye-2",
    "asym/asym-nose-2",
    "asym/asym-brown-1",
)


@dataclass(frozen=True)
class Person:
    """A random person. `points` are the 19,158 base vertices at rest, in decimetres."""

    number: int
    points: np.ndarray = field(repr=False)
    male: bool
    old: float  # 0 a young adult, 1 very old
    race: str
    skin: np.ndarray
    lip: np.ndarray
    hair: np.ndarray
    iris: np.ndarray
    cloth: np.ndarray
    style: str
    beard: float  # 0 none, 0.3 a shadow, 1 a short beard
    seed: int


def face_shape(rng: np.random.Generator, race: str, male: bool, old: float) -> np.ndarray:
    """Base vertices of a grown-up: race, gender and age targets, then random details."""
    base, _, _ = read_obj()
    points = base.copy()
    gender = "male" if male else "female"
    # Mostly one group, with parts of the others, so that no two faces share the pure target.
    mix = rng.dirichlet([1.0, 1.0, 1.0]) * 0.3
    mix[RACES.index(race)] += 0.7
    heavy = rng.uniform(-0.5, 0.7)
    weight = "maxweight" if heavy > 0 else "minweight"
    for age, share in (("young", 1 - old), ("old", old)):
        for name, part in zip(RACES, mix, strict=True):
            points += share * part * shape(f"macrodetails/{name}-{gender}-{age}")
        body = f"macrodetails/universal-{gender}-{age}-averagemuscle-"
        points += share * (1 - abs(heavy)) * shape(body + "averageweight")
        points += share * abs(heavy) * shape(body + weight)
    for low, high, most in DETAILS:
        amount = rng.uniform(-most, most)
        points += abs(amount) * shape(high if amount > 0 else low)
    for low, high, most in PAIRED:
        amount = rng.uniform(-most, most)
        for side in "lr":
            points += abs(amount) * shape((high if amount > 0 else low).format(side))
    for name in ASYMMETRY:
        points += rng.uniform(0, 0.45) * shape(f"{name}-{rng.choice(['l', 'r'])}")
    return points + (base[EYES] - points[EYES]).mean(0)  # every head where the base mesh's is


def full_lips(amount: float) -> np.ndarray:
    """Lips that are full at rest (amount 1) or thin (amount below 0), with no expression."""
    way = "incr" if amount > 0 else "decr"
    names = ("upperlip-height", "lowerlip-height", "upperlip-volume", "lowerlip-volume")
    targets = [shape(f"mouth/mouth-{name}-{way}") for name in names]
    return abs(amount) * np.sum(targets, axis=0)


def invent(number: int) -> Person:
    """Return person `number`; the number determines all properties."""
    seed = 7000 + number
    rng = np.random.default_rng(seed)
    race, male = RACES[number % 3], bool((number // 3) % 2)
    old = float(rng.choice([0.0, 0.08, 0.2, 0.4, 0.62]))
    points = face_shape(rng, race, male, old)
    fullness = {0: 0.45, 1: 0.1, 2: -0.3, 3: 0.2, 4: 0.35}[number % 5] * rng.uniform(0.8, 1.1)
    points = points + full_lips(fullness)
    if fullness > 0.2:  # full lips on a wide mouth: not a pout
        points = points + 0.25 * shape("mouth/mouth-scale-horiz-incr")
    skin = np.array(SKINS[race][rng.integers(3)]) * rng.uniform(0.92, 1.05)
    pink = np.array([0.42, 0.16, 0.15]) if race != "african" else np.array([0.17, 0.066, 0.062])
    lip = (0.45 * skin * [1.0, 0.7, 0.8] + 0.55 * pink) * rng.uniform(0.82, 1.0)
    if not male and rng.random() < 0.45:  # lipstick, darker on dark skin
        stick = np.array([[0.36, 0.03, 0.05], [0.45, 0.13, 0.13]][rng.integers(2)])
        lip = 0.45 * lip + 0.55 * stick * (0.35 if race == "african" else 1.0)
    hair = np.array(HAIRS[race][rng.integers(len(HAIRS[race]))])
    if old > 0.35:
        grey = rng.uniform(0.35, 0.9)
        hair = (1 - grey) * hair + grey * np.array([0.20, 0.19, 0.185])
    iris = np.array(IRISES[race][rng.integers(len(IRISES[race]))])
    styles = STYLES[race, male]
    return Person(
        number,
        points,
        male,
        old,
        race,
        skin,
        lip,
        hair,
        iris,
        cloth=(rng.uniform(0.02, 0.4) + rng.uniform(-0.3, 0.3, 3) * 0.35).clip(0.01, 0.6),
        style=styles[number // 6 % len(styles)],
        beard=float(rng.choice([0.0, 0.2, 0.45, 1.0], p=[0.35, 0.25, 0.25, 0.15])) * male,
        seed=seed,
    )


def blend(weights: dict[str, float]) -> np.ndarray:
    """Return the weighted sum of face units, (19158, 3)."""
    return sum((value * unit(name) for name, value in weights.items()), np.zeros((1, 3)))
