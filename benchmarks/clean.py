"""The stage `clean` compared with section 3.2 of the tutorial: time and quality of detection."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from benchmarks import tutorial_baseline
from benchmarks.inputs import Bench
from benchmarks.scenes import Truth
from benchmarks.table import Row, times
from benchmarks.timing import race
from moue.dataset.detect_faces import DetectJob, analyse_picture
from moue.face.backends import FaceSettings

GOAL = 5.0
SETTINGS = FaceSettings(backend="moue")


def run(bench: Bench) -> list[Row]:
    """Time both, and count their true and false detections."""
    pictures = bench.pictures()
    spent = race(tutorial_baseline.faces, _detect, bench.jpegs(bench.few(18, 6)), bench.few(3, 2))
    note = "moue also measures the face and hashes its mouth"
    rows = [times("clean: 1080p", *spent, GOAL, note)]
    theirs = {path: _xyxy(tutorial_baseline.faces(path)) for path in pictures}
    ours = {path: _detect(path) for path in pictures}
    if all(truths is None for truths in pictures.values()):
        found = [str(sum(map(len, boxes.values()))) for boxes in (theirs, ours)]
        note = "the photos have no true boxes, so false detections are unknown"
        return [*rows, Row(step="clean: faces found", tutorial=found[0], moue=found[1], note=note)]
    return [*rows, *_quality(pictures, theirs, ours)]


def _quality(
    pictures: dict[Path, list[Truth] | None],
    theirs: dict[Path, np.ndarray],
    ours: dict[Path, np.ndarray],
) -> list[Row]:
    known = {path: truths for path, truths in pictures.items() if truths is not None}
    true = [[s for p, t in known.items() for s in _hits(boxes[p], t)] for boxes in (theirs, ours)]
    false = [sum(_false(boxes[p], t) for p, t in known.items()) for boxes in (theirs, ours)]
    sizes = [face.size for truths in known.values() for face in truths]
    smallest = [f"{min(found):.0f} px" if found else "none" for found in true]
    small = sum(size < 100 for size in sizes)
    counts = [len(found) for found in true]
    below = [sum(size < 100 for size in found) for found in true]
    return [
        Row(
            step=f"clean: true faces of {len(sizes)}",
            tutorial=str(counts[0]),
            moue=str(counts[1]),
            goal="at least as many",
            reached=counts[1] >= counts[0],
            note=f"of {small} faces below 100 px, the tutorial found {below[0]}, moue {below[1]};"
            f" the smallest found: {smallest[0]} and {smallest[1]}",
        ),
        Row(
            step="clean: false faces",
            tutorial=str(false[0]),
            moue=str(false[1]),
            goal="fewer",
            reached=false[1] < false[0] or false == [0, 0],
            note=f"in {len(known)} pictures, {sum(not t for t in known.values())} of them "
            "without a face",
        ),
    ]


def _detect(path: Path) -> np.ndarray:
    found = analyse_picture(DetectJob("a", path, "photo"), SETTINGS)
    assert found.error is None, found.error
    return np.array([face.box for face in found.faces]).reshape(-1, 4)


def _hits(boxes: np.ndarray, truths: list[Truth]) -> list[float]:
    """Return the sizes of the detected true faces, each counted once."""
    return [truth.size for truth in truths if any(truth.fits(box) for box in boxes)]


def _false(boxes: np.ndarray, truths: list[Truth]) -> int:
    return sum(not any(truth.fits(box) for truth in truths) for box in boxes)


def _xyxy(xywh: np.ndarray) -> np.ndarray:
    boxes = np.array(xywh, np.float32).reshape(-1, 4)
    boxes[:, 2:] += boxes[:, :2]
    return boxes
