"""Draw what the shipped model gets wrong on the bundled pictures: docs/pictures/failures.jpg.

Mouths are detected with the backend of the training, if it is installed (`pip install '.[dlib]'`).
"""

from __future__ import annotations

from pathlib import Path

import PIL.Image
from PIL import ImageDraw

from moue import Predictor
from moue.demo.raw_folder import demo_pictures
from moue.face.mouth_crop import crop_square
from moue.media.draw import COLOURS, font
from moue.media.image import read_image

SIDE, GAP, COLUMNS, WORDS = 150, 14, 6, 50
TARGET = Path(__file__).parents[1] / "pictures" / "failures.jpg"


def main() -> None:
    """Write the sheet, and say how many are right."""
    predictor = Predictor.load()
    wrong, count = [], 0
    for picture in demo_pictures():
        image = read_image(picture.path)
        found = predictor.predict(image)
        count += bool(found)
        if found and found[0].label != picture.label:
            wrong.append((crop_square(image, found[0].face.mouth_box), picture.label, found[0]))
    rows = -(-len(wrong) // COLUMNS)
    size = (COLUMNS * (SIDE + GAP) + GAP, rows * (SIDE + WORDS + GAP) + GAP)
    canvas = PIL.Image.new("RGB", size, "#fbfaf7")
    draw = ImageDraw.Draw(canvas)
    for number, (mouth, label, said) in enumerate(wrong):
        x = GAP + number % COLUMNS * (SIDE + GAP)
        y = GAP + number // COLUMNS * (SIDE + WORDS + GAP)
        thumbnail = PIL.Image.fromarray(mouth).resize((SIDE, SIDE), PIL.Image.Resampling.LANCZOS)
        canvas.paste(thumbnail, (x, y))
        draw.text((x, y + SIDE + 4), f"is {label}", fill=COLOURS[label], font=font(16))
        draw.text(
            (x, y + SIDE + 25), said.describe(), fill=COLOURS[said.label or ""], font=font(16)
        )
    canvas.save(TARGET, quality=90)
    print(f"{count - len(wrong)} of {count} right")


if __name__ == "__main__":
    main()
