"""Tilted heads: the accuracy on pictures that are rotated in the image plane.

Each picture is rotated about its centre on a larger canvas, with repeated border. Only the largest
face counts; a picture without a detected face counts as wrong. Without DATA, every second bundled
picture is used; with it, the pictures in its folders none, pout, smile and open.

Example: python -m benchmarks.roll photos/ --most 300
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import cv2
import numpy as np

from moue.errors import ImageError
from moue.media.image import read_image
from moue.predict.predictor import Predictor
from moue.workspace.types import LABELS, Image

ANGLES = (0, 20, -20, 30, -30, 45, -45, 90, -90, 180)
"""Degrees, clockwise."""
SURE = 0.9


@dataclass(frozen=True, slots=True)
class Outcome:
    """The results at one angle; `sure` counts wrong predictions with more than `SURE`."""

    degrees: float
    count: int
    found: int
    right: int
    sure: int

    @property
    def accuracy(self) -> float:
        """Share of correct pictures; pictures without a detected face count as wrong."""
        return self.right / max(1, self.count)


def turned(image: Image, degrees: float) -> Image:
    """Return a picture rotated clockwise about its centre, on a canvas that contains all of it."""
    height, width = image.shape[:2]
    # OpenCV puts pixel centres at whole numbers; its positive angles are anticlockwise.
    center = ((width - 1) / 2, (height - 1) / 2)
    matrix = np.asarray(cv2.getRotationMatrix2D(center, -degrees, 1.0), np.float64)
    # The diagonal: the canvas contains the picture at every angle.
    side = int(np.ceil(np.hypot(height, width)))
    matrix[:, 2] += np.array([side - width, side - height]) / 2
    canvas = cv2.warpAffine(
        image, matrix, (side, side), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(canvas, np.uint8)


def bundled() -> list[tuple[Path, str]]:
    """Return every second bundled picture and its label."""
    folder = Path(str(files("moue") / "demo" / "pictures"))
    return [(path, path.stem.rsplit("-", 1)[-1]) for path in sorted(folder.glob("*.jpg"))[::2]]


def labelled(folder: Path, most: int | None) -> list[tuple[Path, str]]:
    """Return the pictures in the folders named after labels; at most `most`, evenly chosen."""
    found = [(path, label) for label in LABELS for path in sorted((folder / label).glob("*"))]
    if most is None or most >= len(found):
        return found
    return [found[index * len(found) // most] for index in range(most)]


def measure(
    predictor: Predictor[str], pictures: Sequence[tuple[Path, str]], degrees: float
) -> Outcome:
    """Return the results on pictures rotated by `degrees`."""
    count = found = right = sure = 0
    for path, label in pictures:
        try:
            image = read_image(path)
        except (ImageError, OSError):
            continue
        count += 1
        for one in predictor.predict(turned(image, degrees))[:1]:
            found += 1
            right += one.label == label
            sure += one.label != label and one.probability > SURE
    return Outcome(degrees, count, found, right, sure)


def main() -> None:
    """Print one line per angle."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.roll", description=__doc__)
    parser.add_argument("data", nargs="?", type=Path, help="folder of none/ pout/ smile/ open/")
    parser.add_argument("--most", type=int, help="maximum number of pictures, evenly chosen")
    parser.add_argument("--angles", type=float, nargs="+", default=ANGLES, help="degrees")
    parser.add_argument("--json", action="store_true", help="print a JSON object per angle")
    parser.add_argument("--model", default="mouth", help="name of a bundled model")
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    predictor = Predictor.load(arguments.model)
    pictures = bundled() if arguments.data is None else labelled(arguments.data, arguments.most)
    for degrees in arguments.angles:
        one = measure(predictor, pictures, degrees)
        if arguments.json:
            fields = ("degrees", "count", "found", "right", "sure")
            print(json.dumps({name: getattr(one, name) for name in fields}), flush=True)
        else:
            print(
                f"{degrees:5g} degrees: found {one.found} of {one.count}, right {one.right} "
                f"({one.accuracy:.1%}), wrong with over {SURE:.0%} {one.sure}",
                flush=True,
            )


if __name__ == "__main__":
    main()
