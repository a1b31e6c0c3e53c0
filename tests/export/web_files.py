"""What the tests of the web page need, and pictures with the results of Python."""

from __future__ import annotations

import json
import os
import shutil
import warnings
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from moue.demo.raw_folder import demo_pictures
from moue.export import web_runtime
from moue.face.face_settings import FaceSettings
from moue.geometry import center
from moue.live.live_settings import LiveSettings
from moue.live.watch import Watcher
from moue.media.image import read_image
from moue.media.video import Frame
from moue.model import bundled
from moue.predict.predictor import AnyPredictor, Predictor
from moue.workspace.types import Face, Image

REQUIRED = "MOUE_REQUIRE_WEB"
"""Environment variable that turns a missing runtime or Node from a skip into a failure."""
MARGIN = 0.005
"""Smallest distance in pixels of the sides of a mouth box from the middle between two pixels. The
networks of two machines differ by less, so both cut out the same pixels."""
OTHER_MODELS = [name for name in bundled.model_names() if name != bundled.DEFAULT]


def unavailable(reason: str) -> None:
    if os.environ.get(REQUIRED):
        pytest.fail(f"{reason}, and {REQUIRED} is set")
    pytest.skip(reason)


def required_runtime() -> None:
    """Skip the test if the runtime is not in the cache; tests do not download it."""
    if web_runtime._cached(web_runtime.RUNTIME) is None:
        unavailable("ONNX Runtime for browsers is not in the cache; run `make runtime`")


def required_node() -> str:
    node = shutil.which("node")
    if node is None:
        unavailable("Node is not installed")
    return str(node)


def with_moue_faces(name: str) -> AnyPredictor:
    """Return the predictor of a bundled model with the face backend of `moue.js`."""
    with warnings.catch_warnings():
        # Models for another backend are less accurate, but the same everywhere.
        warnings.simplefilter("ignore", UserWarning)
        return Predictor.load(name, FaceSettings(backend="moue"))


def write_files(files: dict[str, bytes], folder: Path) -> Path:
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder


def write_vectors(predictor: AnyPredictor, folder: Path) -> None:
    """Write pictures as raw RGBA pixels, and `vectors.json` with the results of Python."""
    folder.mkdir(parents=True)
    vectors = []
    for name, image in pictures().items():
        found = predictor.predict(image)
        if not all(_is_settled(face.face) for face in found):
            continue
        write_rgba(image, folder / f"{name}.rgba")
        faces = [
            _face(one.face) | {"label": one.label, "probabilities": one.probabilities}
            for one in found
        ]
        height, width = image.shape[:2]
        vectors.append({"name": name, "width": width, "height": height, "faces": faces})
    (folder / "vectors.json").write_text(json.dumps(vectors))
    (folder / "clip.json").write_text(json.dumps(_clip(predictor, folder)))


def write_rgba(image: Image, path: Path) -> None:
    opaque = np.full(image.shape[:2], 255, np.uint8)
    path.write_bytes(np.dstack([image, opaque]).tobytes())


def pictures() -> dict[str, Image]:
    """Return pictures of one face, of none and of many, at several sizes and rolls."""
    images = [read_image(picture.path) for picture in demo_pictures()]
    found = {f"face-{k}": images[k] for k in range(0, len(images), 10)}
    found |= {f"wide-{k}": _resized(images[k], 1601, 1377) for k in (3, 47)}
    found |= {f"small-{k}": _resized(images[k], 97, 101) for k in (5, 60, 110)}
    found |= {f"cut-{k}": np.ascontiguousarray(images[k][90:330, 60:300]) for k in (20, 70)}
    for roll in (25, 45, -60, 90, -90, 180):
        found |= {f"roll{roll}-{k}": _turned(images[k], roll) for k in (8, 30)}
    for k in (3, 4):
        tiles = [_resized(images[(k * n) % len(images)], 90, 90) for n in range(4)]
        found[f"four-{k}"] = np.vstack([np.hstack(tiles[:2]), np.hstack(tiles[2:])])
    found["no-face"] = np.random.default_rng(0).integers(0, 256, (240, 320, 3), np.uint8)
    found["narrow"] = np.full((400, 30, 3), 127, np.uint8)
    return found


def _resized(image: Image, width: int, height: int) -> Image:
    enlarges = width > image.shape[1]
    how = cv2.INTER_CUBIC if enlarges else cv2.INTER_AREA
    return np.asarray(cv2.resize(image, (width, height), interpolation=how), np.uint8)


def _turned(image: Image, roll: float) -> Image:
    height, width = image.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), roll, 0.8)
    turned = cv2.warpAffine(image, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(turned, np.uint8)


def _is_settled(face: Face) -> bool:
    """Return whether small differences of the mouth box cannot move the crop by a pixel."""
    side = float(face.mouth_box[2] - face.mouth_box[0])
    values = [side, *(float(c) - round(side) / 2 for c in center(face.mouth_box))]
    return all(abs(value % 1 - 0.5) > MARGIN for value in values)


def _face(face: Face) -> dict[str, Any]:
    assert face.landmarks is not None
    return {
        "box": face.box.tolist(),
        "lips": face.lips.tolist(),
        "mouthBox": face.mouth_box.tolist(),
        "landmarks": face.landmarks.tolist(),
        "score": face.score,
        "roll": face.roll,
    }


def _clip(predictor: AnyPredictor, folder: Path) -> list[dict[str, Any]]:
    """Write frames of two moving faces, one of which leaves; return the results of `Watcher`."""
    images = [read_image(picture.path) for picture in demo_pictures()]
    watcher, rows = Watcher(predictor, LiveSettings()), []
    for number in range(24):
        frame = np.full((240, 360, 3), (143, 160, 176), np.uint8)
        frame[20:180, 10 + 2 * number : 170 + 2 * number] = _resized(images[2], 160, 160)
        if number < 14:
            face = images[0] if number < 7 else images[1]
            frame[60:180, 230:350] = _resized(face, 120, 120)
        write_rgba(frame, folder / f"clip-{number}.rgba")
        view = watcher.process(Frame(image=frame, index=number, time=number / 10))
        faces = [
            {"number": one.number, "label": one.smoothed.label} | _face(one.smoothed.face)
            for one in view.faces
        ]
        rows.append({"width": 360, "height": 240, "time": number / 10, "faces": faces})
    return rows


def compare(expected: list[dict[str, Any]], actual: list[dict[str, Any]]) -> None:
    """Check the results of `moue.js`: boxes within 0.5 px, probabilities within 1e-3."""
    assert len(expected) == len(actual)
    for vector, faces in zip(expected, actual, strict=True):
        where = vector.get("name", vector.get("time"))
        assert len(faces) == len(vector["faces"]), where
        for face, wanted in zip(faces, vector["faces"], strict=True):
            for name in ("box", "lips", "mouthBox", "landmarks"):
                difference = np.abs(np.array(face[name]) - np.array(wanted[name])).max()
                assert difference < 0.5, (where, name)
            assert abs(face["roll"] - wanted["roll"]) < 0.5, where
            assert abs(face["score"] - wanted["score"]) < 1e-3, where
            assert face["label"] == wanted["label"], where
            assert face.get("number") == wanted.get("number"), where
            for label, probability in wanted.get("probabilities", {}).items():
                assert abs(face["probabilities"][label] - probability) < 1e-3, (where, label)
