"""The networks: `Detector` finds faces, `Lips` finds the lip landmarks of one face."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional

STRIDES = (8, 16, 32)
POINTS = 5
"""Number of keypoints: eye centres, nose tip, mouth corners; image left first."""
LIPS = 20
CROP = 64
"""Side of the input of `Lips`, in pixels."""


class Detector(nn.Module):
    """Face detector: (N, 1, H, W) grey in [0, 1] to 15 values per cell of three grids.

    H and W are multiples of 32. The values are the face logit, the offset of the face centre
    from the cell centre, the logarithms of width and height, and the offsets of five keypoints;
    lengths are in strides.
    """

    def __init__(
        self, widths: tuple[int, int, int, int, int] = (12, 24, 48, 72, 96), neck: int = 40
    ) -> None:
        super().__init__()
        first, second, *rest = widths
        self.stem = nn.Sequential(_dense(1, first, 2), *_separable(first, second, 2))
        self.early = nn.Sequential(*_separable(second, second))
        ins = (second, *rest[:-1])
        self.levels = nn.ModuleList(
            nn.Sequential(*_separable(a, b, 2), *_separable(b, b), *_separable(b, b))
            for a, b in zip(ins, rest, strict=True)
        )
        self.lateral = nn.ModuleList(_pointwise(b, neck) for b in rest)
        self.smooth = nn.ModuleList(nn.Sequential(*_separable(neck, neck)) for _ in rest)
        ends = [nn.Conv2d(neck, 5 + 2 * POINTS, 1) for _ in rest]
        for end in ends:
            assert end.bias is not None
            nn.init.zeros_(end.bias)
            # sigmoid(-4) is 0.02: nearly all cells contain no face, so training starts near that
            # answer.
            nn.init.constant_(end.bias[:1], -4.0)
        self.heads = nn.ModuleList(nn.Sequential(*_separable(neck, neck), end) for end in ends)

    def forward(self, grey: Tensor) -> list[Tensor]:
        """Return the grids, finest first: (N, 15, H / stride, W / stride)."""
        value = self.early(self.stem(grey - 0.5))
        features = []
        for level in self.levels:
            value = level(value)
            features.append(value)
        merged: Tensor | None = None
        outputs = []
        for i in reversed(range(len(features))):
            here = self.lateral[i](features[i])
            if merged is not None:
                # Coarse grids see more of the picture, which helps to tell faces in the finer ones.
                here = here + functional.interpolate(merged, scale_factor=2.0, mode="nearest")
            merged = self.smooth[i](here)
            outputs.append(self.heads[i](merged))
        return outputs[::-1]


class Lips(nn.Module):
    """Lip landmarks: (N, 1, CROP, CROP) grey in [0, 1] to (N, 41) values.

    The first value is the logit of visible lips. The others are 20 points of the outer lip border,
    relative to the crop centre, in crop sides.
    """

    def __init__(self, widths: tuple[int, int, int, int] = (24, 48, 80, 128)) -> None:
        super().__init__()
        a, b, c, d = widths
        self.body = nn.Sequential(
            _dense(1, a, 2),
            *_separable(a, b), *_separable(b, b, 2),
            *_separable(b, c), *_separable(c, c, 2), *_separable(c, c),
            *_separable(c, d, 2), *_separable(d, d),
        )  # fmt: skip
        self.squeeze = _pointwise(d, 24)
        # Four strides of 2 leave 4 x 4 cells; a linear layer keeps their positions, unlike a mean.
        self.last = nn.Linear(24 * (CROP // 16) ** 2, 1 + 2 * LIPS)

    def forward(self, grey: Tensor) -> Tensor:
        """Return the (N, 41) values."""
        found: Tensor = self.last(self.squeeze(self.body(grey - 0.5)).flatten(1))
        return found


def _dense(ins: int, outs: int, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(ins, outs, 3, stride, 1, bias=False), nn.BatchNorm2d(outs), nn.ReLU(inplace=True)
    )


def _separable(ins: int, outs: int, stride: int = 1) -> list[nn.Module]:
    return [
        # One filter for each channel, then a mix of channels: fewer operations than a full
        # convolution.
        nn.Conv2d(ins, ins, 3, stride, 1, groups=ins, bias=False),
        nn.BatchNorm2d(ins),
        *_pointwise(ins, outs),
    ]


def _pointwise(ins: int, outs: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(ins, outs, 1, bias=False), nn.BatchNorm2d(outs), nn.ReLU(inplace=True)
    )


def parameters(network: nn.Module) -> int:
    """Return the number of trainable parameters of a network."""
    return sum(p.numel() for p in network.parameters())
