"""Draw the 3D heads: 26 invented persons, each with the four expressions."""

import argparse
from pathlib import Path

import numpy as np
from compose import background, develop
from expression import LABELS, weights_of
from hair import brows, grow
from mesh import parts, read_obj
from paint import skin_colours
from person import Person, blend, invent
from PIL import Image
from render import Renderer
from scene import Solid, Strands
from studio import lighting, stand

PICTURE = 448
LEFT_OUT = (15, 24)  # dlib misses the lips; a look that could offend
PERSONS = [number for number in range(1, 29) if number not in LEFT_OUT]
KINDS = {"eyes": 1, "upper_teeth": 2, "lower_teeth": 2, "tongue": 3}


def solids(person: Person, points: np.ndarray) -> list[Solid]:
    """Skin, eyes, teeth and tongue of the deformed base vertices."""
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
    """One picture of `person` with the expression `label`, as the seed has it."""
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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path, help="folder for the pictures")
    parser.add_argument("--persons", type=int, nargs="+", default=PERSONS)
    parser.add_argument("--labels", nargs="+", default=LABELS, choices=LABELS)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    renderer = Renderer()
    for number in args.persons:
        person = invent(number)
        strands = grow(person, parts()["skin"].matrix @ person.points)
        grown = Strands(*strands) if strands else None
        for label in args.labels:
            picture = draw(renderer, person, grown, label)
            picture.save(args.out / f"head-{number:03d}-{label}.jpg", quality=88, subsampling=0)
        print(f"head-{number:03d} {person.race} {'man' if person.male else 'woman'} {person.style}")


if __name__ == "__main__":
    main()
