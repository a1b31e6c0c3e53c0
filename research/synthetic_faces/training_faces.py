"""Draw generated faces for training, and measure them with MediaPipe's face landmarker.

Each person of the GAN is drawn twice, with the mouth as it is and with another one; each 3D head
is drawn six times. The measures in OUT/faces.jsonl decide the label of a GAN face; a 3D head has
the label of its face units.
"""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from research.common.face_landmarker import FaceLandmarker, mouth
from research.common.landmarks import OUTER_LIPS
from research.synthetic_faces.gan_faces import Directions, express, small
from research.synthetic_faces.pucker import pucker

SIDE = 320
FACES_FROM, HEADS_FROM = 10_000, 1_000  # different persons from those of the demo and the fit
NATURAL, PURSED = 0.85, 0.75  # truncation of a usual person; share of mouths at rest to be pursed
OPENED = 0.6  # share of persons who open their mouth
EXPRESSIONS = ("none", "pout", "smile", "open", "none", "pout")


def goal(rng: np.random.Generator) -> dict[str, float]:
    """Return random target measures of a mouth: closed or smiling."""
    if rng.random() < 0.5:
        return {"smile": rng.uniform(-0.1, 0.1), "gap": 0.0}
    return {"smile": rng.uniform(0.5, 1.0), "gap": rng.uniform(0.0, 0.2)}


def faces(work: Path, start: int) -> Iterator[tuple[str, np.ndarray, str]]:
    """Yield name, picture (1024, 1024, 3) and label: `pout` if pursed, otherwise empty."""
    from research.synthetic_faces.stylegan import Generator

    generator, directions = Generator(), Directions(work)
    with FaceLandmarker() as landmarker:
        for number in range(FACES_FROM + start, 100_000):
            rng = np.random.default_rng(number)
            style = generator.person(number, NATURAL + rng.uniform(-0.2, 0.1))
            image = generator.picture(style)
            yield f"face-{number}-a", image, ""
            if (seen := landmarker(small(image))) is None:
                continue
            if rng.random() < OPENED:  # one step falls short of an open mouth
                yield (
                    f"face-{number}-b",
                    express(generator, landmarker, directions, style, "open")[0],
                    "",
                )
                continue
            found = mouth(*seen)
            change = {name: value - found[name] for name, value in goal(rng).items()}
            image = generator.picture(style, directions.edit(change))
            yield f"face-{number}-b", image, ""
            if (seen := landmarker(small(image))) is None:
                continue
            found = mouth(*seen)
            # A gap that is pulled together is the small "o" of a whistle.
            at_rest = found["gap"] < 0.16 and found["smile"] < 0.3 and found["pucker"] < 0.6
            if at_rest and rng.random() < PURSED:
                narrow, tall = rng.uniform(0.4, 0.75), rng.uniform(0.15, 0.4)
                yield f"face-{number}-c", pucker(image, seen[1], narrow, tall), "pout"


def heads(start: int) -> Iterator[tuple[str, np.ndarray, str]]:
    """Yield name, picture (SIDE, SIDE, 3) and label; every other head has no hair, to save time."""
    from research.synthetic_faces.person import invent
    from research.synthetic_faces.rendered_heads import draw, hair_of
    from research.synthetic_faces.renderer import Renderer

    renderer = Renderer()
    for number in range(HEADS_FROM + start, 10_000):
        person = invent(number)
        grown = hair_of(person) if number % 2 else None
        for turn, label in enumerate(EXPRESSIONS):
            seed = (number * 10 + turn) * 7
            image = draw(renderer, person, grown, label, SIDE, seed)
            yield f"head-{number}-{turn}", np.asarray(image), label


def keep(made: Iterator[tuple[str, np.ndarray, str]], out: Path, table: Path, until: int) -> None:
    """Save pictures with a detected face and their table rows, up to person number `until`."""
    with FaceLandmarker() as landmarker, table.open("a") as lines:
        for name, image, label in made:
            person = int(name.split("-")[1])
            if person >= until:
                return
            picture = small(image, SIDE)
            if (seen := landmarker(picture)) is None:
                continue
            units, points = seen
            Image.fromarray(picture).save(out / f"{name}.jpg", quality=92, subsampling=0)
            lips = points[OUTER_LIPS, :2] * SIDE
            row = {
                "file": f"{name}.jpg",
                "person": person,
                "label": label,
                "lips": [round(float(v), 1) for v in (*lips.min(0), *lips.max(0))],
                "measures": {k: round(float(v), 4) for k, v in mouth(units, points).items()},
                "units": {k: round(v, 4) for k, v in units.items() if "mouth" in k or "jaw" in k},
                "points": np.round(points[:, :2] * SIDE, 1).astype(float).ravel().tolist(),
            }
            lines.write(json.dumps(row) + "\n")
            lines.flush()


def draw_training_faces(work: Path, out: Path, persons: int) -> None:
    """Draw GAN faces of `persons` persons; resume after the last person in the table."""
    _draw(lambda start: faces(work, start), out, "faces", FACES_FROM, persons)


def draw_training_heads(out: Path, persons: int) -> None:
    """Render 3D heads of `persons` persons; resume after the last person in the table."""
    _draw(heads, out, "heads", HEADS_FROM, persons)


def _draw(
    draw: Callable[[int], Iterator[tuple[str, np.ndarray, str]]],
    out: Path,
    name: str,
    first: int,
    persons: int,
) -> None:
    out.mkdir(parents=True, exist_ok=True)
    table = out / f"{name}.jsonl"
    rows = table.read_text().splitlines() if table.exists() else []
    start = json.loads(rows[-1])["person"] + 1 - first if rows else 0
    keep(draw(start), out, table, first + persons)
