"""The training of the tutorial, sections 4.1 to 4.3, reimplemented with torch and Pillow.

The tutorial uses `ImageFolder` and transforms of torchvision, whose wheel cannot be imported with
the CPU build of torch. The classes below do the same work with the same calls of Pillow and torch:
they open and decode a file for every use, crop and resize it with Pillow, convert it to a float
tensor and normalise it, one picture at a time, in eight worker processes that each pass starts
again.
"""

from __future__ import annotations

import math
import time
import warnings
from pathlib import Path

import numpy as np
import PIL.Image
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.data import DataLoader, Dataset

BATCH, WORKERS = 64, 8


class SimpleConv3(nn.Module):
    """4.2: three convolutions with batch normalisation, three linear layers."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(3, 12, 3, 2), nn.BatchNorm2d(12)
        self.conv2, self.bn2 = nn.Conv2d(12, 24, 3, 2), nn.BatchNorm2d(24)
        self.conv3, self.bn3 = nn.Conv2d(24, 48, 3, 2), nn.BatchNorm2d(48)
        self.fc1, self.fc2 = nn.Linear(48 * 5 * 5, 1200), nn.Linear(1200, 128)
        self.fc3 = nn.Linear(128, 4)

    def forward(self, images: Tensor) -> Tensor:
        """Return (N, 4) logits of (N, 3, 48, 48)."""
        images = functional.relu(self.bn1(self.conv1(images)))
        images = functional.relu(self.bn2(self.conv2(images)))
        images = functional.relu(self.bn3(self.conv3(images)))
        values = functional.relu(self.fc1(images.view(-1, 48 * 5 * 5)))
        values = functional.relu(self.fc2(values))
        logits: Tensor = self.fc3(values)
        return logits


class Folder(Dataset[tuple[Tensor, int]]):
    """4.1: a folder per class, like `ImageFolder` with the training transforms."""

    def __init__(self, root: Path, times: int = 1) -> None:
        classes = sorted(path for path in root.iterdir() if path.is_dir())
        files = [(file, k) for k, path in enumerate(classes) for file in sorted(path.iterdir())]
        self.files = files * times

    def __len__(self) -> int:
        return len(self.files)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        path, target = self.files[index]
        with path.open("rb") as file:
            image = PIL.Image.open(file).convert("RGB")
        image = _random_resized_crop(image)
        if torch.rand(1) < 0.5:
            image = image.transpose(PIL.Image.Transpose.FLIP_LEFT_RIGHT)
        return _normalized(_to_tensor(image)), target


def _random_resized_crop(image: PIL.Image.Image, side: int = 48) -> PIL.Image.Image:
    """Crop 8 to 100 % of the area at 3:4 to 4:3; after ten attempts, the middle."""
    width, height = image.size
    ratio = torch.log(torch.tensor((3 / 4, 4 / 3)))
    for _ in range(10):
        area = width * height * torch.empty(1).uniform_(0.08, 1.0).item()
        aspect = torch.exp(torch.empty(1).uniform_(float(ratio[0]), float(ratio[1]))).item()
        w, h = round(math.sqrt(area * aspect)), round(math.sqrt(area / aspect))
        if 0 < w <= width and 0 < h <= height:
            y = int(torch.randint(0, height - h + 1, size=(1,)).item())
            x = int(torch.randint(0, width - w + 1, size=(1,)).item())
            break
    else:
        w, h = min(width, round(height * 4 / 3)), min(height, round(width * 4 / 3))
        x, y = (width - w) // 2, (height - h) // 2
    cropped = image.crop((x, y, x + w, y + h))
    return cropped.resize((side, side), PIL.Image.Resampling.BILINEAR)


def _to_tensor(image: PIL.Image.Image) -> Tensor:
    values = torch.from_numpy(np.array(image, np.uint8, copy=True))
    return values.permute(2, 0, 1).contiguous().to(torch.float32).div(255)


def _normalized(values: Tensor) -> Tensor:
    mean = torch.as_tensor((0.5, 0.5, 0.5)).view(-1, 1, 1)
    std = torch.as_tensor((0.5, 0.5, 0.5)).view(-1, 1, 1)
    return values.clone().sub_(mean).div_(std)


class Training:
    """4.3: SGD, rate 0.1, momentum 0.9; loss and accuracy are read after every batch."""

    def __init__(self) -> None:
        self.network = SimpleConv3()
        self.criterion = nn.CrossEntropyLoss()
        self.optimizer = torch.optim.SGD(self.network.parameters(), lr=0.1, momentum=0.9)

    def epoch(self, data: Folder) -> list[float]:
        """Train one epoch; return the time at its start and after every batch."""
        clock = [time.perf_counter()]
        # torch warns of more workers than cores; the tutorial ignores all warnings.
        warnings.filterwarnings("ignore", "This DataLoader will create")
        loader = DataLoader(data, batch_size=BATCH, shuffle=True, num_workers=WORKERS)
        self.network.train()
        loss_sum = hits = 0.0
        for images, labels in loader:
            self.optimizer.zero_grad()
            outputs = self.network(images)
            _, found = torch.max(outputs.data, 1)
            loss = self.criterion(outputs, labels)
            loss.backward()
            self.optimizer.step()
            loss_sum += loss.item()
            hits += torch.sum(found == labels).item()
            clock.append(time.perf_counter())
        return clock
