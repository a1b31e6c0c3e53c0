"""Draw the 3D heads: 26 random persons, each with the four expressions."""

from pathlib import Path

import numpy as np
from PIL import Image

from research.synthetic_faces.compose import background, develop
from research.synthetic_faces.expression import LABELS, weights_of
from research.synthetic_faces.hair import brows, grow
from research.synthetic_faces.head_mesh import parts, read_obj
from research.synthetic_faces.paint import skin_colours
from research.synthetic_faces.person import Person, blend, invent
from research.synthetic_faces.renderer import Renderer
from research.synthetic_faces.scene import Solid, Strands
from research.synthetic_faces.studio import lighting, stand

PICTURE = 448
LEFT_OUT = (15, 24)  # dlib misses the lips; a look that could offend
PERSONS = [number for number in range(1, 29) if number not in LEFT_OUT]
KINDS = {"eyes": 1, "upper_teeth": 2, "lower_teeth": 2, "tongue": 3}


def solids(person: Person, points: np.ndarray) -> list[Solid]:
    """Return the meshes of skin, eyes, teeth and tongue from deformed base vertices."""
    base, _, _ = read_obj()
    colour, mask = skin_colours(person)
    found = []
    for name, part in parts().items():
        place = part.matrix @ points
        if "teeth" in name:
            place = place + np.array(
                [0, 0, 0.035]
            )  # the base mesh keeps its teeth far behind the lips
        plain = np.zeros_like(place)
        albedo, masked = (colour, mask) if name == "skin" else (plain, plain)
        found.append(
            Solid(
                KINDS.get(name, 0),
                part.triangles,
                part.coarse,
                place,
                part.normals(place),
                part.matrix @ base,
                albedo,
                masked,
            )
        )
    return found


def draw(
    renderer: Renderer,
    person: Person,
    grown: Strands | None,
    label: str,
    side: int = PICTURE,
    seed: int | None = None,
) -> Image.Image:
    """Return a picture of `person` with the expression `label`; the seed fixes light and camera."""
    seed = person.seed * 10 + LABELS.index(label) if seed is None else seed
    rng = np.random.default_rng(seed)
    points = person.points + blend(weights_of(label, seed))
    skin = parts()["skin"].matrix
    at_rest, moved = skin @ person.points, skin @ points
    hair = [Strands(*brows(person, at_rest, moved))]
    if grown is not None:
        hair.append(grown)
    camera = stand(rng, parts()["eyes"].matrix @ points)
    light = lighting(rng)
    uniforms = {
        "eye_left": tuple(read_obj()[0][14598:14670].mean(0)),
        "iris": tuple(person.iris),
        "cloth": tuple(person.cloth),
        "bump": 0.0016 + 0.0022 * person.old,
        "stubble": min(1.0, person.beard * 1.2),
        "seed": float(person.number),
    }
    images = renderer.picture(solids(person, points), hair, light, camera, uniforms)
    behind = background(rng, light)
    return develop(images, behind, rng, side)


def draw_heads(out: Path, persons: list[int] | None, labels: list[str] | None) -> None:
    """Render each person with each label into `out`; by default all of them."""
    out.mkdir(parents=True, exist_ok=True)
    renderer = Renderer()
    for number in persons or PERSONS:
        person = invent(number)
        grown = hair_of(person)
        for label in labels or LABELS:
            picture = draw(renderer, person, grown, label)
            picture.save(out / f"head-{number:03d}-{label}.jpg", quality=88, subsampling=0)
        print(f"head-{number:03d} {person.race} {'man' if person.male else 'woman'} {person.style}")


def hair_of(person: Person) -> Strands | None:
    """Grow the hair of a person; None for a bald one."""
    strands = grow(person, parts()["skin"].matrix @ person.points)
    return Strands(*strands) if strands else None
