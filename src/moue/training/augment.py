"""Random changes to training pictures, a whole batch at a time.

Crop, flip and blur are one resampling filter for the rows and one for the columns of each
picture, so a batch is two matrix products. All chance comes from the generator that is given.
"""

from __future__ import annotations

import math
from typing import Protocol

import torch
from torch import Generator, Tensor
from torch.nn import functional

from moue.training.networks import LUMINANCE
from moue.training.recipes import RecipeName


class Augment(Protocol):
    """What every recipe has."""

    def __call__(
        self, pixels: Tensor, side: int, generator: Generator, share: float = 1.0
    ) -> Tensor:
        """Return (N, 3, S, S) float32 in [0, 255].

        Args:
            pixels: (N, R, 3, R) uint8.
            side: S, in pixels.
            share: part of R that the mouth crop takes, in the middle; around it is what `best`
                may shift, turn or zoom out to. The border is repeated where that ends.
        """


_ATTEMPTS = 10
_SPLIT = 4
"""Pictures of a batch are blurred alike by groups, four of them for the half that is blurred."""


def classic(pixels: Tensor, side: int, generator: Generator, share: float = 1.0) -> Tensor:
    """A random 8-100 % of the area at a ratio of 3:4 to 4:3, resized; half of them flipped.

    Source:
        torchvision's RandomResizedCrop (ten attempts, then the whole picture) with antialiased
        bilinear resizing, and its RandomHorizontalFlip.
    """
    pixels = _crop(pixels, share)
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


def fast(pixels: Tensor, side: int, generator: Generator, share: float = 1.0) -> Tensor:
    """A milder crop with a shift, flip, blur, and changes of colour, contrast and brightness."""
    pixels = _crop(pixels, share)
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


def best(pixels: Tensor, side: int, generator: Generator, share: float = 1.0) -> Tensor:
    """What a mouth goes through in the world, with its colours gone.

    Cut too large, too small, beside the lips or turned, as face finders do; of few pixels or
    blurred; too dark, too bright, flat or harsh; noisy.
    """
    weights = torch.tensor(LUMINANCE) + 0.15 * torch.randn(len(pixels), 3, generator=generator)
    weights = weights / weights.sum(1, keepdim=True)
    weights = weights.to(pixels.device)[:, :, None, None]
    values = sum(
        (pixels[:, :, c] * weights[:, c] for c in range(1, 3)), pixels[:, :, 0] * weights[:, 0]
    )
    values = _moved(values[:, None], side, generator, share) / 255
    _blur(values, generator)
    _light(values, generator)
    strength = _uniform((len(pixels), 1, 1, 1), -0.06, 0.06, generator).clamp(min=0)
    grain = strength * torch.randn(values.shape, generator=generator)
    values = values.add_(grain.to(values.device)).clamp_(0, 1).mul_(255)
    return values.repeat(1, 3, 1, 1)


AUGMENT: dict[RecipeName, Augment] = {"classic": classic, "fast": fast, "best": best}


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


def _moved(values: Tensor, side: int, generator: Generator, share: float) -> Tensor:
    """Cut (N, 1, side, side) squares off the middle of (N, 1, R, R): zoomed, shifted, turned.

    By about as much as dlib's landmarks differ from a face mesh: centres by 0.02 to 0.05 of the
    lips, sizes by 0.09 (standard deviations). Twice as much cost 1.5 points of accuracy.
    """
    count = len(values)
    zoom = share * torch.exp(_uniform((count,), -0.095, 0.125, generator))
    stretch = torch.exp(_uniform((count,), -0.045, 0.045, generator))
    shift = 0.1 * share * _uniform((count, 2), -1, 1, generator)
    angle = math.radians(5) * torch.randn(count, generator=generator)
    mirror = 1 - 2 * (torch.rand(count, generator=generator) < 0.5).float()
    cosine, sine = zoom * torch.cos(angle), zoom * torch.sin(angle)
    rows = [
        torch.stack([mirror * stretch * cosine, -sine / stretch, shift[:, 0]], 1),
        torch.stack([mirror * stretch * sine, cosine / stretch, shift[:, 1]], 1),
    ]
    grid = functional.affine_grid(torch.stack(rows, 1), [count, 1, side, side], False)
    return functional.grid_sample(
        values, grid.to(values.device), padding_mode="border", align_corners=False
    )


def _blur(values: Tensor, generator: Generator) -> None:
    """Take half of the pictures, in place, down to 11 to 35 pixels and up again."""
    side = values.shape[-1]
    for part in torch.split(values[: len(values) // 2], max(1, len(values) // (2 * _SPLIT))):
        few = int(torch.randint(11, 36, (1,), generator=generator)) * side // 48
        mode = "bicubic" if torch.rand(1, generator=generator) < 0.5 else "bilinear"
        small = functional.interpolate(part, size=(few, few), mode="area")
        part.copy_(functional.interpolate(small, size=(side, side), mode=mode))


def _light(values: Tensor, generator: Generator) -> None:
    """Change contrast, brightness and gamma of values in [0, 1], in place."""
    shape = (len(values), 1, 1, 1)
    contrast = torch.exp(_uniform(shape, -0.5, 0.5, generator)).to(values.device)
    brightness = _uniform(shape, -0.2, 0.2, generator).to(values.device)
    gamma = torch.exp(_uniform(shape, -0.4, 0.4, generator)).to(values.device)
    mean = values.mean((2, 3), keepdim=True)
    values.sub_(mean).mul_(contrast).add_(mean + brightness).clamp_(1e-3, 1).pow_(gamma)


def _crop(pixels: Tensor, share: float) -> Tensor:
    """Return the middle of (N, R, 3, R)."""
    source = pixels.shape[1]
    start = round(source * (1 - share) / 2)
    return pixels[:, start : source - start, :, start : source - start]


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
