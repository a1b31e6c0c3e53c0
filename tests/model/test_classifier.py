from __future__ import annotations

import subprocess
import sys

import numpy as np
import onnx
import pytest
from onnx import helper

from moue.errors import CheckpointError, ModelError
from moue.model.classifier import Classifier
from moue.predict.load_classifier import load_classifier


@pytest.fixture(scope="module")
def classifier(trained_run) -> Classifier:
    return load_classifier(trained_run)


def noise(*sizes: tuple[int, int]) -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    return [rng.integers(0, 256, (h, w, 3), np.uint8) for h, w in sizes]


def test_each_crop_has_a_row_of_probabilities(classifier):
    rows = classifier.probabilities(noise((60, 60), (31, 45), (200, 180)))
    assert rows.shape == (3, 4)
    assert rows.dtype == np.float32
    np.testing.assert_allclose(rows.sum(axis=1), 1, atol=1e-6)


def test_a_crop_gives_the_same_result_in_any_batch(classifier):
    crops = noise((60, 60), (31, 45), (64, 64), (200, 180))
    alone = np.concatenate([classifier.probabilities([crop]) for crop in crops])
    np.testing.assert_allclose(classifier.probabilities(crops), alone, atol=1e-6)


def test_resized_pixels_give_the_same_bits_as_the_crop(classifier):
    for crop in noise((60, 60), (31, 45), (200, 180)):
        pixels = classifier.spec.pixels(crop)
        assert (classifier.logits([crop]) == classifier.logits([pixels])).all()


def test_crops_of_many_sizes_keep_their_order(classifier):
    """The pixels that numpy makes of them run as one batch, and so in their order."""
    crops = noise(*[(40 + 7 * (n % 5), 90 - 11 * (n % 3)) for n in range(40)])
    pixels = np.stack([classifier.spec.pixels(crop) for crop in crops])
    for found, expected in zip(
        (classifier.probabilities(crops), classifier.logits(crops)),
        classifier.run(pixels),
        strict=True,
    ):
        np.testing.assert_allclose(found, expected, atol=1e-5)


def test_more_crops_than_one_batch_are_all_predicted(classifier):
    crops = noise(*[(20, 20)] * 300)
    assert classifier.probabilities(crops).shape == (300, 4)


def test_no_crops_give_no_rows(classifier):
    assert classifier.probabilities([]).shape == (0, 4)


def test_every_file_format_gives_the_same_model(trained_run, classifier):
    crops = noise((60, 60), (100, 90))
    for name in ("model.onnx", "best.pt", "last.pt"):
        assert load_classifier(trained_run / name).spec.labels == classifier.spec.labels
    np.testing.assert_array_equal(
        load_classifier(trained_run / "best.pt").probabilities(crops),
        classifier.probabilities(crops),
    )


def test_invalid_crops_are_refused(classifier):
    with pytest.raises(ValueError, match="crop"):
        classifier.probabilities([np.zeros((8, 8, 3), np.float32)])


def test_a_missing_model_is_named(tmp_path):
    with pytest.raises(ModelError, match=r"gone\.onnx: no such model"):
        load_classifier(tmp_path / "gone.onnx")
    with pytest.raises(ModelError, match=r"model\.onnx: no such model"):
        load_classifier(tmp_path)


def test_a_file_of_another_format_is_refused(tmp_path):
    (tmp_path / "a.onnx").write_bytes(b"not a graph")
    with pytest.raises(CheckpointError, match=r"a\.onnx: is not an ONNX file"):
        load_classifier(tmp_path / "a.onnx")


def test_an_onnx_file_of_another_program_is_refused(tmp_path):
    value = [helper.make_tensor_value_info(n, onnx.TensorProto.FLOAT, [1]) for n in "xy"]
    graph = helper.make_graph([helper.make_node("Relu", ["x"], ["y"])], "g", value[:1], value[1:])
    opset = [helper.make_opsetid("", 17)]
    onnx.save(helper.make_model(graph, opset_imports=opset, ir_version=8), tmp_path / "a.onnx")
    with pytest.raises(CheckpointError, match="not an ONNX file that moue exported"):
        load_classifier(tmp_path / "a.onnx")


WITHOUT_TORCH = """
import sys
for name in ("torch", "onnx", "tensorboard"):
    sys.modules[name] = None
import numpy as np
from moue.errors import MissingExtra
from moue.predict.load_classifier import load_classifier
from moue.evaluation import evaluate
from moue.training import train_settings
from moue.model import spec
print(load_classifier(sys.argv[1]).probabilities([np.zeros((9, 9, 3), np.uint8)]).shape)
try:
    load_classifier(sys.argv[1] + "/best.pt")
except MissingExtra as error:
    print(error)
"""


def test_prediction_works_without_torch(trained_run):
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_TORCH, str(trained_run)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    shape, told = done.stdout.splitlines()
    assert shape == "(1, 4)"
    assert told.startswith("reading best.pt needs the extra 'train', which is not installed")
