"""Draw the top picture of the README from a demo: `python -m docs.figures.overview moue-demo`.

Left to right, the way of the pictures: raw files, faces found, mouths cut, answers given.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import PIL.Image
from PIL import ImageDraw

from moue import Predictor
from moue.demo.raw_folder import demo_pictures
from moue.face.mouth_crop import crop_square
from moue.media.draw import COLOURS, font
from moue.media.image import read_image
from moue.predict.annotate import annotate
from moue.workspace.types import LABELS

SIDE, GAP, MOUTH, HEAD = 236, 14, 112, 44
PERSONS = {"none": "face-014", "pout": "face-010", "smile": "face-012", "open": "face-022"}


def main() -> None:
    """Write docs/pictures/overview.jpg."""
    run = sorted((Path(sys.argv[1]) / "workspace" / "runs").glob("*/model.onnx"))[-1]
    predictor = Predictor.load(run)
    columns = [column(predictor, label, PERSONS[label]) for label in LABELS]
    width = len(columns) * (SIDE + GAP) + GAP
    canvas = PIL.Image.new("RGB", (width, HEAD + SIDE + GAP + MOUTH + 2 * GAP), "#fbfaf7")
    draw = ImageDraw.Draw(canvas)
    for index, (label, face, mouth) in enumerate(columns):
        x = GAP + index * (SIDE + GAP)
        draw.text((x, 12), label, fill=COLOURS[label], font=font(22))
        canvas.paste(face, (x, HEAD))
        canvas.paste(mouth, (x, HEAD + SIDE + GAP))
        for row, other in enumerate(others(predictor, label, PERSONS[label])):
            canvas.paste(other, (x + (row + 1) * (MOUTH + 12), HEAD + SIDE + GAP))
    target = Path(__file__).parents[1] / "pictures" / "overview.jpg"
    target.parent.mkdir(exist_ok=True)
    canvas.save(target, quality=90)


def column(
    predictor: Predictor, label: str, person: str
) -> tuple[str, PIL.Image.Image, PIL.Image.Image]:
    """The person's picture with its answer drawn, and the mouth that was looked at."""
    picture = next(p for p in demo_pictures() if p.person == person and p.label == label)
    image = read_image(picture.path)
    found = predictor.predict(image)
    drawn = annotate(image, tuple(found[:1]))
    return label, fitted(drawn, SIDE), fitted(crop_square(image, found[0].face.mouth_box), MOUTH)


def others(predictor: Predictor, label: str, person: str) -> list[PIL.Image.Image]:
    """Another mouth of the same label."""
    pictures = [p for p in demo_pictures() if p.label == label and p.person != person]
    image = read_image(pictures[3].path)
    face = predictor.predict(image)[0].face
    return [fitted(crop_square(image, face.mouth_box), MOUTH)]


def fitted(image: np.ndarray, side: int) -> PIL.Image.Image:
    """A square thumbnail."""
    return PIL.Image.fromarray(image).resize((side, side), PIL.Image.Resampling.LANCZOS)


if __name__ == "__main__":
    main()
