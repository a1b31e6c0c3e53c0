"""Data augmentation: random changes of a batch of training pictures.

The recipes `classic` and `fast` combine crop, flip and blur in one resampling filter for the rows
and one for the columns of each picture, so that a batch needs two matrix products. All random
numbers come from the argument `generator`.
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
    """Type of the augmentation functions; each recipe uses one of them."""

    def __call__(
        self, pixels: Tensor, side: int, generator: Generator, crop_fraction: float = 1.0
    ) -> Tensor:
        """Return augmented pictures, (N, 3, S, S) float32 in [0, 255].

        Args:
            pixels: (N, R, 3, R) uint8 pictures with the mouth crop in the centre.
            side: side S of the result, in pixels.
            generator: random number generator.
            crop_fraction: side of the mouth crop divided by R. `best` shifts, rotates and zooms
                into the pixels around the crop; outside the picture, its border is repeated.
        """


_ATTEMPTS = 10
"""Number of random crops that `classic` tries before it uses the whole picture, as torchvision."""
_BLUR_GROUPS = 4
"""Number of groups in the blurred half of a batch. A group is blurred equally, which is faster."""


def classic(pixels: Tensor, side: int, generator: Generator, crop_fraction: float = 1.0) -> Tensor:
    """Apply a random resized crop and a random horizontal flip.

    The crop has 8-100 % of the area and an aspect ratio of 3:4 to 4:3; the flip has p = 0.5.

    Source:
        torchvision's RandomResizedCrop (ten attempts, then the whole picture) with antialiased
        bilinear resizing, and its RandomHorizontalFlip.
    """
    pixels = _center(pixels, crop_fraction)
    count, source = len(pixels), pixels.shape[1]
    area = source**2 * _uniform((count, _ATTEMPTS), 0.08, 1.0, generator)
    # Uniform in the logarithm, so wide and tall crops are equally likely.
    ratio = torch.exp(_uniform((count, _ATTEMPTS), math.log(3 / 4), math.log(4 / 3), generator))
    sizes = torch.stack([(area / ratio).sqrt().round(), (area * ratio).sqrt().round()])
    fits = ((sizes > 0) & (sizes <= source)).all(dim=0)
    # (2, N, attempts): all attempts are drawn at once, and argmax finds the first that fits.
    first = fits.int().argmax(dim=1)
    height, width = sizes[:, torch.arange(count), first].where(fits.any(dim=1), float(source))
    # + 1: the last possible start, `source - height`, is as likely as the others.
    top = (_uniform((count,), 0, 1, generator) * (source - height + 1)).floor()
    left = (_uniform((count,), 0, 1, generator) * (source - width + 1)).floor()
    flip = torch.rand(count, generator=generator) < 0.5
    rows = resample_weights(top, height, source, side)
    columns = resample_weights(left, width, source, side, flip)
    return _resample(pixels, rows, columns)


def fast(pixels: Tensor, side: int, generator: Generator, crop_fraction: float = 1.0) -> Tensor:
    """Apply a random crop, shift, flip and blur, and random colour, contrast and brightness.

    The side of the crop is 60-95 % of the side of the picture.
    """
    pixels = _center(pixels, crop_fraction)
    count, source = len(pixels), pixels.shape[1]
    scale = _uniform((count,), 0.6, 0.95, generator) * source
    stretch = torch.exp(_uniform((count,), -0.15, 0.15, generator))
    # The stretch changes the aspect ratio and keeps the area.
    height, width = scale * stretch, scale / stretch
    centre = source / 2 + source * _uniform((2, count), -0.1, 0.1, generator)
    flip = torch.rand(count, generator=generator) < 0.5
    # The cube keeps most pictures nearly sharp.
    blur = 1 + 2 * torch.rand(count, generator=generator) ** 3
    rows = resample_weights(centre[0] - height / 2, height, source, side, blur=blur)
    columns = resample_weights(centre[1] - width / 2, width, source, side, flip, blur)
    return _recolour(_resample(pixels, rows, columns), generator)


def best(pixels: Tensor, side: int, generator: Generator, crop_fraction: float = 1.0) -> Tensor:
    """Convert to grey, then apply random zoom, shift, rotation, flip, blur, light and noise."""
    # The weights of red, green and blue in grey are random, so that the network does not rely on
    # the brightness of one colour.
    weights = torch.tensor(LUMINANCE) + 0.15 * torch.randn(len(pixels), 3, generator=generator)
    weights = (weights / weights.sum(1, keepdim=True)).to(pixels.device)
    # Not einsum: the fixed order of this sum gives the same bits on every machine.
    grey = pixels[:, :, 0] * weights[:, 0, None, None]
    for channel in (1, 2):
        grey = grey + pixels[:, :, channel] * weights[:, channel, None, None]
    # (N, R, R) -> (N, 1, S, S). Later steps change one channel instead of three.
    values = _warp(grey[:, None], side, generator, crop_fraction) / 255
    _blur(values, generator)
    _light(values, generator)
    # Half of the pictures get no noise: negative standard deviations become 0.
    sigma = _uniform((len(pixels), 1, 1, 1), -0.06, 0.06, generator).clamp(min=0)
    # Drawn on the CPU, so that the numbers do not depend on the device.
    noise = sigma * torch.randn(values.shape, generator=generator)
    values = values.add_(noise.to(values.device)).clamp_(0, 1).mul_(255)
    # Three equal channels: the grey weights of the network sum to 1, so it gets these values.
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
    """Return weights (N, T, source) that crop pictures along one axis and resize the crops.

    Args:
        start: (N,) float32 start of each crop, in pixels; outside the picture, its border is
            repeated.
        size: (N,) float32 side of each crop, in pixels.
        source: side of the pictures, in pixels.
        target: side T of the result, in pixels.
        flip: (N,) bool, True to mirror the crop.
        blur: (N,) float32 factors, at least 1, by which the triangle filter is widened.

    Returns:
        (N, T, source) float32; each row sums to 1.
    """
    # Pixel i covers [i, i + 1), so its centre is i + 0.5.
    source_centres = torch.arange(source) + 0.5
    scale = (size / target)[:, None]
    centres = start[:, None] + (torch.arange(target) + 0.5) * scale
    if flip is not None:
        # The reversed order of the target pixels mirrors the crop at no cost.
        centres = torch.where(flip[:, None], centres.flip(1), centres)
    # The filter widens with the reduction (antialiasing), but is at least one source pixel wide.
    reach = scale.clamp(min=1)
    if blur is not None:
        reach = reach * blur[:, None]
    # Pixels outside the crop get no weight, as if it had been cut out before resizing. The limits
    # leave at least one pixel of a crop that lies outside the picture.
    low = start.clamp(0, source - 1)[:, None, None]
    high = (start + size).clamp(1, source)[:, None, None]
    # A centre outside the picture moves to its border pixel, which is thus repeated.
    centres = centres.clamp(0.5, source - 0.5)
    weights = 1 - (source_centres - centres[..., None]).abs_().div_(reach[..., None])
    weights.clamp_(min=0).mul_((source_centres > low) & (source_centres < high))
    return weights.div_(weights.sum(dim=2, keepdim=True))


def _warp(values: Tensor, side: int, generator: Generator, crop_fraction: float) -> Tensor:
    """Zoom, shift, rotate and mirror the centre of (N, 1, R, R) to (N, 1, side, side).

    The amounts correspond to the differences between dlib landmarks and a face mesh: standard
    deviations of 0.02 to 0.05 of the side of the lip box for its centre, and of 0.09 for its side.
    Twice these amounts lowered the accuracy by 1.5 percentage points.
    """
    count = len(values)
    # The matrix maps target to source coordinates: a smaller factor shows a smaller part.
    zoom = crop_fraction * torch.exp(_uniform((count,), -0.095, 0.125, generator))
    stretch = torch.exp(_uniform((count,), -0.045, 0.045, generator))
    # Coordinates run from -1 to 1, so 0.1 is a twentieth of the side.
    shift = 0.1 * crop_fraction * _uniform((count, 2), -1, 1, generator)
    angle = math.radians(5) * torch.randn(count, generator=generator)
    mirror = 1 - 2 * (torch.rand(count, generator=generator) < 0.5).float()
    cosine, sine = zoom * torch.cos(angle), zoom * torch.sin(angle)
    rows = [
        torch.stack([mirror * stretch * cosine, -sine / stretch, shift[:, 0]], 1),
        torch.stack([mirror * stretch * sine, cosine / stretch, shift[:, 1]], 1),
    ]
    grid = functional.affine_grid(torch.stack(rows, 1), [count, 1, side, side], False)
    # Without align_corners, -1 and 1 are the outer edges of the picture, not the centres of its
    # border pixels; `resize_weights` uses the same convention.
    return functional.grid_sample(
        values, grid.to(values.device), padding_mode="border", align_corners=False
    )


def _blur(values: Tensor, generator: Generator) -> None:
    """Blur half of the pictures in place: reduce them to 11/48 to 35/48, then enlarge them."""
    side = values.shape[-1]
    # The first half is a random half, since the batch is in random order.
    for part in torch.split(values[: len(values) // 2], max(1, len(values) // (2 * _BLUR_GROUPS))):
        few = int(torch.randint(11, 36, (1,), generator=generator)) * side // 48
        mode = "bicubic" if torch.rand(1, generator=generator) < 0.5 else "bilinear"
        # Averages of areas, since reducing must not add aliasing; `_light` clips the overshoot of
        # bicubic.
        small = functional.interpolate(part, size=(few, few), mode="area")
        part.copy_(functional.interpolate(small, size=(side, side), mode=mode))


def _light(values: Tensor, generator: Generator) -> None:
    """Randomly change the contrast, brightness and gamma of values in [0, 1], in place."""
    shape = (len(values), 1, 1, 1)
    contrast = torch.exp(_uniform(shape, -0.5, 0.5, generator)).to(values.device)
    brightness = _uniform(shape, -0.2, 0.2, generator).to(values.device)
    gamma = torch.exp(_uniform(shape, -0.4, 0.4, generator)).to(values.device)
    mean = values.mean((2, 3), keepdim=True)
    # Around the mean, so that contrast does not change brightness. A power needs a positive base.
    values.sub_(mean).mul_(contrast).add_(mean + brightness).clamp_(1e-3, 1).pow_(gamma)


def _center(pixels: Tensor, fraction: float) -> Tensor:
    """Return the centre of pictures (N, R, 3, R), with the side `fraction` times R."""
    source = pixels.shape[1]
    start = round(source * (1 - fraction) / 2)
    return pixels[:, start : source - start, :, start : source - start]


def _resample(pixels: Tensor, rows: Tensor, columns: Tensor) -> Tensor:
    """Apply (N, S, R) filters to (N, R, 3, R) uint8 pixels; return (N, 3, S, S) float32."""
    count, source = len(pixels), pixels.shape[1]
    side = rows.shape[1]
    rows, columns = rows.to(pixels.device), columns.to(pixels.device)
    # The layout (N, R, 3, R) makes both products views without a copy: 2.6 ms instead of 4.0 ms for
    # a batch of 64.
    values = pixels.to(torch.float32).view(count, source, 3 * source)
    # Rows: (N, S, R) @ (N, R, 3 R); then columns: (N, 3 S, R) @ (N, R, S).
    values = torch.bmm(rows, values).view(count, side * 3, source)
    values = torch.bmm(values, columns.transpose(1, 2))
    return values.view(count, side, 3, side).transpose(1, 2)


def _recolour(values: Tensor, generator: Generator) -> Tensor:
    """Randomly change the saturation, contrast and brightness of (N, 3, S, S) in [0, 255]."""
    count = len(values)
    grey = torch.rand(count, 1, 1, generator=generator)
    contrast = torch.exp(_uniform((count, 1, 1), -0.4, 0.4, generator))
    brightness = _uniform((count, 1, 1, 1), -40, 40, generator)
    # Saturation and contrast are linear in the colours: one 3 x 3 matrix for each picture does
    # both.
    mix = contrast * (grey * torch.full((3, 3), 1 / 3) + (1 - grey) * torch.eye(3))
    # Contrast changes the distance from middle grey.
    middle = 127.5 * (1 - contrast)[..., None] + brightness
    mixed = torch.einsum("nab,nbyx->nayx", mix.to(values.device), values)
    return mixed.add_(middle.to(values.device)).clamp_(0, 255)


def _uniform(shape: tuple[int, ...], low: float, high: float, generator: Generator) -> Tensor:
    return torch.rand(shape, generator=generator) * (high - low) + low
