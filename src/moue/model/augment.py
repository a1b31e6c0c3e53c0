"""Random changes to training pictures, a whole batch at a time.

Crop, flip and blur are one resampling filter for the rows and one for the columns of each
picture, so a batch is two matrix products. All chance comes from the generator that is given.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Generator, Tensor

from moue.model.recipes import RecipeName

Augment = Callable[[Tensor, int, Generator], Tensor]
"""(N, R, 3, R) uint8, the side S to give, a generator -> (N, 3, S, S) float32 in [0, 255]."""

_ATTEMPTS = 10


def classic(pixels: Tensor, side: int, generator: Generator) -> Tensor:
    """A random 8-100 % of the area at a ratio of 3:4 to 4:3, resized; half of them flipped.

    Source:
        torchvision's RandomResizedCrop (ten attempts, then the whole picture) with antialiased
        bilinear resizing, and its RandomHorizontalFlip.
    """
    count, source = len(pixels), pixels.shape[1]
    area = source**2 * _uniform((count, _ATTEMPTS), 0.08, 1.0, generator)
    ratio = torch.exp(_uniform((count, _ATTEMPTS), math.log(3 / 4), math.log(4 / 3), generator))
    sizes = torch.stack([(area / ratio).sqrt().round(), (area * ratio).sqrt().round()])
    fits = ((sizes > 0) & (sizes <= source)).all(dim=0)
    first = fits.int().argmax(dim=1)
    height, width = sizes[:, torch.arange(count), first].where(fits.any(dim=1), float(source))
    top = (_uniform((count,), 0, 1, generator) * (source - height + 1)).floor()
    left = (_uniform((count,), 0, 1, generator) * (source - width + 1)).floor()
    flip = torch.rand(count, generator=generator) < 0.5
    rows = resample_weights(top, height, source, side)
    columns = resample_weights(left, width, source, side, flip)
    return _resample(pixels, rows, columns)


def fast(pixels: Tensor, side: int, generator: Generator) -> Tensor:
    """A milder crop with a shift, flip, blur, and changes of colour, contrast and brightness."""
    count, source = len(pixels), pixels.shape[1]
    scale = _uniform((count,), 0.6, 0.95, generator) * source
    stretch = torch.exp(_uniform((count,), -0.15, 0.15, generator))
    height, width = scale * stretch, scale / stretch
    centre = source / 2 + source * _uniform((2, count), -0.1, 0.1, generator)
    flip = torch.rand(count, generator=generator) < 0.5
    blur = 1 + 2 * torch.rand(count, generator=generator) ** 3
    rows = resample_weights(centre[0] - height / 2, height, source, side, blur=blur)
    columns = resample_weights(centre[1] - width / 2, width, source, side, flip, blur)
    return _recolour(_resample(pixels, rows, columns), generator)


AUGMENT: dict[RecipeName, Augment] = {"classic": classic, "fast": fast}


def resample_weights(
    start: Tensor,
    size: Tensor,
    source: int,
    target: int,
    flip: Tensor | None = None,
    blur: Tensor | None = None,
) -> Tensor:
    """Return the triangle filter that takes `size` pixels from `start` on to `target` pixels.

    Args:
        start: (N,) float32 pixels; what lies outside the picture repeats its border.
        size: (N,) float32 pixels.
        flip: (N,) bool, in reverse order.
        blur: (N,) at least 1, widens the filter.

    Returns:
        (N, target, source) float32, rows sum to 1.
    """
    steps = torch.arange(target) + 0.5
    numbers = torch.arange(source) + 0.5
    scale = (size / target)[:, None]
    centres = start[:, None] + steps * scale
    if flip is not None:
        centres = torch.where(flip[:, None], centres.flip(1), centres)
    reach = scale.clamp(min=1)
    if blur is not None:
        reach = reach * blur[:, None]
    low = start.clamp(0, source - 1)[:, None, None]
    high = (start + size).clamp(1, source)[:, None, None]
    centres = centres.clamp(0.5, source - 0.5)
    weights = 1 - (numbers - centres[..., None]).abs_().div_(reach[..., None])
    weights.clamp_(min=0).mul_((numbers > low) & (numbers < high))
    return weights.div_(weights.sum(dim=2, keepdim=True))


def _resample(pixels: Tensor, rows: Tensor, columns: Tensor) -> Tensor:
    """Apply (N, S, R) filters to (N, R, 3, R) uint8 pixels; (N, 3, S, S) float32."""
    count, source = len(pixels), pixels.shape[1]
    side = rows.shape[1]
    rows, columns = rows.to(pixels.device), columns.to(pixels.device)
    values = pixels.to(torch.float32).view(count, source, 3 * source)
    values = torch.bmm(rows, values).view(count, side * 3, source)
    values = torch.bmm(values, columns.transpose(1, 2))
    return values.view(count, side, 3, side).transpose(1, 2)


def _recolour(values: Tensor, generator: Generator) -> Tensor:
    """Fade colours towards grey, then change contrast and brightness, at random."""
    count = len(values)
    grey = torch.rand(count, 1, 1, generator=generator)
    contrast = torch.exp(_uniform((count, 1, 1), -0.4, 0.4, generator))
    brightness = _uniform((count, 1, 1, 1), -40, 40, generator)
    mix = contrast * (grey * torch.full((3, 3), 1 / 3) + (1 - grey) * torch.eye(3))
    middle = 127.5 * (1 - contrast)[..., None] + brightness
    mixed = torch.einsum("nab,nbyx->nayx", mix.to(values.device), values)
    return mixed.add_(middle.to(values.device)).clamp_(0, 255)


def _uniform(shape: tuple[int, ...], low: float, high: float, generator: Generator) -> Tensor:
    return torch.rand(shape, generator=generator) * (high - low) + low
