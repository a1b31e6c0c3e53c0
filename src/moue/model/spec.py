"""The model spec and the preprocessing of mouth crops, for training, prediction and ONNX export.

crop (H, W, 3) -> `pixels` (R, R, 3) uint8 -> `tensor` (3, S, S) float32

Every step gives the same bits in numpy, in torch and in an ONNX graph, on any machine:

- Resize weights are multiples of 2^-16 that sum to 1, computed by integer division. A weighted
  sum of uint8 values is then a multiple of 2^-16 of at most 255, that is, fewer than 2^24 steps.
  float32 represents the sum and all partial sums exactly, in any order.
- The scaling is a division, a subtraction and a division. IEEE 754 rounds each of them
  correctly, and no compiler can merge two of them into one fused operation.
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

SPEC_KEY = "moue.spec"
"""The key of a `ModelSpec` in the metadata of an ONNX file."""
SPEC_VERSION = 1
MAX_SIDE = 256
"""Maximum of `ModelSpec.resize`, in pixels."""
WEIGHT_ONE = 2**16
"""The weight 1 in units of 2^-16: the largest power of two with 255.5 * WEIGHT_ONE < 2^24."""


@lru_cache(maxsize=512)
def resize_weights(source: int, target: int) -> Floats:
    """Return the weights of antialiased bilinear resizing from `source` to `target` pixels.

    The cumulative sums of the triangle filter are rounded to multiples of 2^-16, and the weights
    are the differences of these sums. Each row then sums to exactly 1, and flat areas keep their
    value.

    Returns:
        (target, source) float32, read-only; the identity matrix for equal sizes.
    """
    # In units of half a target-by-source pixel, centres and distances are integers.
    # Pixel i covers [i, i + 1), so its centre is 2 i + 1 half pixels from the edge.
    centres = (2 * np.arange(target, dtype=np.int64) + 1)[:, None] * source
    pixels = (2 * np.arange(source, dtype=np.int64) + 1)[None, :] * target
    # The half-width is one target or one source pixel, whichever is larger: reducing averages,
    # enlarging interpolates.
    triangle = np.maximum(0, 2 * max(source, target) - np.abs(pixels - centres))
    sums = np.cumsum(triangle, axis=1)
    total = sums[:, -1:]
    # WEIGHT_ONE * sums / total, rounded half up. Integers, so every machine gets the same steps.
    steps = (sums * (2 * WEIGHT_ONE) + total) // (2 * total)
    weights = np.diff(steps, axis=1, prepend=0).astype(np.float32) / np.float32(WEIGHT_ONE)
    # All callers get the same cached array.
    weights.setflags(write=False)
    return np.asarray(weights)


def resize(image: Image, side: int) -> Image:
    """Resize an image (H, W, 3) uint8 to (side, side, 3) uint8.

    The rows are resized first, then the columns; the result of each step is rounded.
    """
    # floor(x + half) rounds halves up; np.rint would round them to even.
    half = np.float32(0.5)
    height, width, channels = image.shape
    rows = resize_weights(height, side) @ image.reshape(height, -1).astype(np.float32)
    rows = np.floor(rows + half).reshape(side, width, channels)
    # Transposed to (width, side, 3): one matrix product instead of one per row.
    turned = rows.transpose(1, 0, 2).reshape(width, -1)
    # Weights are not negative and sum to 1, so all values stay in [0, 255] without a clip.
    columns = np.floor(resize_weights(width, side) @ turned + half).astype(np.uint8)
    return np.ascontiguousarray(columns.reshape(side, side, channels).transpose(1, 0, 2))


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSpec:
    """The preprocessing of a network and the meaning of its outputs; part of every model file.

    Attributes:
        labels: labels in the order of the outputs.
        network: name of the network, a key of `moue.training.networks.NETWORKS`.
        resize: side to which a mouth crop is resized, in pixels.
        input_size: side S of the network input, the centre of the resized crop, in pixels.
        mean, std: mean and standard deviation of red, green and blue in [0, 1], for
            normalisation.
        crop_scale: side of the mouth box divided by the longer side of the lip box.
        face_backend: name of the face backend of the training crops; several names are separated
            by ", ", the most frequent first. None if unknown.
        temperature: divisor of the logits before softmax, fitted on the validation set.
        abstention_thresholds: pairs (maximum error rate, probability below which the model
            abstains), fitted on the validation set by `moue.model.abstention`.
        version: version of the spec and its preprocessing.
    """

    labels: tuple[str, ...] = LABELS
    network: str
    resize: int
    input_size: int
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    crop_scale: float = 1.5
    face_backend: str | None = None
    temperature: float = 1.0
    abstention_thresholds: tuple[tuple[float, float], ...] = ()
    version: int = SPEC_VERSION

    def pixels(self, crop: Image) -> Image:
        """Resize a mouth crop (H, W, 3) uint8 of any size to (resize, resize, 3) uint8."""
        if crop.ndim != 3 or crop.shape[2] != 3 or crop.dtype != np.uint8 or not crop.size:
            raise ValueError(f"a crop must be (H, W, 3) uint8, not {crop.shape} {crop.dtype}")
        return resize(crop, self.resize)

    def tensor(self, pixels: npt.NDArray[np.uint8]) -> Floats:
        """Convert resized crops to the network input (N, 3, S, S) float32.

        Args:
            pixels: (N, resize, resize, 3) uint8 RGB.
        """
        start = (self.resize - self.input_size) // 2
        span = slice(start, start + self.input_size)
        # Cropped first, so only the centre becomes float32.
        values: Floats = pixels[:, span, span].astype(np.float32)
        # Three operations that are rounded one by one; see the docstring of the module.
        values /= np.float32(255)
        values -= np.array(self.mean, np.float32)
        values /= np.array(self.std, np.float32)
        return np.ascontiguousarray(values.transpose(0, 3, 1, 2))

    def prepare(self, crops: Sequence[Image]) -> Floats:
        """Convert mouth crops of any sizes to the network input (N, 3, S, S) float32."""
        pixels = [self.pixels(crop) for crop in crops]
        shape = (len(pixels), self.resize, self.resize, 3)
        return self.tensor(np.array(pixels, np.uint8).reshape(shape))

    def to_json(self) -> str:
        """Return the spec as one line of JSON."""
        return json.dumps(dataclasses.asdict(self))

    @classmethod
    def from_json(cls, text: str, where: str = "model spec") -> ModelSpec:
        """Create a spec from the JSON that `to_json` returned.

        Args:
            text: JSON of a spec.
            where: path or name of the model, used in error messages.

        Raises:
            CheckpointError: the JSON is not a valid spec, or its version is not supported.
        """
        try:
            data: dict[str, Any] = json.loads(text)
            version = data["version"]
            if version != SPEC_VERSION:
                raise CheckpointError(
                    f"{where}: has spec version {version}, but this moue reads version "
                    f"{SPEC_VERSION}; update moue, or retrain the model"
                )
            for name in ("labels", "mean", "std"):
                if not isinstance(data[name], list):
                    raise TypeError(f"{name} is not a list")
                data[name] = tuple(data[name])
            thresholds = data.get("abstention_thresholds", ())
            data["abstention_thresholds"] = tuple((error, p) for error, p in thresholds)
            spec = cls(**data)
            spec._check()
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            why = str(error)[:200]
            raise CheckpointError(f"{where}: has no valid model spec ({why})") from error
        return spec

    def _check(self) -> None:
        texts = (*self.labels, self.network, self.face_backend or "")
        if not all(isinstance(text, str) and len(text) <= 200 for text in texts):
            raise ValueError("labels and names must be strings of at most 200 characters")
        if not 2 <= len(self.labels) <= 1000 or len(set(self.labels)) != len(self.labels):
            raise ValueError(f"labels must be 2 to 1000 different names, not {self.labels}")
        if type(self.resize) is not int or type(self.input_size) is not int:
            raise ValueError("resize and input_size must be integers")
        if not 0 < self.input_size <= self.resize <= MAX_SIDE:
            raise ValueError(f"sizes must satisfy 0 < input_size <= resize <= {MAX_SIDE}")
        numbers = (*self.mean, *self.std, self.crop_scale, self.temperature)
        if not all(
            _is_number(n) for n in (*numbers, *itertools.chain(*self.abstention_thresholds))
        ):
            raise ValueError("numbers must be between -1e6 and 1e6")
        if len(self.mean) != 3 or len(self.std) != 3 or min(self.std) <= 0:
            raise ValueError("mean and std must be 3 numbers each, with std above 0")
        if not 0.1 <= self.crop_scale <= 10:
            raise ValueError(f"crop_scale must be from 0.1 to 10, not {self.crop_scale}")
        if not self.temperature > 0:
            raise ValueError(f"temperature must be positive, not {self.temperature}")
        if not all(0 < error < 1 and 0 <= p <= 1 for error, p in self.abstention_thresholds):
            raise ValueError("abstention_thresholds must be pairs of numbers in (0, 1) and [0, 1]")


def _is_number(value: Any) -> bool:
    return type(value) in (int, float) and abs(value) < 1e6
