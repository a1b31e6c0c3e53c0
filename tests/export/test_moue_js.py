"""`moue.js` in Node computes what Python computes."""

from __future__ import annotations

import base64
import json
import subprocess
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from export import web_files
from moue.export.web_page import PAGE, page_files
from moue.media.image import resize_to_fit, to_grey
from moue.predict.predictor import AnyPredictor

HERE = Path(__file__).parent


def node(script: str, *arguments: Path, text: str = "") -> Any:
    line = [web_files.required_node(), str(HERE / script), *map(str, arguments)]
    done = subprocess.run(line, input=text, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.slow
def test_faces_and_probabilities_equal_those_of_python(
    files: dict[str, bytes], predictor: AnyPredictor, tmp_path: Path
):
    web_files.write_files(files, tmp_path)
    web_files.write_vectors(predictor, tmp_path / "vectors")
    expected = json.loads((tmp_path / "vectors/vectors.json").read_text())
    assert len(expected) >= 20
    assert {len(vector["faces"]) for vector in expected} >= {0, 1}
    assert any(abs(face["roll"]) > 60 for vector in expected for face in vector["faces"])
    actual = node("vectors.mjs", tmp_path)
    web_files.compare(expected, actual["vectors"])
    web_files.compare(json.loads((tmp_path / "vectors/clip.json").read_text()), actual["clip"])


@pytest.mark.slow
@pytest.mark.parametrize("name", web_files.OTHER_MODELS)
def test_each_bundled_model_has_the_probabilities_of_python(name: str, tmp_path: Path):
    web_files.required_runtime()
    predictor = web_files.with_moue_faces(name)
    web_files.write_files(page_files(predictor), tmp_path)
    web_files.write_vectors(predictor, tmp_path / "vectors")
    expected = json.loads((tmp_path / "vectors/vectors.json").read_text())
    web_files.compare(expected, node("vectors.mjs", tmp_path)["vectors"])


def random_image(height: int, width: int, channels: int) -> np.ndarray:
    pixels = np.random.default_rng(height).integers(0, 256, (height, width, channels), np.uint8)
    return cv2.GaussianBlur(pixels, (0, 0), 1.2).reshape(height, width, channels)


def on_pixels(cases: list[tuple[str, np.ndarray, list[Any]]]) -> list[np.ndarray]:
    texts = [
        {
            "name": name,
            "image": {
                "width": image.shape[1],
                "height": image.shape[0],
                "data": base64.b64encode(image.tobytes()).decode(),
            },
            "parameters": parameters,
        }
        for name, image, parameters in cases
    ]
    results = node("pixels.mjs", PAGE / "moue.js", text=json.dumps(texts))
    return [
        np.frombuffer(base64.b64decode(one["data"]), np.uint8).reshape(
            one["height"], one["width"], -1
        )
        for one in results
    ]


def test_reducing_equals_opencv_bit_for_bit():
    sizes = [(300, 400), (150, 200), (75, 100), (100, 133), (72, 96), (299, 399), (1, 7)]
    grey = random_image(300, 400, 1)
    results = on_pixels([("resizeArea", grey, [width, height]) for height, width in sizes])
    for (height, width), actual in zip(sizes, results, strict=True):
        expected = cv2.resize(grey[..., 0], (width, height), interpolation=cv2.INTER_AREA)
        assert np.array_equal(actual[..., 0], expected), (height, width)


def test_bilinear_resizing_equals_opencv_bit_for_bit():
    sizes = [(72, 96), (299, 399), (200, 250), (160, 399)]
    grey = random_image(300, 400, 1)
    results = on_pixels([("resizeLinear", grey, [width, height]) for height, width in sizes])
    for (height, width), actual in zip(sizes, results, strict=True):
        expected = cv2.resize(grey[..., 0], (width, height), interpolation=cv2.INTER_LINEAR)
        assert np.array_equal(actual[..., 0], expected), (height, width)


@pytest.mark.parametrize("channels", [1, 3])
def test_warping_equals_opencv_bit_for_bit(channels: int):
    rng, image = np.random.default_rng(1), random_image(120, 170, channels)
    matrices = [
        [s * np.cos(a), -s * np.sin(a), x, s * np.sin(a), s * np.cos(a), y]
        for a, s, x, y in rng.uniform([-3, 0.3, -20, -20], [3, 2.5, 150, 100], (8, 4))
    ]
    results = on_pixels([("warp", image, [matrix, 64, 48]) for matrix in matrices])
    for matrix, actual in zip(matrices, results, strict=True):
        expected = cv2.warpAffine(
            image, np.array(matrix).reshape(2, 3), (64, 48),
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_REPLICATE,
        )  # fmt: skip
        assert np.array_equal(actual, expected.reshape(48, 64, channels))


@pytest.mark.parametrize("channels", [3, 4])
def test_grey_and_quarter_turns_equal_those_of_python(channels: int):
    image = random_image(37, 23, channels)
    grey, fitted, *turned = on_pixels(
        [
            ("toGrey", image, []),
            ("resizeToFit", to_grey(np.ascontiguousarray(image[..., :3]))[..., None], [20]),
            *(("quarterTurns", image, [quarters]) for quarters in (-1, 0, 1, 2, 3)),
        ]
    )
    expected = to_grey(np.ascontiguousarray(image[..., :3]))
    assert np.array_equal(grey[..., 0], expected)
    assert np.array_equal(fitted[..., 0], resize_to_fit(expected, 20))
    for quarters, actual in zip((-1, 0, 1, 2, 3), turned, strict=True):
        assert np.array_equal(actual, np.rot90(image, quarters))
