"""Read the mouth crops of a training or validation set into memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from moue.errors import DataError, ImageError
from moue.media.image import read_image
from moue.model.example import Example
from moue.model.spec import ModelSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class Crops:
    """A training or validation set in memory.

    Attributes:
        pixels: (N, R, R, 3) uint8 RGB pictures.
        targets: (N,) int64 indices into the labels.
        soft_labels: (N, K) float32 soft labels, used for training instead of `targets`; None to
            train on `targets`.
        sample_weights: (N,) float32 relative frequencies with which the pictures are drawn; None
            to use those of the recipe.
        samples_per_epoch: number of pictures drawn per epoch; None to use that of the recipe.
        crop_fraction: side of the mouth crop divided by R; see `moue.training.augment.Augment`.
    """

    pixels: Tensor
    targets: Tensor
    soft_labels: Tensor | None = None
    sample_weights: Tensor | None = None
    samples_per_epoch: int | None = None
    crop_fraction: float = 1.0

    def __len__(self) -> int:
        return len(self.targets)


def load_crops(examples: Sequence[Example], spec: ModelSpec, threads: int = 1) -> Crops:
    """Read the crops of examples and resize them to `spec.resize` pixels.

    Args:
        examples: labelled crops on disk.
        spec: spec of the model.
        threads: number of CPU threads.

    Raises:
        DataError: the label of an example is not in `spec.labels`.
        ImageError: a file cannot be read.
    """
    targets = [_target(example, spec.labels) for example in examples]
    # Filled in place: stacking a list of crops would need the memory twice.
    pixels = np.empty((len(examples), spec.resize, spec.resize, 3), np.uint8)

    def fill(index: int) -> None:
        file = examples[index].file
        try:
            pixels[index] = spec.pixels(read_image(file))
        except ImageError as error:
            raise ImageError(error.reason, f"{file}: {error.detail}") from error
        except OSError as error:
            raise ImageError("unreadable", f"{file}: {error.strerror}") from error

    with ThreadPoolExecutor(threads) as pool:
        # Reading the results raises the first error of a thread.
        for _ in pool.map(fill, range(len(examples))):
            pass
    return Crops(pixels=torch.from_numpy(pixels), targets=torch.tensor(targets, dtype=torch.int64))


def count_labels(examples: Sequence[Example], labels: Sequence[str]) -> dict[str, int]:
    """Return the number of examples of each label, in the order of `labels`."""
    counts = Counter(example.label for example in examples)
    return {label: counts[label] for label in labels}


def check_sets(train: Sequence[Example], val: Sequence[Example], labels: Sequence[str]) -> None:
    """Check that a model can be trained on a training set and validated on a validation set.

    Args:
        train, val: examples of the training and the validation set.
        labels: labels of the model.

    Raises:
        DataError: the validation set is empty, or a label has no training pictures.
    """
    if not val:
        raise DataError(
            "the validation set is empty, so the best epoch cannot be chosen; run `moue split` "
            "with another --ratio"
        )
    missing = [label for label, count in count_labels(train, labels).items() if not count]
    if missing:
        raise DataError(
            f"no training picture is labelled {' or '.join(missing)}; "
            "label such pictures, or train with fewer labels"
        )


def _target(example: Example, labels: Sequence[str]) -> int:
    try:
        return labels.index(example.label)
    except ValueError:
        raise DataError(
            f"{example.name}: label {example.label!r} is not one of {', '.join(labels)}; "
            "correct the label, or add it to the labels of the model"
        ) from None
