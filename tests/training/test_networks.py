from __future__ import annotations

import pytest
import torch

from moue.errors import CheckpointError
from moue.training.networks import LUMINANCE, SimpleConv3, build
from moue.training.recipes import RECIPES
from moue.workspace.types import LABELS


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES)
@pytest.mark.parametrize("labels", [LABELS, ("none", "smile")], ids=["four", "two"])
def test_a_network_gives_one_logit_for_each_label(recipe, labels):
    images = torch.zeros(5, 3, recipe.input_size, recipe.input_size)
    assert build(recipe.network, labels)(images).shape == (5, len(labels))


def test_the_tutorial_network_has_its_names_and_shapes():
    shapes = {name: tuple(p.shape) for name, p in SimpleConv3(4).named_parameters()}
    assert shapes["conv1.weight"] == (12, 3, 3, 3)
    assert shapes["conv2.weight"] == (24, 12, 3, 3)
    assert shapes["conv3.weight"] == (48, 24, 3, 3)
    assert shapes["fc1.weight"] == (1200, 1200)
    assert shapes["fc2.weight"] == (128, 1200)
    assert shapes["fc3.weight"] == (4, 128)
    assert set(shapes) == {
        f"{layer}.{part}"
        for layer in ("conv1", "bn1", "conv2", "bn2", "conv3", "bn3", "fc1", "fc2", "fc3")
        for part in ("weight", "bias")
    }


def test_the_fast_network_is_small():
    assert sum(p.numel() for p in build("fastnet", LABELS).parameters()) * 4 < 1_500_000


def test_the_mouth_network_ignores_brightness_and_colour():
    torch.manual_seed(0)
    network = build("mouthnet", LABELS).eval()
    images = torch.rand(6, 3, 48, 48)
    grey = (images * torch.tensor(LUMINANCE).view(3, 1, 1)).sum(1, keepdim=True)
    with torch.inference_mode():
        logits = network(images)
        assert logits.std(0).min() > 0
        others = [grey.expand_as(images), images + 0.4, 3 * images - 1]
        for changed in others[:2]:
            torch.testing.assert_close(network(changed), logits, atol=1e-4, rtol=1e-4)
        # The small number that keeps flat pictures finite counts for less in the harsher one.
        torch.testing.assert_close(network(others[2]), logits, atol=0.02, rtol=0.02)


def test_training_keeps_the_grey_conversion_weights():
    network = build("mouthnet", LABELS)
    network(torch.rand(4, 3, 48, 48)).sum().backward()
    fixed = [p for p in network.parameters() if p.grad is None]
    assert [p.flatten().tolist() for p in fixed] == [pytest.approx(LUMINANCE)]


def test_an_unknown_network_is_named():
    with pytest.raises(CheckpointError, match="unknown network 'resnet'"):
        build("resnet", LABELS)
