"""Compute the stored answers of the course figures for the bundled pictures.

The trainings take about two minutes. `python tools/course_answers.py NAME…` computes only some.
"""

from __future__ import annotations

import json
import sys

import torch

from moue.learn.data import BUNDLED, TRAINED, compute, store
from moue.learn.source import FACES, Source, detect_main_face
from moue.media.image import Picture

FACES_NAME = "faces"


def write_faces() -> None:
    """Write the main faces of the bundled pictures."""
    faces = {
        one.name: detect_main_face(Picture(one.path.read_bytes())).to_dict()
        for one in Source.bundled().pictures
    }
    for face in faces.values():
        face.pop("landmarks", None)
    rows = ",\n".join(f"{json.dumps(name)}: {json.dumps(face)}" for name, face in faces.items())
    FACES.write_text(f"{{\n{rows}\n}}\n", encoding="utf-8")
    print(f"{FACES.name}: {FACES.stat().st_size:,} bytes")


def main() -> None:
    """Write the answers to `src/moue/learn/bundled`; the faces first, which the others use."""
    torch.set_num_threads(1)
    chosen = sys.argv[1:] or [FACES_NAME, *TRAINED]
    if FACES_NAME in chosen:
        chosen.remove(FACES_NAME)
        write_faces()
    for name in chosen:
        path = store(BUNDLED / name, compute(name, Source.bundled(), {}))
        print(f"{path.name}: {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
