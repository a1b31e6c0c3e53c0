"""The cascade figure tries the windows of OpenCV and finds its boxes."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from figure_core import run_core
from moue.learn.data import answer
from moue.learn.data.cascade import grey_of
from moue.learn.pack import unpack
from moue.learn.source import Source
from moue.learn.viola_jones import Cascade, cascade, search

STAGES = 25


@pytest.fixture(scope="module")
def grey() -> np.ndarray:
    picture = Source.bundled().picture("face-002-open")
    return cv2.resize(grey_of(picture), (110, 96), interpolation=cv2.INTER_AREA)


def opencv(grey: np.ndarray, factor: float, neighbours: int) -> list[list[int]]:
    path = Path(cv2.__file__).parent / "data" / "haarcascade_frontalface_default.xml"
    boxes = cv2.CascadeClassifier(str(path)).detectMultiScale(grey, factor, neighbours)
    return sorted([int(x), int(y), int(side)] for x, y, side, _ in boxes)


def as_arguments(use: Cascade) -> dict[str, np.ndarray]:
    names = ("rects", "weights", "thresholds", "left", "right", "sizes", "stages")
    return {name: getattr(use, name) for name in names}


@pytest.mark.parametrize("factor", [1.15, 1.3])
def test_the_windows_that_pass_all_stages_are_those_of_opencv(grey, factor):
    windows = search(grey, factor)
    accepted = windows.boxes[windows.passed == STAGES]
    assert sorted(accepted.tolist()) == opencv(grey, factor, 0) != []


@pytest.mark.parametrize(("factor", "neighbours"), [(1.15, 3), (1.3, 5), (1.45, 0)])
def test_the_script_finds_the_boxes_of_opencv(grey, factor, neighbours, tmp_path):
    height, width = grey.shape
    calls = [
        ("prepare", [as_arguments(cascade())]),
        ("search", [{"result": 0}, grey, width, height, factor]),
    ]
    found = run_core("cascade", calls, tmp_path)[1]
    boxes = np.array(found["boxes"]).reshape(-1, 3)
    passed = np.array(found["passed"])
    windows = search(grey, factor)
    order, other = np.lexsort(boxes.T), np.lexsort(windows.boxes.T)
    assert (boxes[order] == windows.boxes[other]).all()
    assert sorted(passed.tolist()) == sorted(windows.passed.tolist())
    accepted = boxes[passed == STAGES].tolist()
    left, groups = (
        run_core("cascade", [("left", [np.array(passed, np.uint8), STAGES])], tmp_path)[0],
        run_core("cascade", [("group", [accepted, neighbours])], tmp_path)[0],
    )
    assert left == windows.left(STAGES)
    assert sorted(item["box"] for item in groups) == opencv(grey, factor, neighbours)


def test_the_answer_has_the_cascade_and_pictures():
    values, arrays = unpack(answer("cascade", Source.bundled(), {}))
    assert arrays["sizes"].sum() == len(arrays["thresholds"]) == 2913
    assert len(values["pictures"]) == 4
    assert all(arrays[f"grey{index}"].dtype == np.uint8 for index in range(4))
