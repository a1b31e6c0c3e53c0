"""Draw many varied 3D heads with exact lip points, keypoints and face unit weights.

These pictures are the only training pictures of the networks with free terms: the mesh, its shape
targets and the face units are CC0, and everything else is drawn by this code.
"""

from __future__ import annotations

import csv
import dataclasses
import json
from functools import lru_cache
from pathlib import Path

import numpy as np
from PIL import Image

from research.synthetic_faces.compose import background, develop
from research.synthetic_faces.expression import LABELS
from research.synthetic_faces.hair import brows
from research.synthetic_faces.head_extras import beard, glasses
from research.synthetic_faces.head_mesh import parts, read_obj, shape
from research.synthetic_faces.paint import masks
from research.synthetic_faces.person import HAIRS, SKINS, Person, blend, full_lips, invent
from research.synthetic_faces.rendered_heads import hair_of, solids
from research.synthetic_faces.renderer import Renderer
from research.synthetic_faces.scene import (
    Camera,
    Light,
    Solid,
    Strands,
    look_at,
    perspective,
)
from research.synthetic_faces.studio import KEYS, lighting
from research.synthetic_faces.varied_expression import varied

SIDE, RENDERED, TILE = 320, 512, 160
"""Side of a picture, of the rendered image and of a shadow map, in pixels."""
FIRST = 20_000
"""Number of the first person: no person of the demo or of other training sets."""
CHILDREN, GLASSES = 0.12, 0.22
"""Shares of children and of persons with glasses."""
LIP_FRACTIONS = (0.85, 0.66, 0.44, 0.22)
"""Distances of the lip points from the middle, as fractions of half the mouth width."""
COLUMNS = (
    "file", "person", "label", "kind", "race", "male", "age", "beard", "glasses", "yaw", "pitch",
    "roll", "x0", "y0", "x1", "y1", "weights",
)  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Look:
    """What a person keeps in all pictures: shape, hair, beard and glasses.

    Attributes:
        person: shape at rest and colours.
        age: `child` or `adult` or `old`.
        hair: head hair; None for a bald head.
        beard_length: length of the beard in decimetres; 0 for none.
        moustache: False for a beard without hair above the mouth.
        glasses: seed of the glasses; None for none.
    """

    person: Person
    age: str
    hair: Strands | None
    beard_length: float
    moustache: bool
    glasses: int | None


def look(number: int) -> Look:
    """Return the look of person `number`, which determines everything."""
    rng = np.random.default_rng(90_000_000 + number)
    person = invent(number)
    points = person.points + full_lips(rng.uniform(-0.4, 0.65))
    age = "old" if person.old > 0.35 else "adult"
    if rng.random() < CHILDREN:
        age = "child"
        points = points + _younger(person, rng.uniform(0.5, 0.95))
    pale, dark = SKINS[person.race][0], SKINS[person.race][2]
    share = rng.uniform(-0.15, 1.15)
    skin = (np.array(pale) ** (1 - share) * np.array(dark) ** share).clip(0.015, 0.75)
    skin = skin * rng.uniform(0.88, 1.1, 3) ** 0.5
    lip = person.lip * (skin / person.skin) ** 0.7
    hairs = HAIRS[person.race] if rng.random() < 0.85 else HAIRS["caucasian"]
    hair = np.array(hairs[rng.integers(len(hairs))])
    if age == "old":
        hair = 0.4 * hair + 0.6 * np.array([0.20, 0.19, 0.185])
    shadow = person.beard if age != "child" else 0.0
    person = dataclasses.replace(
        person, points=points, skin=skin, lip=lip.clip(0.01, 0.8), hair=hair, beard=shadow
    )
    bearded = person.male and age != "child" and rng.random() < 0.4
    return Look(
        person=person,
        age=age,
        hair=hair_of(person) if rng.random() < 0.6 or not person.male else None,
        beard_length=float(np.exp(rng.uniform(np.log(0.02), np.log(0.17)))) if bearded else 0.0,
        moustache=bool(rng.random() < 0.75),
        glasses=int(rng.integers(1 << 30)) if rng.random() < GLASSES else None,
    )


def _younger(person: Person, amount: float) -> np.ndarray:
    """Return the offset from a young adult to a child, with the head where it was."""
    gender = "male" if person.male else "female"
    child = shape(f"macrodetails/{person.race}-{gender}-child")
    adult = shape(f"macrodetails/{person.race}-{gender}-young")
    offset = amount * (child - adult)
    eyes = slice(14598, 14742)
    return offset - offset[eyes].mean(0)


def camera(rng: np.random.Generator, eyes: np.ndarray) -> tuple[Camera, list[float]]:
    """Return a camera, and its yaw, pitch and roll in degrees; more extreme than `studio.stand`."""
    middle = eyes.mean(0) + np.array([0, -0.3, -0.5])
    spread = np.array([17.0, 9.0, 9.0])
    degrees = np.clip(rng.normal(0, 1, 3), -2.4, 2.4) * spread
    yaw, pitch, roll = np.radians(degrees)
    field = rng.uniform(14, 40)
    wide = rng.uniform(2.1, 3.2)  # decimetres across the picture at the head
    away = wide / 2 / np.tan(np.radians(field) / 2)
    way = np.array([np.sin(yaw) * np.cos(pitch), np.sin(pitch), np.cos(yaw) * np.cos(pitch)])
    shift = np.append(rng.uniform(-0.15, 0.15, 2), 0)
    eye = middle + shift + way * away
    up = np.array([np.sin(roll), np.cos(roll), 0])
    view = perspective(field) @ look_at(eye, middle + shift, up)
    return Camera(eye, middle, view), [float(v) for v in degrees]


def varied_light(rng: np.random.Generator) -> Light:
    """Return a random light: soft as in a studio, or hard, coloured, from the side or below."""
    light = lighting(rng)
    shine = light.shine.copy()
    if rng.random() < 0.35:  # little light besides the main one
        shine[KEYS:] *= rng.uniform(0.15, 0.6)
    if rng.random() < 0.2:  # no main light: an overcast day
        shine[:KEYS] *= rng.uniform(0, 0.3)
    if rng.random() < 0.2:
        shine *= rng.uniform(0.75, 1.25, 3)
    toward = light.toward.copy()
    if rng.random() < 0.15:  # from below, such as a screen
        toward[:KEYS, 1] = -np.abs(toward[:KEYS, 1])
    return dataclasses.replace(light, toward=toward, shine=shine)


@lru_cache(1)
def lip_vertices() -> np.ndarray:
    """Return (20,) skin vertices around the lips: as `OUTER_LIPS`, from the subject's right."""
    rest, lips = masks()["rest"], masks()["lips"]
    x, y, z = rest.T
    area = np.nonzero((lips > 0.5) & (z > 1.4) & (y > 6.45) & (y < 6.8))[0]
    # The subject's right is at negative x, and on the left of the picture.
    right, left = area[x[area].argmin()], area[x[area].argmax()]
    half = (x[left] - x[right]) / 2
    across = np.array([-f for f in LIP_FRACTIONS] + [0.0] + list(LIP_FRACTIONS[::-1])) * half

    def border(at: float, sign: int) -> int:
        near = area[np.abs(x[area] - at) < 0.02]
        # Mostly the height decides; among equals, the vertex nearest to the wanted place.
        return int(near[(sign * y[near] - 0.3 * np.abs(x[near] - at)).argmax()])

    lower, upper = ([border(at, sign) for at in across] for sign in (-1, 1))
    return np.array([right, *lower, left, *upper[::-1]])


def project(camera: Camera, points: np.ndarray, side: int = SIDE) -> np.ndarray:
    """Return the (n, 2) pixels of (n, 3) points; pixel centres lie at whole numbers."""
    clip = np.column_stack([points, np.ones(len(points))]) @ camera.view.T
    place = clip[:, :2] / clip[:, 3:]
    return (place * [0.5, -0.5] + 0.5) * side - 0.5


def keypoints(camera: Camera, points: np.ndarray) -> np.ndarray:
    """Return the (27, 2) points of a face: box corners, eyes, nose tip, mouth corners, lips."""
    base, _, _ = read_obj()
    eyes, eyes_rest = parts()["eyes"].matrix @ points, parts()["eyes"].matrix @ base
    skin, rest = parts()["skin"].matrix @ points, masks()["rest"]
    nose = skin[int(rest[:, 2].argmax())]
    lips = project(camera, skin[lip_vertices()])
    five = project(
        camera,
        np.stack([eyes[eyes_rest[:, 0] < 0].mean(0), eyes[eyes_rest[:, 0] > 0].mean(0), nose]),
    )
    # From the brow to the chin, in front of the ears: the area of a face mesh.
    face = (rest[:, 2] > 0.62) & (rest[:, 1] > 6.2) & (rest[:, 1] < 7.85)
    area = project(camera, skin[face])
    return np.concatenate([[area.min(0), area.max(0)], five, lips[[0, 10]], lips])


def draw(
    renderer: Renderer, seen: Look, label: str, seed: int
) -> tuple[Image.Image, np.ndarray, dict]:
    """Return a picture, its (27, 2) points, and the fields of its table row."""
    rng = np.random.default_rng(seed)
    person = seen.person
    kind, weights = varied(label, rng)
    points = person.points + blend(weights)
    skin = parts()["skin"].matrix
    at_rest, moved = skin @ person.points, skin @ points
    hairs = [Strands(*brows(person, at_rest, moved))]
    if seen.hair is not None:
        hairs.append(seen.hair)
    if seen.beard_length:
        hairs.append(beard(person, at_rest, moved, seen.beard_length, seen.moustache))
    meshes: list[Solid] = solids(person, points)
    if seen.glasses is not None:
        meshes.append(glasses(np.random.default_rng(seen.glasses), person.points))
    view, degrees = camera(rng, parts()["eyes"].matrix @ points)
    light = varied_light(rng)
    uniforms = {
        "eye_left": tuple(read_obj()[0][14598:14670].mean(0)),
        "iris": tuple(person.iris),
        "cloth": tuple(person.cloth),
        "bump": 0.0012 + 0.0026 * person.old,
        "stubble": min(1.0, person.beard * 1.2),
        "seed": float(person.number % 1000),
    }
    images = renderer.picture(meshes, hairs, light, view, uniforms)
    image = develop(images, background(rng, light, RENDERED), rng, SIDE)
    found = keypoints(view, points)
    row = {
        "person": person.number, "label": label, "kind": kind, "race": person.race,
        "male": int(person.male), "age": seen.age, "beard": round(seen.beard_length, 3),
        "glasses": int(seen.glasses is not None),
        **{n: round(v, 1) for n, v in zip(("yaw", "pitch", "roll"), degrees, strict=True)},
        **{n: round(float(v), 2) for n, v in zip(
            ("x0", "y0", "x1", "y1"), (*found[7:].min(0), *found[7:].max(0)), strict=True)},
        "weights": json.dumps({k: round(float(v), 3) for k, v in weights.items()}),
    }  # fmt: skip
    return image, found, row


def draw_varied_heads(out: Path, persons: int) -> None:
    """Render each person with each label into `out`; resume after the last finished person.

    Writes `heads.csv`, one row per picture, and `points.npz`: `files` (n,) and `points`
    (n, 27, 2) of `keypoints`, in pixels of the pictures.
    """
    out.mkdir(parents=True, exist_ok=True)
    renderer = Renderer(RENDERED, TILE)
    for number in range(FIRST, FIRST + persons):
        part = out / f"{number}.json"
        if part.exists():
            continue
        seen, rows = look(number), []
        for turn, label in enumerate(LABELS):
            image, points, row = draw(renderer, seen, label, number * 10 + turn)
            row["file"] = f"{number}-{label}.jpg"
            image.save(out / row["file"], quality=93, subsampling=0)
            rows.append(row | {"points": np.round(points, 2).astype(float).tolist()})
        part.write_text(json.dumps(rows), encoding="utf-8")
    collect(out)


def collect(out: Path) -> None:
    """Join the rows of all finished persons in `heads.csv` and `points.npz`."""
    rows = [row for part in sorted(out.glob("[0-9]*.json"))
            for row in json.loads(part.read_text(encoding="utf-8"))]  # fmt: skip
    np.savez_compressed(
        out / "points.npz",
        files=np.array([row["file"] for row in rows]),
        points=np.array([row["points"] for row in rows], np.float32),
    )
    with (out / "heads.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, COLUMNS, extrasaction="ignore")
        table.writeheader()
        table.writerows(rows)
