"""Numbers in the chapters are those that moue computes."""

from __future__ import annotations

import re

import pytest
import torch

from moue.demo.raw_folder import PICTURES
from moue.learn import course
from moue.learn.viola_jones import cascade, search
from moue.media.image import read_image, resize_to_fit, to_grey
from moue.training.networks import FastNet, SimpleConv3


def text_of(name, language):
    return (course.CHAPTERS / language / f"{name}.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def windows():
    """The windows that are left after each stage, and the share of the features computed."""
    grey = resize_to_fit(to_grey(read_image(PICTURES / "face-002-smile.jpg")), 240)
    sizes = cascade().sizes
    left = search(grey, 1.3).left(len(sizes))
    computed = sum(count * int(size) for count, size in zip(left, sizes, strict=False))
    return left, computed / (left[0] * int(sizes.sum()))


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_windows_of_the_cascade_are_those_of_its_stages(language, windows):
    left, share = windows
    text = text_of("04-cascade", language)
    head, counts = re.findall(
        r"^\| (?:stage|windows left|级|剩余窗口) \| (.*) \|$", text, re.MULTILINE
    )
    stages = [0, *map(int, head.split(" | ")[1:])]
    shown = [int(count.replace(",", "")) for count in counts.split(" | ")]
    assert shown == [left[stage] for stage in stages]
    assert f"{share:.1%}".replace("%", " %" if language == "en" else "%") in text


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_sizes_and_parameters_of_simpleconv3_are_those_of_the_network(language):
    text, network = text_of("08-network", language).replace(",", ""), SimpleConv3(4)
    for name, layer in network.named_children():
        count = sum(p.numel() for p in layer.parameters())
        if name.startswith(("conv", "fc")):
            assert re.search(rf"^\| {name} .*\| {count} \|$", text, re.MULTILINE), name
    assert f"{sum(p.numel() for p in network.parameters())}" in text
    assert f"{sum(p.numel() for p in FastNet(4).parameters())}" in text
    image = torch.zeros(1, 3, 48, 48)
    for layer in network.layers():
        image = layer(image)
        if isinstance(layer, torch.nn.Conv2d):
            assert "{} × {} × {}".format(*image.shape[1:]) in text
