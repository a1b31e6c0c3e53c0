"""Gradient map: the pixels of the network input to which the log-odds of a label react most.

Gradients need the weights in torch. So they exist only where torch is installed, and only for
models with a weights file; the occlusion map needs neither.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from moue.errors import MissingExtra
from moue.model.spec import Floats
from moue.workspace.types import Image

SAMPLES, NOISE = 16, 0.1
"""Number of noisy copies, and the standard deviation of the noise on the scale of the input."""


@dataclass(frozen=True, slots=True)
class GradientMap:
    """The sensitivity of the log-odds of a label to the pixels of the network input.

    Attributes:
        label: label that the map explains.
        values: (S, S) float32 in [0, 1]: mean absolute gradient of the channels, divided by its
            maximum.
        area: side of the map as a fraction of the side of the crop; the map is centred. It is below
            1 for a network that only uses the centre of the crop.
    """

    label: str
    values: Floats
    area: float


def gradient_map(model: Path | str | None, crop: Image, label: str) -> GradientMap:
    """Return the gradient map of a label for a mouth crop.

    The gradient is averaged over noisy copies of the crop, which makes it less grainy.

    Args:
        model: run folder, weights file or name of a bundled model; None for the bundled model.
        crop: (H, W, 3) uint8 RGB.
        label: label of the model.

    Raises:
        MissingExtra: torch is not installed.
        ModelError: the model has no weights file.

    Source:
        Smilkov et al. 2017, SmoothGrad: removing noise by adding noise.
    """
    try:
        import torch

        from moue.training import checkpoint
    except ImportError as error:
        raise MissingExtra("the gradient map", "train") from error
    path = None if model is None else Path(model)
    loaded = checkpoint.load(path / "best.pt" if path is not None and path.is_dir() else path)
    spec, network = loaded.spec, loaded.network()
    index = spec.labels.index(label)
    generator = torch.Generator().manual_seed(0)
    inputs = torch.from_numpy(spec.prepare([crop])).repeat(SAMPLES, 1, 1, 1)
    inputs = inputs + NOISE * torch.randn(inputs.shape, generator=generator)
    inputs.requires_grad_(True)
    logits = network(inputs)
    others = torch.cat([logits[:, :index], logits[:, index + 1 :]], dim=1)
    odds = logits[:, index] - others.logsumexp(dim=1)
    (gradient,) = torch.autograd.grad(odds.sum(), inputs)
    values = gradient.abs().mean(dim=(0, 1)).numpy().astype(np.float32)
    return GradientMap(
        label, values / max(float(values.max()), 1e-12), spec.input_size / spec.resize
    )
