from __future__ import annotations

import math
import random

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Generator

from moue.model.spec import resize_weights
from moue.training.augment import AUGMENT, resample_weights


def noise(count: int = 6) -> torch.Tensor:
    generator = Generator().manual_seed(1)
    return torch.randint(0, 256, (count, 64, 3, 64), dtype=torch.uint8, generator=generator)


@pytest.mark.parametrize("recipe", AUGMENT)
def test_the_same_generator_gives_the_same_pictures(recipe):
    first, second = (AUGMENT[recipe](noise(), 48, Generator().manual_seed(7)) for _ in range(2))
    assert torch.equal(first, second)
    assert not torch.equal(first, AUGMENT[recipe](noise(), 48, Generator().manual_seed(8)))


@pytest.mark.parametrize("recipe", AUGMENT)
def test_pictures_keep_their_range(recipe):
    values = AUGMENT[recipe](noise(64), 48, Generator().manual_seed(0))
    assert values.shape == (64, 3, 48, 48)
    assert values.dtype == torch.float32
    assert values.min() >= 0
    assert values.max() <= 255.001


@pytest.mark.parametrize("recipe", AUGMENT)
def test_the_last_batch_may_be_one_picture(recipe):
    assert AUGMENT[recipe](noise(1), 48, Generator().manual_seed(0)).shape == (1, 3, 48, 48)


@pytest.mark.parametrize("recipe", ["classic", "fast"])
def test_only_best_uses_pixels_around_the_crop(recipe):
    crop = noise()[:, 12:52, :, 12:52]
    expected = AUGMENT[recipe](crop, 48, Generator().manual_seed(0))
    assert torch.equal(
        AUGMENT[recipe](noise(), 48, Generator().manual_seed(0), crop_fraction=40 / 64), expected
    )


def test_best_trains_on_grey():
    values = AUGMENT["best"](noise(), 48, Generator().manual_seed(0))
    assert torch.equal(values[:, 0], values[:, 1])
    assert torch.equal(values[:, 0], values[:, 2])


def test_best_keeps_a_flat_picture_flat_except_for_noise():
    flat = torch.full((200, 64, 3, 64), 120, dtype=torch.uint8)
    values = AUGMENT["best"](flat, 48, Generator().manual_seed(0))[:, 0]
    noisy, light = values.std((1, 2)), values.mean((1, 2))
    assert noisy.max() < 0.065 * 255
    assert math.isclose((noisy < 0.01).float().mean(), 0.5, abs_tol=0.12)
    assert light.min() < 90
    assert light.max() > 150


def test_best_uses_the_margin_before_repeating_a_border():
    """Compare a dark mouth in a bright picture with the mouth alone, for equal random changes."""
    pixels = torch.full((200, 96, 3, 96), 255, dtype=torch.uint8)
    pixels[:, 18:78, :, 18:78] = 0
    within = AUGMENT["best"](pixels, 48, Generator().manual_seed(0), crop_fraction=60 / 96)
    alone = AUGMENT["best"](pixels[:, 18:78, :, 18:78], 48, Generator().manual_seed(0))
    assert (rim(within) - centre(within) > 20).float().mean() > 0.8
    assert (rim(alone) - centre(alone)).abs().max() < 20


def rim(values: torch.Tensor) -> torch.Tensor:
    """(N,) mean of the brightest corner of 4 x 4 pixels."""
    grey = values[:, 0]
    ends = (slice(None, 4), slice(-4, None))
    return torch.stack([grey[:, y, x].mean((1, 2)) for y in ends for x in ends]).amax(0)


def centre(values: torch.Tensor) -> torch.Tensor:
    return values[:, 0, 20:28, 20:28].mean((1, 2))


def test_classic_changes_no_colour_of_a_flat_picture():
    flat = torch.full((32, 64, 3, 64), 77, dtype=torch.uint8)
    values = AUGMENT["classic"](flat, 48, Generator().manual_seed(0))
    torch.testing.assert_close(values, torch.full_like(values, 77.0), atol=1e-3, rtol=0)


def mean_area_of_torchvision() -> float:
    """RandomResizedCrop's own loop; large crops often do not fit, so it is below 0.54."""
    rng, areas = random.Random(0), []
    for _ in range(4000):
        for _ in range(10):
            area = 64 * 64 * rng.uniform(0.08, 1)
            ratio = math.exp(rng.uniform(math.log(3 / 4), math.log(4 / 3)))
            width, height = round(math.sqrt(area * ratio)), round(math.sqrt(area / ratio))
            if 0 < width <= 64 and 0 < height <= 64:
                areas.append(width * height / 64**2)
                break
    return sum(areas) / len(areas)


def test_classic_crops_have_the_sizes_of_the_tutorial():
    """Two ramps, one down and one across, tell each crop's height and width."""
    ramp = torch.arange(64, dtype=torch.uint8)
    pixels = torch.stack([ramp.view(64, 1).expand(64, 64), ramp.expand(64, 64)], dim=1)
    pixels = torch.cat([pixels, pixels[:, :1]], dim=1).expand(2000, 64, 3, 64).contiguous()
    values = AUGMENT["classic"](pixels, 48, Generator().manual_seed(0))
    step = values[:, :, 30, 30] - values[:, :, 20, 20]
    height, width = step[:, 0] * 4.8, step[:, 1].abs() * 4.8
    area, ratio = height * width / 64**2, width / height
    assert 0.06 < area.min() < 0.1
    assert 0.95 < area.max() < 1.02
    assert math.isclose(area.mean(), mean_area_of_torchvision(), abs_tol=0.02)
    assert ratio.min() > 0.7
    assert ratio.max() < 1.45
    flipped = (step[:, 1] < 0).float().mean()
    assert math.isclose(flipped, 0.5, abs_tol=0.05)


@given(st.floats(-20, 60), st.floats(4, 90), st.booleans(), st.floats(1, 3))
@settings(max_examples=50, deadline=None)
def test_every_row_of_a_filter_sums_to_one(start, size, flip, blur):
    weights = resample_weights(
        torch.tensor([start]), torch.tensor([size]), 64, 48, torch.tensor([flip]),
        torch.tensor([blur]),
    )  # fmt: skip
    assert weights.shape == (1, 48, 64)
    assert weights.min() >= 0
    torch.testing.assert_close(weights.sum(dim=2), torch.ones(1, 48))


@pytest.mark.parametrize("size", [48, 64])
def test_a_filter_over_the_whole_crop_is_that_of_the_spec(size):
    weights = resample_weights(torch.zeros(1), torch.tensor([float(size)]), size, 48)[0]
    assert (weights - torch.tensor(resize_weights(size, 48))).abs().max() < 1e-4


def test_a_flipped_filter_is_mirrored():
    start, size = torch.tensor([5.0]), torch.tensor([40.0])
    plain = resample_weights(start, size, 64, 48, torch.tensor([False]))
    flipped = resample_weights(start, size, 64, 48, torch.tensor([True]))
    assert torch.equal(flipped, plain.flip(1))
