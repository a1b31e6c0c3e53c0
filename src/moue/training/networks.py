"""The networks of the mouth classifiers.

A network is a chain of layers, which `Network.layers` lists. Training runs the chain, and
`moue.training.onnx_export` exports the layers to ONNX.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from moue.errors import CheckpointError

LUMINANCE = (0.299, 0.587, 0.114)
"""Weights of red, green and blue in luma (Rec. 601)."""


class Network(nn.Module):
    """A chain of layers that maps (N, 3, S, S) float32 to logits (N, classes)."""

    chain: nn.Sequential

    def __init__(self, classes: int) -> None:
        super().__init__()

    def layers(self) -> Sequence[nn.Module]:
        """Return the layers in the order in which they run."""
        return list(self.chain)

    def forward(self, images: Tensor) -> Tensor:
        """Return the logits (N, classes) of images (N, 3, S, S)."""
        for layer in self.layers():
            images = layer(images)
        return images


class SimpleConv3(Network):
    """Three convolutions and three linear layers, for 48x48 input; 1.61 M parameters.

    Source:
        The network `simpleconv3` of yousan.ai's mouth project; the state dicts are compatible.
    """

    def __init__(self, classes: int) -> None:
        super().__init__(classes)
        self.conv1 = nn.Conv2d(3, 12, 3, 2)
        self.bn1 = nn.BatchNorm2d(12)
        self.conv2 = nn.Conv2d(12, 24, 3, 2)
        self.bn2 = nn.BatchNorm2d(24)
        self.conv3 = nn.Conv2d(24, 48, 3, 2)
        self.bn3 = nn.BatchNorm2d(48)
        # Convolutions without padding reduce 48 pixels to 23, 11 and 5.
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

    The first convolution has no batch normalisation: normalising its large output took a tenth of
    a training step and did not improve the accuracy.
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
            # Stride 2 reduces 40 pixels to 20, 10, 5 and 3.
            nn.Linear(96 * 3 * 3, classes),
        )


class MouthNet(Network):
    """Six convolutions and one linear layer on standardised grey, for 48x48 input.

    The first two layers remove colour, brightness and contrast, so that the logits do not depend
    on them.
    """

    def __init__(self, classes: int) -> None:
        super().__init__(classes)
        # onnxruntime computes channels in blocks of 16; a partly filled block takes as long as a
        # full one.
        self.chain = nn.Sequential(
            *standardized_grey(),
            *convolution(1, 16),
            *convolution(16, 48),
            *convolution(48, 48, stride=1),
            *convolution(48, 96),
            *convolution(96, 128, stride=1),
            *convolution(128, 256),
            nn.Flatten(),
            # Four strides of 2 reduce 48 pixels to 3.
            nn.Linear(256 * 3 * 3, classes),
        )


NETWORKS: dict[str, type[Network]] = {
    "simpleconv3": SimpleConv3,
    "fastnet": FastNet,
    "mouthnet": MouthNet,
}


OWN: dict[str, type[nn.Module]] = {}
"""Networks of the user's own, which `moue.training.own_network` loaded, by `ModelSpec.network`."""


def is_own(network: str) -> bool:
    """Return whether a value of `ModelSpec.network` names a network of the user's own."""
    return network.startswith("own:")


def build(network: str, labels: Sequence[str]) -> nn.Module:
    """Return a network with random weights and one output per label.

    Args:
        network: name of the network, a key of `NETWORKS` or `OWN`.
        labels: labels of the outputs.

    Raises:
        CheckpointError: there is no network of that name.
    """
    if network in OWN:
        return OWN[network](len(labels))
    if is_own(network):
        _, file, name, _ = network.split(":")
        raise CheckpointError(
            f"the weights belong to the class {name} of the file {file}, which moue runs only in "
            "`moue train --network`; use the folder of the run or its model.onnx instead"
        )
    if network not in NETWORKS:
        raise CheckpointError(f"unknown network {network!r}; known networks: {', '.join(NETWORKS)}")
    return NETWORKS[network](len(labels))


def standardized_grey() -> list[nn.Module]:
    """Return two fixed layers: RGB to grey, then scaling of each picture to mean 0, variance 1."""
    grey = nn.Conv2d(3, 1, 1, bias=False)
    grey.weight = nn.Parameter(torch.tensor(LUMINANCE).view(1, 3, 1, 1), requires_grad=False)
    # With the usual eps of 1e-5, noise in a nearly uniform picture would be amplified more.
    return [grey, nn.InstanceNorm2d(1, eps=1e-3)]


def convolution(inputs: int, outputs: int, stride: int = 2) -> list[nn.Module]:
    """Return the layers of a 3x3 convolution with batch normalisation and ReLU.

    Args:
        inputs, outputs: number of input and output channels.
        stride: stride of the convolution.
    """
    # No bias: the batch normalisation would subtract it and adds its own.
    conv = nn.Conv2d(inputs, outputs, kernel_size=3, stride=stride, padding=1, bias=False)
    return [conv, nn.BatchNorm2d(outputs), nn.ReLU(inplace=True)]
