"""The stage `crop` compared with section 3.3 of the tutorial: 1080p picture to mouth crops."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

from benchmarks import tutorial_baseline
from benchmarks.inputs import Bench
from benchmarks.table import Row, times
from benchmarks.timing import race
from moue.dataset.crop import CropJob, CropSettings, crop_mouths
from moue.dataset.detect_faces import DetectJob as Look
from moue.dataset.detect_faces import DetectResult, analyse_picture
from moue.face.backends import FaceSettings

SETTINGS = FaceSettings(backend="dlib68")


def run(bench: Bench) -> list[Row]:
    """Time detection and cropping, and the stage `crop` alone, with known faces."""
    if tutorial_baseline.landmark_model() is None:
        return [Row(step="crop", moue="", note="left out: pip install 'moue[dlib]'")]
    folder = bench.place("crop")
    known = {path: _look(path) for path in with_faces(bench)}

    def theirs(path: Path) -> None:
        tutorial_baseline.save_mouth(path, folder / "tutorial_mouth.png")

    def cut(path: Path, seen: DetectResult) -> None:
        targets = tuple(folder / f"{i}_mouth.png" for i in range(len(seen.faces)))
        result = crop_mouths(CropJob("a", path, seen.faces, targets, None), CropSettings())
        assert result.error is None, result.error

    files, repeats = list(known), bench.few(3, 2)
    whole = race(theirs, lambda path: cut(path, _look(path)), files, repeats)
    alone = race(theirs, lambda path: cut(path, known[path]), files, repeats)
    faces = sum(len(seen.faces) for seen in known.values())
    note = f"the tutorial crops one mouth per picture, moue {faces / len(files):.1f} on average"
    return [
        times("crop: detection, 68 points, crop", *whole, note=note),
        times("crop: the stage alone", *alone, note="faces are known; the tutorial detects again"),
    ]


def with_faces(bench: Bench) -> list[Path]:
    """Return 1080p JPEGs in which both find a face; without one, both would stop early."""
    seen = (
        path for path in bench.jpegs(30) if _look(path).faces and len(tutorial_baseline.faces(path))
    )
    return list(islice(seen, bench.few(8, 3)))


def _look(path: Path) -> DetectResult:
    return analyse_picture(Look("a", path, "photo"), SETTINGS)
