from __future__ import annotations

import copy
import dataclasses
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from moue.model.spec import ModelSpec
from moue.training.data import Crops
from moue.training.loop import Loop, normalize
from moue.training.optimizer import Mixup, learning_rate
from moue.training.recipes import BEST, CLASSIC, FAST, Recipe
from moue.workspace.types import LABELS

pytestmark = pytest.mark.slow

SHORT = dataclasses.replace(BEST, epochs=2, min_samples_per_epoch=32, batch_size=16)


def test_classic_learning_rate_drops_after_100_epochs():
    rates = [learning_rate(CLASSIC, done) for done in (0, 50.5, 99.99, 100, 150, 200)]
    assert rates == pytest.approx([0.1, 0.1, 0.1, 0.01, 0.01, 0.001])


def test_one_cycle_rises_from_a_tenth_and_falls_to_zero():
    recipe = dataclasses.replace(FAST, epochs=10, lr=1.0)
    rates = [learning_rate(recipe, done / 10) for done in range(101)]
    assert rates[0] == pytest.approx(0.1)
    assert max(rates) == pytest.approx(1)
    assert rates.index(max(rates)) == 20
    assert rates[100] == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize(("count", "drawn"), [(64, 512), (300, 600), (446, 446), (900, 900)])
def test_a_small_set_is_repeated_in_an_epoch(count, drawn):
    crops = Crops(
        pixels=torch.zeros(count, FAST.resize, FAST.resize, 3, dtype=torch.uint8),
        targets=torch.arange(count) % 4,
    )
    loop = Loop(FAST, FAST.spec(LABELS), crops, crops, seed=0, device="cpu")
    order = loop._order(torch.Generator().manual_seed(0))
    assert len(order) == drawn
    assert torch.equal(torch.bincount(order), torch.full((count,), drawn // count))


def drawn_crops(count: int = 24, seed: int = 0, recipe: Recipe = BEST, **more: Any) -> Crops:
    """Pictures of noise, of each label in turn."""
    generator = torch.Generator().manual_seed(seed)
    side = (count, recipe.resize, recipe.resize, 3)
    pixels = torch.randint(0, 256, side, dtype=torch.uint8, generator=generator)
    return Crops(pixels=pixels, targets=torch.arange(count) % 4, **more)


def looped(recipe: Recipe, crops: Crops, val: Crops | None = None) -> Loop:
    return Loop(recipe, recipe.spec(LABELS), crops, val or drawn_crops(8), seed=0, device="cpu")


def test_every_epoch_has_the_same_order_on_disk_as_in_memory():
    crops = drawn_crops(40)
    loops = [looped(FAST, dataclasses.replace(crops, on_disk=on)) for on in (False, True)]
    for epoch in range(1, 4):
        orders = [loop._order(torch.Generator().manual_seed(epoch)) for loop in loops]
        assert torch.equal(*orders)
        assert torch.equal(*(loop._batch(orders[0][:16]) for loop in loops))


@pytest.mark.parametrize("recipe", [SHORT, CLASSIC, FAST], ids=lambda recipe: recipe.name)
def test_an_epoch_on_disk_gives_the_same_weights_as_in_memory(recipe):
    recipe = dataclasses.replace(recipe, min_samples_per_epoch=32, batch_size=16)
    crops, weights = drawn_crops(recipe=recipe), []
    for on_disk in (False, True):
        loop = looped(recipe, dataclasses.replace(crops, on_disk=on_disk), crops)
        loop.run(1)
        weights.append(loop.eval_network.state_dict())
    assert all(torch.equal(weights[0][name], weights[1][name]) for name in weights[0])


@given(st.lists(st.sampled_from([0.0, 1.0, 3.0]), min_size=24, max_size=24).filter(any))
@settings(max_examples=15, deadline=None)
def test_a_picture_with_weight_zero_is_never_sampled(chance):
    loop = looped(FAST, drawn_crops(sample_weights=torch.tensor(chance), samples_per_epoch=5000))
    times = torch.bincount(loop._order(torch.Generator().manual_seed(0)), minlength=24)
    assert ((times > 0) == (torch.tensor(chance) > 0)).all()
    assert times.sum() == 5000


@pytest.mark.parametrize("draws", [1, 23, 24, 25, 100])
def test_sampling_draws_the_requested_number_evenly(draws):
    order = looped(FAST, drawn_crops(samples_per_epoch=draws))._order(
        torch.Generator().manual_seed(0)
    )
    times = torch.bincount(order, minlength=24)
    assert len(order) == draws
    assert times.max() - times.min() <= 1


@pytest.mark.parametrize("sampling", [0.5, 1.0])
def test_a_rare_label_is_sampled_more_often(sampling):
    crops = dataclasses.replace(drawn_crops(85, samples_per_epoch=20_000), targets=rare())
    recipe = dataclasses.replace(BEST, resample_power=sampling)
    order = looped(recipe, crops)._order(torch.Generator().manual_seed(0))
    shares = torch.bincount(crops.targets[order]) / 20_000
    expected = torch.tensor([64.0, 16.0, 4.0, 1.0]) ** (1 - sampling)
    torch.testing.assert_close(shares, expected / expected.sum(), atol=0.015, rtol=0)


def rare() -> torch.Tensor:
    """64 of the first label, then 16, 4 and 1."""
    return torch.repeat_interleave(torch.arange(4), torch.tensor([64, 16, 4, 1]))


def test_given_sampling_weights_override_the_recipe():
    chance = torch.zeros(85)
    chance[:64] = 1
    crops = dataclasses.replace(
        drawn_crops(85, sample_weights=chance, samples_per_epoch=500), targets=rare()
    )
    order = looped(BEST, crops)._order(torch.Generator().manual_seed(0))
    assert (crops.targets[order] == 0).all()


def test_soft_labels_replace_targets():
    told = drawn_crops()
    other = dataclasses.replace(
        told, targets=(told.targets + 1) % 4, soft_labels=torch.eye(4)[told.targets]
    )
    first, second = (looped(SHORT, crops).run(1) for crops in (told, other))
    assert first.train_loss == pytest.approx(second.train_loss, rel=1e-5)
    assert first.val_loss == pytest.approx(second.val_loss, rel=1e-3)


def test_best_resumes_from_its_state_to_the_same_bits():
    crops = drawn_crops(samples_per_epoch=32)
    whole, again = looped(SHORT, crops), looped(SHORT, crops)
    whole.run(1)
    judged, state = copy.deepcopy((whole.eval_network.state_dict(), whole.state()))
    again.restore(judged, state)
    assert whole.run(2).train_loss == again.run(2).train_loss
    assert torch.equal(whole.validate(), again.validate())


def test_training_scales_colours_as_the_spec_does():
    spec: ModelSpec = CLASSIC.spec(LABELS)
    pixels = torch.arange(256, dtype=torch.uint8).view(1, 16, 16, 1)
    pixels = pixels.repeat(1, 4, 4, 3)
    expected = torch.from_numpy(spec.tensor(pixels.numpy()))
    values = pixels.permute(0, 3, 1, 2).float()[:, :, 8:56, 8:56]
    torch.testing.assert_close(normalize(values, spec), expected, atol=1e-6, rtol=0)


def test_mixup_blends_each_picture_with_a_partner():
    values = torch.rand(16, 3, 4, 4)
    before = values.clone()
    mixed, partner, weight = Mixup(0.4)(values, torch.Generator().manual_seed(1))
    assert 0 < weight < 1
    assert sorted(partner.tolist()) == list(range(16))
    torch.testing.assert_close(mixed, weight * before + (1 - weight) * before[partner])


def test_a_recipe_without_mixup_blends_nothing():
    assert looped(dataclasses.replace(SHORT, mixup=0.0), drawn_crops()).mixup is None
    assert looped(SHORT, drawn_crops()).mixup is not None
