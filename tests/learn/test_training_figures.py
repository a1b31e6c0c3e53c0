"""The figures about training compute the numbers of torch and of moue."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch
from torch.nn import functional

from figure_core import run_core
from moue.evaluation.metrics import confusion_matrix, wilson
from moue.learn.data.feature_maps import LINEAR, packed
from moue.learn.data.loss_surface import principal
from moue.learn.schedules import SCHEDULES
from moue.learn.small_training import Plan, logits, train
from moue.learn.source import Mouths
from moue.model.spec import ModelSpec
from moue.training.augment import resample_weights
from moue.training.networks import build
from moue.training.optimizer import learning_rate
from moue.training.recipes import CLASSIC, FAST

LABELS = ("none", "pout", "smile", "open")


def drawn_mouths(count: int) -> Mouths:
    """Return mouths whose brightness shows their label."""
    rng = np.random.default_rng(3)
    targets = np.arange(count) % 4
    pixels = rng.integers(0, 40, (count, 64, 64, 3)) + 50 * targets[:, None, None, None]
    names = tuple(f"mouth-{n}" for n in range(count))
    splits = ("train", "train", "train", "train", "val", "val", "test", "test")
    return Mouths(
        names=names,
        pixels=pixels.astype(np.uint8),
        labels=LABELS,
        targets=targets,
        persons=names,
        splits=tuple(splits[n % 8] for n in range(count)),
    )


@pytest.mark.parametrize("name", ["sgd", "momentum", "adam"])
def test_an_optimiser_takes_the_steps_of_torch(tmp_path, name):
    place = torch.tensor([-1.6, 0.2], dtype=torch.float64, requires_grad=True)
    makers = {
        "sgd": lambda: torch.optim.SGD([place], 0.05),
        "momentum": lambda: torch.optim.SGD([place], 0.05, 0.8),
        "adam": lambda: torch.optim.Adam([place], 0.05),
    }
    optimizer, path = makers[name](), [place.tolist()]
    for _ in range(12):
        optimizer.zero_grad()
        loss = 0.05 * (1 - place[0]) ** 2 + 0.5 * (place[1] - place[0] ** 2) ** 2
        loss.backward()
        optimizer.step()
        path.append(place.tolist())
    found = run_core("optimizers", [("runOn", ["curve", path[0], name, 0.05, 0.8, 12])], tmp_path)
    assert np.array(found[0]) == pytest.approx(np.array(path), abs=1e-5)


def test_the_surface_goes_through_the_computed_losses(tmp_path):
    rng = np.random.default_rng(0)
    xs, ys = np.linspace(-1, 2, 6).tolist(), np.linspace(0, 3, 5).tolist()
    values = rng.uniform(0, 2, (5, 6)).tolist()
    points = [[x, y] for y in ys for x in xs]
    found = run_core("optimizers", [("gridValues", [xs, ys, values, points])], tmp_path)[0]
    assert found == pytest.approx(np.ravel(values).tolist())


@pytest.mark.parametrize("name", list(SCHEDULES))
def test_a_schedule_has_the_factors_of_python(tmp_path, name):
    shares = np.linspace(0, 0.99, 23).tolist()
    found = run_core("schedules", [("factors", [name, shares])], tmp_path)[0]
    assert found == pytest.approx([SCHEDULES[name](share) for share in shares])


def test_step_lr_is_that_of_torch_and_one_cycle_that_of_moue(tmp_path):
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], 0.1)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 7, 0.5)
    rates = []
    for _ in range(20):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    assert run_core("schedules", [("stepRates", [0.1, 7, 0.5, 20])], tmp_path)[0] == pytest.approx(
        rates
    )
    recipe = dataclasses.replace(FAST, lr=1.0, epochs=10)
    expected = [learning_rate(recipe, epoch) for epoch in range(10)]
    assert [SCHEDULES["one_cycle"](epoch / 10) for epoch in range(10)] == pytest.approx(expected)


def test_losses_and_gradients_are_those_of_torch(tmp_path):
    values, target = [1.5, -0.3, 0.2, 2.4], 1
    scores = torch.tensor(values, dtype=torch.float64, requires_grad=True)
    entropy = functional.cross_entropy(scores[None], torch.tensor([target]))
    (entropy_gradient,) = torch.autograd.grad(entropy, scores)
    one_hot = functional.one_hot(torch.tensor(target), 4).double()
    squared = functional.mse_loss(scores.softmax(0), one_hot)
    (squared_gradient,) = torch.autograd.grad(squared, scores)
    calls = [("softmax", [values])] + [
        (name, [{"result": 0}, target])
        for name in ("crossEntropy", "squaredError", "crossEntropyGradient", "squaredErrorGradient")
    ]
    found = run_core("losses", calls, tmp_path)
    assert found[1] == pytest.approx(entropy.item())
    assert found[2] == pytest.approx(squared.item())
    assert found[3] == pytest.approx(entropy_gradient.tolist())
    assert found[4] == pytest.approx(squared_gradient.tolist())


def test_a_changed_probability_keeps_the_sum(tmp_path):
    calls = [("withProbability", [[0.1, 0.2, 0.3, 0.4], 2, v]) for v in (0.0, 0.6, 1.0)]
    for found, wanted in zip(run_core("losses", calls, tmp_path), (0.001, 0.6, 0.997), strict=True):
        assert sum(found) == pytest.approx(1)
        assert found[2] == pytest.approx(wanted, abs=0.003)


def test_a_sure_mistake_has_a_small_squared_gradient_and_a_large_cross_entropy_one(tmp_path):
    p = [0.997, 0.001, 0.001, 0.001]
    calls = [("crossEntropyGradient", [p, 3]), ("squaredErrorGradient", [p, 3])]
    entropy, squared = run_core("losses", calls, tmp_path)
    assert np.linalg.norm(entropy) > 100 * np.linalg.norm(squared)


def test_each_layer_gives_the_values_of_torch(tmp_path):
    torch.manual_seed(1)
    network = build("simpleconv3", LABELS)
    for name, buffer in network.named_buffers():
        if "running" in name:
            buffer.uniform_(0.5, 1.5)
    network.eval()
    arrays = packed({name: value.numpy() for name, value in network.state_dict().items()})
    # The network with the rounded linear layers.
    for layer in LINEAR:
        weight = arrays[f"{layer}.weight"] * arrays[f"{layer}.scale"][:, None]
        getattr(network, layer).weight.data = torch.from_numpy(weight.astype(np.float32))
    pixels = np.random.default_rng(0).integers(0, 256, (64, 64, 3)).astype(np.uint8)
    found = run_core("network", [("activations", [arrays, pixels, 64])], tmp_path)[0]
    spec: ModelSpec = CLASSIC.spec(LABELS)
    values = torch.from_numpy(spec.tensor(pixels[None]))
    names = ["conv1", "bn1", "relu1", "conv2", "bn2", "relu2", "conv3", "bn3", "relu3", None]
    names += ["fc1", None, "fc2", None, "fc3"]
    assert found["input"] == pytest.approx(values.ravel().tolist(), abs=1e-6)
    with torch.inference_mode():
        for name, layer in zip(names, network.layers(), strict=True):
            values = layer(values)
            if name in ("fc1", "fc2"):
                assert np.array(found[name]) == pytest.approx(values.relu().ravel(), abs=1e-4)
            elif name:
                assert np.array(found[name]) == pytest.approx(values.ravel(), abs=1e-4)


def test_the_rounded_layers_give_nearly_the_same_logits():
    torch.manual_seed(2)
    network = build("simpleconv3", LABELS).eval()
    mouths = drawn_mouths(8)
    before = logits(network, CLASSIC.spec(LABELS), mouths.pixels)
    arrays = packed({name: value.numpy() for name, value in network.state_dict().items()})
    for layer in LINEAR:
        weight = arrays[f"{layer}.weight"] * arrays[f"{layer}.scale"][:, None]
        getattr(network, layer).weight.data = torch.from_numpy(weight.astype(np.float32))
    after = logits(network, CLASSIC.spec(LABELS), mouths.pixels)
    assert np.abs(after - before).max() < 0.02


def test_crops_are_resized_as_in_training(tmp_path):
    pixels = np.random.default_rng(5).integers(0, 256, (64, 64, 3)).astype(np.uint8)
    crop = {"top": 9, "left": 3, "height": 31, "width": 40, "flip": True}
    rows = resample_weights(torch.tensor([9.0]), torch.tensor([31.0]), 64, 48)[0].double()
    columns = resample_weights(
        torch.tensor([3.0]), torch.tensor([40.0]), 64, 48, torch.tensor([True])
    )[0].double()
    values = torch.from_numpy(pixels.astype(np.float64))
    expected = torch.einsum("ty,yxc,sx->tsc", rows, values, columns)
    found = run_core("transforms", [("apply", [pixels, 64, 48, crop])], tmp_path)[0]
    assert np.array(found) == pytest.approx(expected.ravel().numpy(), abs=1e-3)


def test_draws_keep_the_limits_and_the_mean_area_of_torchvision(tmp_path):
    stream = np.random.default_rng(1).uniform(size=(400, 23))
    calls = [("draw", [row.tolist(), 64, [0.08, 1], [3 / 4, 4 / 3]]) for row in stream]
    draws = run_core("transforms", calls, tmp_path)
    shares = [d["width"] * d["height"] / 64**2 for d in draws]
    ratios = [d["width"] / d["height"] for d in draws]
    assert 0.07 < min(shares) < 0.15
    assert max(shares) <= 1
    assert 0.7 < min(ratios) < 0.8 < 1.25 < max(ratios) < 1.42
    assert all(0 <= d["top"] <= 64 - d["height"] for d in draws)
    assert all(0 <= d["left"] <= 64 - d["width"] for d in draws)
    # Large areas of extreme shape do not fit and are drawn again, so the mean is below 0.54.
    assert 0.44 < np.mean(shares) < 0.52


def test_the_confusion_counts_are_those_of_the_report(tmp_path):
    rng = np.random.default_rng(2)
    probabilities = rng.dirichlet([0.6] * 4, 50).astype(np.float32)
    targets = rng.integers(0, 4, 50).astype(np.int32)
    calls = [
        ("matrix", [probabilities, targets, 4, 0.0]),
        ("answered", [probabilities, targets, 4, 0.7]),
        ("wilson", [37, 50]),
        ("curve", [probabilities, targets, 4]),
    ]
    matrix, answered, interval, curve = run_core("confusion", calls, tmp_path)
    predicted = probabilities.argmax(1)
    expected = confusion_matrix(targets.astype(np.int64), predicted, 4)
    assert np.array(matrix)[:, :4].tolist() == expected.tolist()
    sure = probabilities.max(1) >= 0.7
    right = int((predicted == targets)[sure].sum())
    assert answered == {"count": int(sure.sum()), "right": right}
    assert interval == pytest.approx(wilson(37, 50), abs=1e-4)
    assert curve[-1]["coverage"] == 1
    assert curve[-1]["accuracy"] == pytest.approx((predicted == targets).mean())


def test_a_short_training_learns_and_keeps_its_path():
    mouths = drawn_mouths(48)
    plan = Plan(epochs=6, lr=0.02, augment=False, keep_every=2)
    done = train(mouths, mouths.of_split("train"), mouths.of_split("val"), plan)
    assert done.losses[-1] < done.losses[0]
    assert len(done.kept) == 4
    path, directions, share = principal(done.kept)
    assert path[-1].tolist() == [0, 0]
    assert directions @ directions.T == pytest.approx(np.eye(2), abs=1e-3)
    assert 0.9 < share <= 1
    again = train(mouths, mouths.of_split("train"), mouths.of_split("val"), plan)
    assert again.losses == done.losses


def test_the_fields_are_those_of_the_gradient(tmp_path):
    found = run_core("receptive-field", [("variant", [3, 2, 48])], tmp_path)[0]
    network = build("simpleconv3", LABELS)
    maps = torch.ones(1, 3, 48, 48, requires_grad=True)
    values = maps
    for number in (1, 2, 3):
        conv = getattr(network, f"conv{number}")
        torch.nn.init.ones_(conv.weight)
        values = conv(values)
        (gradient,) = torch.autograd.grad(values[0, 0, 1, 1], maps, retain_graph=True)
        rows = gradient[0].sum(0).sum(1).nonzero().ravel()
        layer = found[number]
        assert layer["side"] == values.shape[-1]
        assert layer["field"] == len(rows)
        assert layer["start"] + layer["jump"] == int(rows[0])


def test_the_parameters_are_those_of_the_network(tmp_path):
    layers = run_core("parameters", [("parameters", [48, 4, 1200])], tmp_path)[0]
    network = build("simpleconv3", LABELS)
    for layer in layers:
        module = getattr(network, layer["name"])
        assert layer["count"] == sum(p.numel() for p in module.parameters()), layer["name"]
    total = sum(layer["count"] for layer in layers)
    linear = sum(layer["count"] for layer in layers if layer["kind"] == "linear")
    assert round(linear / total, 3) == 0.992


def test_the_areas_fill_the_rectangle_in_proportion(tmp_path):
    boxes = run_core("parameters", [("areas", [[6, 1, 2, 3], 0, 0, 40, 30])], tmp_path)[0]
    areas = [box["width"] * box["height"] for box in boxes]
    assert areas == pytest.approx([600, 100, 200, 300])
