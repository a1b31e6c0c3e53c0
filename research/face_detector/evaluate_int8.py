"""Compare the networks of the backend `moue` with int8 copies of them.

Every second bundled picture calibrates the copies. The other ones, and pictures of the development
data, show how many faces are still detected, and how far the lip boxes move.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnxruntime

from moue.demo.raw_folder import demo_pictures
from moue.errors import ImageError
from moue.export.int8 import quantise
from moue.face import detector, lip_landmarks
from moue.face.detection import RawDetection
from moue.geometry import iou, normalize_angle
from moue.media.image import Grey, read_image, resize_to_fit, to_grey
from moue.model import bundled

NAMES = (detector.DETECTOR_MODEL, lip_landmarks.LIP_MODEL, lip_landmarks.TIGHT_MODEL)
SIDE = 960
"""Longer side of a picture in pixels."""
SETS = {"helen": 5, "webscrape": 4, "landmarks68": 1}
"""Folders in the development data, and the distance between two pictures that are used."""
MOST_INPUTS, CALLS = 300, 300
"""Maximum number of calibration inputs of a network; number of timed calls."""
Inputs = list[npt.NDArray[np.uint8]]
Sessions = dict[str, onnxruntime.InferenceSession]


def evaluate_int8(data: Path) -> None:
    """Print a line for each network and for each set of pictures."""
    pictures = [to_grey(read_image(picture.path)) for picture in demo_pictures()]
    original = {name: lip_landmarks.lip_model(name) for name in NAMES}
    inputs = _calibration_inputs(pictures[::2])
    small: Sessions = {}
    for name in NAMES:
        content = _content(name)
        quantised = quantise(content, inputs[name][:MOST_INPUTS])
        small[name] = _session(quantised)
        times = _milliseconds(inputs[name][0], (original[name], small[name]))
        print(f"{name}: {len(content)} bytes, {times[0]:.2f} ms")
        print(f"{name}, int8: {len(quantised)} bytes, {times[1]:.2f} ms")
    _compare("bundled pictures", pictures[1::2], small)
    for folder, step in SETS.items():
        _compare(folder, list(_pictures(data / folder, step)), small)


def _content(name: str) -> bytes:
    card = bundled.load_card(name, lip_landmarks.MODELS)
    return bundled.read_verified(card, bundled.ONNX, lip_landmarks.MODELS)


def _session(content: bytes) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])


class _Recorder:
    """A session that keeps its inputs, one crop or picture each."""

    def __init__(self, session: onnxruntime.InferenceSession) -> None:
        self.session = session
        self.inputs: Inputs = []

    def run(self, outputs: None, inputs: dict[str, npt.NDArray[np.uint8]]) -> list[object]:
        self.inputs += [one[None] for one in inputs["grey"]]
        return list(self.session.run(outputs, inputs))


def _calibration_inputs(pictures: Sequence[Grey]) -> dict[str, Inputs]:
    recorders = {name: _Recorder(lip_landmarks.lip_model(name)) for name in NAMES}
    detect = _detector(recorders.__getitem__)
    for number, picture in enumerate(pictures):
        # Small pictures show small faces.
        detect(resize_to_fit(picture, 240 if number % 2 else 640))
    return {name: recorder.inputs for name, recorder in recorders.items()}


def _detector(load: Callable[[str], object]) -> Callable[[Grey], list[RawDetection]]:
    """Return the detector of the backend with other networks."""
    original = lip_landmarks.lip_model
    lip_landmarks.lip_model = load  # type: ignore[assignment]
    try:
        return detector.neural_detector()
    finally:
        lip_landmarks.lip_model = original


def _milliseconds(
    value: npt.NDArray[np.uint8], sessions: Sequence[onnxruntime.InferenceSession]
) -> list[float]:
    """Return the fastest time of each session; their calls alternate."""
    best = [np.inf] * len(sessions)
    for _ in range(CALLS):
        for number, session in enumerate(sessions):
            start = time.perf_counter()
            session.run(None, {"grey": value})
            best[number] = min(best[number], 1000 * (time.perf_counter() - start))
    return best


def _pictures(folder: Path, step: int) -> Iterator[Grey]:
    for file in sorted(path for path in folder.rglob("*") if path.is_file())[::step]:
        try:
            yield resize_to_fit(to_grey(read_image(file)), SIDE)
        except ImageError:
            continue


def _compare(name: str, pictures: Sequence[Grey], small: Sessions) -> None:
    """Print how the detections of the int8 networks differ from those of the original networks."""
    detect = detector.neural_detector()
    variants = {
        "int8": small,
        "int8 detector": small | {n: lip_landmarks.lip_model(n) for n in NAMES[1:]},
        "int8 lips": small | {NAMES[0]: lip_landmarks.lip_model(NAMES[0])},
    }
    expected = [detect(picture) for picture in pictures]
    for variant, sessions in variants.items():
        other = _detector(sessions.__getitem__)
        count = sum(len(faces) for faces in expected)
        extra, overlaps, rolls = 0, [], []
        for picture, faces in zip(pictures, expected, strict=True):
            left = other(picture)
            for face in faces:
                best = max(left, key=lambda one: float(iou(one.box, face.box)), default=None)
                if best is None or iou(best.box, face.box) < 0.5:
                    continue
                left = [one for one in left if one is not best]
                overlaps.append(float(iou(best.lips, face.lips)))
                rolls.append(abs(normalize_angle(best.roll - face.roll)))
            extra += len(left)
        worst, median = np.quantile(overlaps, 0.05), np.median(rolls)
        print(
            f"{name}, {variant}: {len(overlaps)} of {count} faces, {extra} new; IoU of lip boxes "
            f"{np.mean(overlaps):.3f}, worst 5 % {worst:.3f}; roll {median:.2f} degrees"
        )
