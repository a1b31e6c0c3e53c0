"""From a mouth crop to the network's input: the one way, for training, ONNX and prediction.

crop (H, W, 3) -> `pixels` (R, R, 3) uint8 -> `tensor` (3, S, S) float32

Every step gives the same bits in numpy, in torch and in an ONNX graph, on any machine:

- Resize weights are whole multiples of 2^-16 that sum to 1 and are found by integer division.
  A weighted sum of uint8 values is then a multiple of 2^-16 not above 255, below 2^24 steps,
  so float32 holds it, and each partial sum of it in any order, without rounding.
- The scaling is a division, a subtraction and a division, each correctly rounded by IEEE 754;
  no two of them can be merged into one fused operation.
"""

from __future__ import annotations

import dataclasses
import itertools
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from moue.errors import CheckpointError
from moue.workspace.types import LABELS, Image

Floats = npt.NDArray[np.float32]

SPEC_VERSION = 1
MAX_SIDE = 256
"""The largest square, in pixels, that a crop is resized to."""
WEIGHT_ONE = 2**16
"""The weight 1 in steps; the most that keeps 255.5 * WEIGHT_ONE below 2^24."""


@lru_cache(maxsize=512)
def resize_weights(source: int, target: int) -> Floats:
    """Return the antialiased bilinear (triangle) filter from `source` to `target` pixels.

    Its integers are the running sums of the triangle, rounded to steps of 2^-16, and their
    differences are the weights: so each row sums to exactly 1 and flat areas stay as they are.

    Returns:
        (target, source) float32, read-only; the identity where both are equal.
    """
    centres = (2 * np.arange(target, dtype=np.int64) + 1)[:, None] * source
    pixels = (2 * np.arange(source, dtype=np.int64) + 1)[None, :] * target
    triangle = np.maximum(0, 2 * max(source, target) - np.abs(pixels - centres))
    sums = np.cumsum(triangle, axis=1)
    total = sums[:, -1:]
    steps = (sums * (2 * WEIGHT_ONE) + total) // (2 * total)
    weights = np.diff(steps, axis=1, prepend=0).astype(np.float32) / np.float32(WEIGHT_ONE)
    weights.setflags(write=False)
    return np.asarray(weights)


def resize(image: Image, side: int) -> Image:
    """Return `image` as (side, side, 3): rows first, then columns, both rounded to uint8."""
    half = np.float32(0.5)
    height, width, channels = image.shape
    rows = resize_weights(height, side) @ image.reshape(height, -1).astype(np.float32)
    rows = np.floor(rows + half).reshape(side, width, channels)
    # (width, side, 3): one matrix product instead of one for each row.
    turned = rows.transpose(1, 0, 2).reshape(width, -1)
    columns = np.floor(resize_weights(width, side) @ turned + half).astype(np.uint8)
    return np.ascontiguousarray(columns.reshape(side, side, channels).transpose(1, 0, 2))


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSpec:
    """What a network expects and what its outputs mean. It travels inside the weights file.

    Attributes:
        labels: the classes, in the order of the outputs.
        network: a key of `moue.model.net.NETWORKS`.
        resize: a crop is resized to this square, in pixels.
        input_size: the centre of that square which the network sees, in pixels.
        mean: of each colour, in [0, 1].
        std: of each colour, in [0, 1].
        crop_scale: side of the mouth crop over the longer side of the lips.
        found_by: the face backend whose mouths it learnt from; several are named with ", " between
            them, the most frequent first. None where that is not known.
        temperature: logits are divided by it before softmax; fitted on validation data.
        abstain: pairs of a stated error and the probability below which the model abstains to
            keep it; fitted on validation data by `moue.model.abstention`.
        version: of these rules.
    """

    labels: tuple[str, ...] = LABELS
    network: str
    resize: int
    input_size: int
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    crop_scale: float = 1.5
    found_by: str | None = None
    temperature: float = 1.0
    abstain: tuple[tuple[float, float], ...] = ()
    version: int = SPEC_VERSION

    def pixels(self, crop: Image) -> Image:
        """Return `crop`, of any size, as (resize, resize, 3) uint8."""
        if crop.ndim != 3 or crop.shape[2] != 3 or crop.dtype != np.uint8 or not crop.size:
            raise ValueError(f"a crop is (H, W, 3) uint8, not {crop.shape} {crop.dtype}")
        return resize(crop, self.resize)

    def tensor(self, pixels: npt.NDArray[np.uint8]) -> Floats:
        """Return (N, resize, resize, 3) uint8 as the network's (N, 3, S, S) float32 input."""
        start = (self.resize - self.input_size) // 2
        span = slice(start, start + self.input_size)
        values: Floats = pixels[:, span, span].astype(np.float32)
        values /= np.float32(255)
        values -= np.array(self.mean, np.float32)
        values /= np.array(self.std, np.float32)
        return np.ascontiguousarray(values.transpose(0, 3, 1, 2))

    def prepare(self, crops: Sequence[Image]) -> Floats:
        """Return crops of any sizes as (N, 3, S, S) float32."""
        pixels = [self.pixels(crop) for crop in crops]
        shape = (len(pixels), self.resize, self.resize, 3)
        return self.tensor(np.array(pixels, np.uint8).reshape(shape))

    def to_json(self) -> str:
        """Return this as one line of JSON."""
        return json.dumps(dataclasses.asdict(self))

    @classmethod
    def from_json(cls, text: str, where: str = "model spec") -> ModelSpec:
        """Return the spec that `to_json` wrote.

        Raises:
            CheckpointError: no such JSON, or of a version this program does not know.
        """
        try:
            data: dict[str, Any] = json.loads(text)
            version = data["version"]
            if version != SPEC_VERSION:
                raise CheckpointError(
                    f"{where}: made by version {version} of the rules, this program knows "
                    f"{SPEC_VERSION}; update moue, or train again"
                )
            for name in ("labels", "mean", "std"):
                if not isinstance(data[name], list):
                    raise TypeError(f"{name} is no list")
                data[name] = tuple(data[name])
            data["abstain"] = tuple((error, least) for error, least in data.get("abstain", ()))
            spec = cls(**data)
            spec._check()
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            why = str(error)[:200]
            raise CheckpointError(f"{where}: contains no valid model spec ({why})") from error
        return spec

    def _check(self) -> None:
        texts = (*self.labels, self.network, self.found_by or "")
        if not all(isinstance(text, str) and len(text) <= 200 for text in texts):
            raise ValueError("a name is no text")
        if not 2 <= len(self.labels) <= 1000 or len(set(self.labels)) != len(self.labels):
            raise ValueError(f"labels {self.labels}")
        if type(self.resize) is not int or type(self.input_size) is not int:
            raise ValueError("a size is no whole number")
        if not 0 < self.input_size <= self.resize <= MAX_SIDE:
            raise ValueError(f"input_size {self.input_size} of {self.resize}")
        numbers = (*self.mean, *self.std, self.crop_scale, self.temperature)
        if not all(_is_number(n) for n in (*numbers, *itertools.chain(*self.abstain))):
            raise ValueError("a number is none, or too large")
        if len(self.mean) != 3 or len(self.std) != 3 or min(self.std) <= 0:
            raise ValueError(f"mean {self.mean}, std {self.std}")
        if not 0.1 <= self.crop_scale <= 10:
            raise ValueError(f"crop_scale {self.crop_scale}")
        if not self.temperature > 0:
            raise ValueError(f"temperature {self.temperature}")
        if not all(0 < error < 1 and 0 <= least <= 1 for error, least in self.abstain):
            raise ValueError(f"abstain {self.abstain}")


def _is_number(value: Any) -> bool:
    return type(value) in (int, float) and abs(value) < 1e6
