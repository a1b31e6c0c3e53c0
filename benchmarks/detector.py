"""Detection, lips and labels from a frame or a file, compared with section 4.4 of the tutorial.

One thread. The tutorial labels one face, moue all of them; each uses weights of its own kind. The
counts of true and false detections cover all pictures, also those without a face: a fast detector
that misses faces is no gain.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np

from benchmarks import tutorial_baseline
from benchmarks.inputs import QUALITY, Bench
from benchmarks.scenes import Truth
from benchmarks.table import Row, times
from benchmarks.timing import race
from moue.face.backends import FaceSettings, detect_faces, detect_nearby
from moue.media.image import Picture, swap_channels
from moue.predict.predictor import Predictor
from moue.training.networks import build
from moue.training.recipes import CLASSIC
from moue.workspace.types import LABELS, Image, Points

FRAME, LARGE = 1 / 3, 2.0
"""Scale of 640 px frames and of 4k, relative to 1080p."""
GOALS = {"frame": 25, "followed": 60, "1080p": 38, "4k": 57}
Boxes = Callable[[Image], Sequence[Points]]


def run(bench: Bench) -> list[Row]:
    """Time frames and files, each kind on pictures in which both find a face."""
    if tutorial_baseline.landmark_model() is None:
        return [Row(step="detector", moue="", note="left out: pip install 'moue[dlib]'")]
    predictor = Predictor.load(None, FaceSettings(backend="moue"))
    network = build(CLASSIC.spec(LABELS).network, LABELS).eval()
    theirs, repeats = tutorial_baseline.Recogniser(network.state_dict()), bench.few(5, 2)
    folder, rows = bench.place("detector"), []
    for name, scale, most in (("frame", FRAME, 30), ("1080p", 1.0, 30), ("4k", LARGE, 12)):
        scaled = [(_resized(p, scale), scale, t) for p, t in bench.pictures().items()][:most]
        both = [image for image, _, _ in scaled if len(_tutorial(image)) and _ours(image)]
        both = both[: bench.few(8, 3)]
        note = f"found: tutorial {_found(_tutorial, scaled)}, moue {_found(_ours, scaled)}"
        if name == "frame":
            spent = race(lambda f: theirs.frame(swap_channels(f)), predictor.predict, both, repeats)
            rows.append(times("frame of 640 px: faces, lips, labels", *spent, GOALS[name], note))
            rows.append(_followed(theirs, predictor, both, repeats))
            continue
        files = [_written(image, folder / f"{name}{i}.jpg") for i, image in enumerate(both)]
        spent = race(
            lambda f: theirs.recognise(f, None),
            lambda f: json.dumps(predictor.predict_file(f).to_dict()),
            files,
            repeats,
        )
        rows.append(times(f"{name} JPEG: file to JSON", *spent, GOALS[name], note))
    return rows


def _followed(
    theirs: tutorial_baseline.Recogniser,
    predictor: Predictor[str],
    frames: list[Image],
    repeats: int,
) -> Row:
    """Time the local search for a face that has moved by a few pixels."""
    before = {id(f): detect_faces(Picture.from_array(f), predictor.face)[0] for f in frames}
    moved = {id(frame): np.roll(frame, (2, 3), (0, 1)) for frame in frames}
    lost = 0

    def ours(frame: Image) -> None:
        nonlocal lost
        now = moved[id(frame)]
        face = detect_nearby(Picture.from_array(now), before[id(frame)], predictor.face)
        if face is None:
            lost += 1
        else:
            predictor.classify_faces(now, [face])

    spent = race(lambda f: theirs.frame(swap_channels(f)), ours, frames, repeats)
    note = f"the largest face of each frame, moved by 3 px; {lost or 'none'} lost"
    return times("frame of 640 px: a tracked face", *spent, GOALS["followed"], note)


def _ours(image: Image) -> Sequence[Points]:
    return [f.box for f in detect_faces(Picture.from_array(image), FaceSettings(backend="moue"))]


def _tutorial(image: Image) -> Sequence[Points]:
    return [
        np.array([x, y, x + w, y + h])
        for x, y, w, h in tutorial_baseline.detect(swap_channels(image))
    ]


def _found(boxes: Boxes, pictures: Sequence[tuple[Image, float, list[Truth] | None]]) -> str:
    """Return the numbers of true and false detections as text."""
    true = found = false = 0
    for image, scale, truths in pictures:
        if truths is None:
            continue
        faces = [Truth(t.x * scale, t.y * scale, t.size * scale) for t in truths]
        given = boxes(image)
        true += len(faces)
        found += sum(any(face.fits(box) for box in given) for face in faces)
        false += sum(not any(face.fits(box) for face in faces) for box in given)
    return f"{found} of {true}, {false} false"


def _resized(path: Path, scale: float) -> Image:
    image = np.asarray(cv2.imread(str(path), cv2.IMREAD_COLOR))
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    resized = cv2.resize(image, None, fx=scale, fy=scale, interpolation=how)
    return swap_channels(np.asarray(resized, np.uint8))


def _written(image: Image, path: Path) -> Path:
    cv2.imwrite(str(path), swap_channels(image), [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    return path
