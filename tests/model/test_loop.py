from __future__ import annotations

import dataclasses

import pytest
import torch

from moue.model.data import Crops
from moue.model.loop import Loop, learning_rate, normalize
from moue.model.recipes import CLASSIC, FAST
from moue.model.spec import ModelSpec
from moue.sample import LABELS


def test_the_classic_rate_falls_to_a_tenth_after_a_hundred_epochs():
    rates = [learning_rate(CLASSIC, done) for done in (0, 50.5, 99.99, 100, 150, 200)]
    assert rates == pytest.approx([0.1, 0.1, 0.1, 0.01, 0.01, 0.001])


def test_the_one_cycle_rises_from_a_tenth_and_falls_to_nothing():
    recipe = dataclasses.replace(FAST, epochs=10, lr=1.0)
    rates = [learning_rate(recipe, done / 10) for done in range(101)]
    assert rates[0] == pytest.approx(0.1)
    assert max(rates) == pytest.approx(1)
    assert rates.index(max(rates)) == 20
    assert rates[100] == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize(("count", "drawn"), [(64, 512), (300, 600), (446, 446), (900, 900)])
def test_a_small_set_is_gone_through_more_than_once(count, drawn):
    crops = Crops(
        pixels=torch.zeros(count, FAST.resize, FAST.resize, 3, dtype=torch.uint8),
        targets=torch.arange(count) % 4,
    )
    loop = Loop(FAST, FAST.spec(LABELS), crops, crops, seed=0, device="cpu")
    order = loop._order(torch.Generator().manual_seed(0))
    assert len(order) == drawn
    assert torch.equal(torch.bincount(order), torch.full((count,), drawn // count))


def test_training_scales_colours_as_the_spec_does():
    spec: ModelSpec = CLASSIC.spec(LABELS)
    pixels = torch.arange(256, dtype=torch.uint8).view(1, 16, 16, 1)
    pixels = pixels.repeat(1, 4, 4, 3)
    expected = torch.from_numpy(spec.tensor(pixels.numpy()))
    values = pixels.permute(0, 3, 1, 2).float()[:, :, 8:56, 8:56]
    torch.testing.assert_close(normalize(values, spec), expected, atol=1e-6, rtol=0)
