"""The networks.

A network is a plain chain of layers, listed by `layers`: training runs the chain, and
`moue.training.onnx_export` writes it to ONNX node by node.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from moue.errors import CheckpointError

LUMINANCE = (0.299, 0.587, 0.114)
"""Weights of red, green and blue in grey (Rec. 601)."""


class Network(nn.Module):
    """A chain of layers from (N, 3, S, S) float32 to (N, classes) logits."""

    chain: nn.Sequential

    def __init__(self, classes: int) -> None:
        super().__init__()

    def layers(self) -> Sequence[nn.Module]:
        """Return the layers in the order in which they run."""
        return list(self.chain)

    def forward(self, images: Tensor) -> Tensor:
        """Run every layer."""
        for layer in self.layers():
            images = layer(images)
        return images


class SimpleConv3(Network):
    """Three convolutions and three linear layers, for 48x48 input; 1.65 M parameters.

    Source:
        The `simpleconv3` of yousan.ai's mouth project; its state dict fits this one.
    """

    def __init__(self, classes: int) -> None:
        super().__init__(classes)
        self.conv1 = nn.Conv2d(3, 12, 3, 2)
        self.bn1 = nn.BatchNorm2d(12)
        self.conv2 = nn.Conv2d(12, 24, 3, 2)
        self.bn2 = nn.BatchNorm2d(24)
        self.conv3 = nn.Conv2d(24, 48, 3, 2)
        self.bn3 = nn.BatchNorm2d(48)
        self.fc1 = nn.Linear(48 * 5 * 5, 1200)
        self.fc2 = nn.Linear(1200, 128)
        self.fc3 = nn.Linear(128, classes)
        self.relu = nn.ReLU()
        self.flatten = nn.Flatten()

    def layers(self) -> Sequence[nn.Module]:
        """Return the layers in the order in which they run."""
        relu = self.relu
        return [
            *(self.conv1, self.bn1, relu),
            *(self.conv2, self.bn2, relu),
            *(self.conv3, self.bn3, relu),
            self.flatten,
            *(self.fc1, relu, self.fc2, relu, self.fc3),
        ]


class FastNet(Network):
    """Four strided convolutions and one linear layer, for 40x40 input; 58,000 parameters.

    The first convolution has no batch normalisation: its output is the largest, and normalising
    it took a tenth of a training step without any gain in accuracy.
    """

    def __init__(self, classes: int) -> None:
        super().__init__(classes)
        self.chain = nn.Sequential(
            nn.Conv2d(3, 8, kernel_size=3, stride=2, padding=1),
            nn.ReLU(inplace=True),
            *convolution(8, 24),
            *convolution(24, 48),
            *convolution(48, 96),
            nn.Flatten(),
            nn.Linear(96 * 3 * 3, classes),
        )


class MouthNet(Network):
    """Six convolutions and one linear layer on standardised grey, for 48x48 input.

    The first two layers remove colour, brightness and contrast, so that none of them changes
    the result.
    """

    def __init__(self, classes: int) -> None:
        super().__init__(classes)
        # onnxruntime computes channels in blocks of 16: a partly filled block costs as much.
        self.chain = nn.Sequential(
            *standardized_grey(),
            *convolution(1, 16),
            *convolution(16, 48),
            *convolution(48, 48, stride=1),
            *convolution(48, 96),
            *convolution(96, 96, stride=1),
            *convolution(96, 160),
            nn.Flatten(),
            nn.Linear(160 * 3 * 3, classes),
        )


NETWORKS: dict[str, type[Network]] = {
    "simpleconv3": SimpleConv3,
    "fastnet": FastNet,
    "mouthnet": MouthNet,
}


def build(network: str, labels: Sequence[str]) -> Network:
    """Return a network with random weights and one output per label.

    Raises:
        CheckpointError: no network of that name.
    """
    if network not in NETWORKS:
        raise CheckpointError(f"unknown network {network!r}; known: {', '.join(NETWORKS)}")
    return NETWORKS[network](len(labels))


def standardized_grey() -> list[nn.Module]:
    """Return two layers without trained weights: colour to grey, then mean 0 and variance 1."""
    grey = nn.Conv2d(3, 1, 1, bias=False)
    grey.weight = nn.Parameter(torch.tensor(LUMINANCE).view(1, 3, 1, 1), requires_grad=False)
    return [grey, nn.InstanceNorm2d(1, eps=1e-3)]


def convolution(inputs: int, outputs: int, stride: int = 2) -> list[nn.Module]:
    """Return a 3x3 convolution with batch normalisation and ReLU."""
    conv = nn.Conv2d(inputs, outputs, kernel_size=3, stride=stride, padding=1, bias=False)
    return [conv, nn.BatchNorm2d(outputs), nn.ReLU(inplace=True)]
