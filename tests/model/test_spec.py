from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from moue.errors import CheckpointError
from moue.model.spec import WEIGHT_ONE, ModelSpec, resize, resize_weights
from moue.training.recipes import CLASSIC
from moue.workspace.types import LABELS

SPEC = CLASSIC.spec(LABELS)
sides = st.integers(1, 200)


def noise(height: int, width: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


@given(sides, sides)
@settings(max_examples=40, deadline=None)
def test_weights_are_integer_steps_that_sum_to_one(source, target):
    steps = resize_weights(source, target).astype(np.float64) * WEIGHT_ONE
    assert (steps == np.round(steps)).all()
    assert (steps >= 0).all()
    assert (steps.sum(axis=1) == WEIGHT_ONE).all()


def test_the_largest_sum_and_its_half_fit_float32_exactly():
    assert 255.5 * WEIGHT_ONE < 2**24
    assert 255.5 * 2 * WEIGHT_ONE > 2**24


@given(sides, sides)
@settings(max_examples=40, deadline=None)
def test_weights_approximate_the_triangle_filter(source, target):
    centres = (np.arange(target)[:, None] + 0.5) * source / target
    distance = np.abs(np.arange(source) + 0.5 - centres) / max(1, source / target)
    triangle = np.clip(1 - distance, 0, None)
    expected = triangle / triangle.sum(axis=1, keepdims=True)
    assert np.abs(resize_weights(source, target) - expected).max() <= 1 / WEIGHT_ONE


@given(sides, sides)
@settings(max_examples=20, deadline=None)
def test_numpy_and_torch_resize_to_the_same_bits(height, width):
    image = noise(height, width)
    rows, columns = (torch.tensor(resize_weights(side, 64)) for side in (height, width))
    values = torch.from_numpy(image).permute(2, 0, 1).float()
    values = torch.floor(rows @ values + 0.5)
    values = torch.floor(values @ columns.T + 0.5)
    assert (values.permute(1, 2, 0).numpy() == resize(image, 64)).all()


@given(sides)
@settings(max_examples=20, deadline=None)
def test_a_picture_of_the_target_size_is_unchanged(side):
    image = noise(side, side)
    assert (resize(image, side) == image).all()


@given(sides, sides, st.integers(0, 255))
@settings(max_examples=20, deadline=None)
def test_a_flat_picture_stays_flat(height, width, value):
    assert (resize(np.full((height, width, 3), value, np.uint8), 64) == value).all()


@pytest.mark.parametrize(("height", "width"), [(60, 60), (61, 60), (31, 200), (300, 97), (64, 63)])
def test_resizing_is_within_one_level_of_pillow(height, width):
    image = noise(height, width)
    expected = np.asarray(
        Image.fromarray(image).resize((64, 64), Image.Resampling.BILINEAR), np.int16
    )
    assert np.abs(resize(image, 64).astype(np.int16) - expected).max() <= 1


@pytest.mark.parametrize("side", [1, 47, 60, 64, 65, 333])
def test_torch_scales_to_the_same_bits(side):
    crop = noise(side, side + 1)
    pixels = torch.from_numpy(SPEC.pixels(crop)).permute(2, 0, 1)[:, 8:56, 8:56].float()
    mean, std = (torch.tensor(v).view(3, 1, 1) for v in (SPEC.mean, SPEC.std))
    assert (((pixels / 255 - mean) / std).numpy() == SPEC.prepare([crop])[0]).all()


def test_crops_of_several_sizes_are_prepared_as_one_batch():
    batch = SPEC.prepare([noise(40, 50), noise(64, 64), noise(200, 180)])
    assert batch.shape == (3, 3, 48, 48)
    assert batch.dtype == np.float32
    assert batch.min() >= -1
    assert batch.max() <= 1


def test_no_crops_are_an_empty_batch():
    assert SPEC.prepare([]).shape == (0, 3, 48, 48)


@pytest.mark.parametrize(
    "wrong",
    [np.zeros((8, 8), np.uint8), np.zeros((8, 8, 3), np.float32), np.zeros((0, 8, 3), np.uint8)],
    ids=["grey", "float", "empty"],
)
def test_invalid_crops_are_refused(wrong):
    with pytest.raises(ValueError, match="a crop must be"):
        SPEC.pixels(wrong)


def test_json_restores_an_equal_spec():
    spec = dataclasses.replace(SPEC, temperature=1.37, labels=("none", "smile"))
    assert ModelSpec.from_json(spec.to_json()) == spec


def changed(**values: object) -> str:
    return json.dumps(json.loads(SPEC.to_json()) | values)


@pytest.mark.parametrize(
    "text",
    [
        "no json",
        "[]",
        "{}",
        changed(surprise=1),
        changed(labels=["one"]),
        changed(labels=5),
        changed(input_size=65),
        changed(temperature=0),
        changed(std=[1, 1, 0]),
        changed(mean=[0.5]),
    ],
)
def test_an_invalid_spec_is_refused(text):
    with pytest.raises(CheckpointError, match=r"a\.pt: has no valid model spec"):
        ModelSpec.from_json(text, "a.pt")


def test_another_version_is_refused():
    with pytest.raises(CheckpointError, match="version 99"):
        ModelSpec.from_json(changed(version=99))
