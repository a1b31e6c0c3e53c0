"""Draw the GAN faces: fit directions of mouth measures in style space, then edit persons.

`fit_directions` samples faces and saves their measures; `draw_faces` draws the pictures.
"""

from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from research.common.face_landmarker import FaceLandmarker, mouth
from research.synthetic_faces.pucker import pucker
from research.synthetic_faces.stylegan import Generator

PICTURE = 448
# Left out below 30: children, second faces or hands at the edge, a mouth that would not open.
PERSONS = [2, 3, 4, 5, 6, 7, 9, 10, 12, 13, 14, 15, 19, 20, 21, 22, 23, 24, 25, 27, 28, 29]
SAMPLES = 400
FIRST_SAMPLE = 1000  # persons below this number are for the pictures, never for the fit
RIDGE = 20.0
GOALS = {  # target measures of each label; other measures are kept
    "none": {"smile": 0.02, "gap": 0.0, "pucker": 0.25},
    "smile": {"smile": 0.92, "gap": 0.12, "pucker": 0.0},
    "open": {"smile": -0.1, "gap": 0.46, "pucker": 0.3, "width": 0.50},
    "pout": {"smile": -0.05, "gap": 0.0, "pucker": 0.95},  # then pursed, see pucker.py
}
KEEP = ("yaw", "squint", "blink")
TOLERANCE = {"smile": 0.25, "gap": 0.12, "pucker": 0.5, "width": 0.08}


def fit_directions(work: Path) -> None:
    """Sample faces, measure their mouths, and save styles and measures to `work`/samples.npz."""
    generator = Generator()
    styles, rows = [], []
    with FaceLandmarker() as landmarker:
        for number in range(FIRST_SAMPLE, FIRST_SAMPLE + SAMPLES):
            style = generator.person(number, 0.85)
            if seen := landmarker(small(generator.picture(style), 384)):
                styles.append(style)
                rows.append(list(mouth(*seen).values()))
    work.mkdir(parents=True, exist_ok=True)
    np.savez(work / "samples.npz", W=styles, M=rows)


def small(image: np.ndarray, side: int = PICTURE) -> np.ndarray:
    """Return a picture reduced to (side, side)."""
    return cv2.resize(image, (side, side), interpolation=cv2.INTER_AREA)


class Directions:
    """Linear directions in style space that change one mouth measure and keep the others."""

    names = ("smile", "gap", "pucker", "width", "yaw", "squint", "blink")

    def __init__(self, work: Path) -> None:
        data = np.load(work / "samples.npz")
        styles = data["W"] - data["W"].mean(0)
        measures = data["M"] - data["M"].mean(0)
        self.unit = np.sqrt((styles**2).sum(1).mean())  # how far a usual person is from the mean
        # 400 samples for 512 dimensions: without a ridge, the slopes would not be unique.
        ridge = RIDGE * np.trace(styles.T @ styles) / 512 / len(styles)
        gram = styles.T @ styles + ridge * np.eye(512)
        self.slopes = np.linalg.solve(gram, styles.T @ measures)  # (512, measures)

    def edit(self, change: dict[str, float]) -> np.ndarray:
        """Return the smallest style edit (512,) that changes the measures by `change`."""
        use = [k for k, name in enumerate(self.names) if name in change or name in KEEP]
        change_vector = np.array([change.get(self.names[k], 0.0) for k in use])
        # The edit of smallest norm with slopes.T @ edit = change: other properties change least.
        slopes = self.slopes[:, use]
        return slopes @ np.linalg.solve(slopes.T @ slopes, change_vector)


def miss(found: dict[str, float], goal: dict[str, float]) -> float:
    """Return the distance of the measures from the goal, in tolerances."""
    return sum(abs(found[name] - value) / TOLERANCE[name] for name, value in goal.items())


def express(
    generator: Generator,
    landmarker: FaceLandmarker,
    directions: Directions,
    style: np.ndarray,
    label: str,
    steps: int = 4,
) -> tuple[np.ndarray, float]:
    """Return the face of `style` with the expression `label`, and its distance from the goal."""
    goal, edit = GOALS[label], np.zeros(512)
    best, best_score = generator.picture(style), np.inf
    for _ in range(steps):
        image = generator.picture(style, edit)
        seen = landmarker(small(image))
        if seen is None:
            break
        found = mouth(*seen)
        # The size of the edit counts, since a large edit changes the person.
        score = miss(found, goal) + np.linalg.norm(edit) / directions.unit
        if score < best_score:
            best, best_score = image, float(score)
        # Small steps, measured again each time, since the slopes are only linear.
        change = {name: np.clip(v - found[name], -0.6, 0.6) for name, v in goal.items()}
        edit = edit + 0.9 * directions.edit(change)
    return best, best_score


def pout(image: np.ndarray, landmarker: FaceLandmarker, number: int) -> np.ndarray:
    """Return the closed mouth of person `number`, pursed by a random amount."""
    rng = np.random.default_rng(number)
    measured = landmarker(small(image))
    if measured is None:
        raise SystemExit(f"person {number}: the face landmarker finds no face to purse")
    points = measured[1]
    return pucker(image, points, narrow=rng.uniform(0.5, 0.68), tall=rng.uniform(0.32, 0.40))


def draw_faces(work: Path, out: Path, persons: list[int] | None, labels: list[str] | None) -> None:
    """Draw each person with each label into `out`; by default all of them."""
    generator, directions = Generator(), Directions(work)
    out.mkdir(parents=True, exist_ok=True)
    with FaceLandmarker() as landmarker:
        for number in persons or PERSONS:
            for label in labels or GOALS:
                image, score = express(
                    generator, landmarker, directions, generator.person(number), label
                )
                if label == "pout":
                    image = pout(image, landmarker, number)
                name = f"face-{number:03d}-{label}.jpg"
                Image.fromarray(small(image)).save(out / name, quality=88, subsampling=0)
                print(name, f"{score:.2f}", flush=True)
