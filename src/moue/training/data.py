"""Read the mouth crops of a training or validation set into one array, in memory or on disk."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from moue.errors import DataError, ImageError
from moue.mapped_array import mapped_zeros
from moue.media.image import read_image
from moue.model.example import Example, Examples
from moue.model.spec import ModelSpec

_BATCH = 4096
"""Number of crops that are read before the next examples are read from the catalog."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Crops:
    """A training or validation set.

    Attributes:
        pixels: (N, R, R, 3) uint8 RGB pictures, in memory or in a memory-mapped file.
        targets: (N,) int64 indices into the labels.
        soft_labels: (N, K) float32 soft labels, used for training instead of `targets`; None to
            train on `targets`.
        sample_weights: (N,) float32 relative frequencies with which the pictures are drawn; None
            to use those of the recipe.
        samples_per_epoch: number of pictures drawn per epoch; None to use that of the recipe.
        crop_fraction: side of the mouth crop divided by R; see `moue.training.augment.Augment`.
        on_disk: True if `pixels` is a memory-mapped file, from which each batch is read.
    """

    pixels: Tensor
    targets: Tensor
    soft_labels: Tensor | None = None
    sample_weights: Tensor | None = None
    samples_per_epoch: int | None = None
    crop_fraction: float = 1.0
    on_disk: bool = False

    def __len__(self) -> int:
        return len(self.targets)


def load_crops(
    examples: Examples, spec: ModelSpec, threads: int = 1, folder: Path | None = None
) -> Crops:
    """Read the crops of examples and resize them to `spec.resize` pixels.

    Args:
        examples: labelled crops on disk.
        spec: spec of the model.
        threads: number of CPU threads.
        folder: folder of a memory-mapped file for the pixels; None keeps the pixels in memory.

    Raises:
        DataError: the label of an example is not in `spec.labels`, or the disk is full.
        ImageError: a file cannot be read.
    """
    count = len(examples)
    # Filled in place: stacking a list of crops would need the memory twice.
    shape = (count, spec.resize, spec.resize, 3)
    pixels = np.empty(shape, np.uint8)
    if folder is not None:
        pixels = mapped_zeros(shape, np.uint8, folder, "the mouth crops")
    targets = np.empty(count, np.int64)

    def fill(job: tuple[int, Example]) -> None:
        index, example = job
        targets[index] = _target(example, spec.labels)
        try:
            pixels[index] = spec.pixels(read_image(example.file))
        except ImageError as error:
            raise ImageError(error.reason, f"{example.file}: {error.detail}") from error
        except OSError as error:
            raise ImageError("unreadable", f"{example.file}: {error.strerror}") from error

    with ThreadPoolExecutor(threads) as pool:
        for jobs in _batches(enumerate(examples)):
            # Reading the results raises the first error of a thread.
            for _ in pool.map(fill, jobs):
                pass
    return Crops(
        pixels=torch.from_numpy(pixels),
        targets=torch.from_numpy(targets),
        on_disk=folder is not None,
    )


def pixel_bytes(examples: Examples, spec: ModelSpec) -> int:
    """Return the size of the pixels of examples, in bytes."""
    return len(examples) * spec.resize**2 * 3


def _batches(jobs: Iterable[tuple[int, Example]]) -> Iterator[list[tuple[int, Example]]]:
    source = iter(jobs)
    while batch := list(islice(source, _BATCH)):
        yield batch


def count_labels(examples: Iterable[Example], labels: Sequence[str]) -> dict[str, int]:
    """Return the number of examples of each label, in the order of `labels`."""
    counts = Counter(example.label for example in examples)
    return {label: counts[label] for label in labels}


def check_sets(train: Examples, val: Examples, labels: Sequence[str]) -> None:
    """Check that a model can be trained on a training set and validated on a validation set.

    Args:
        train, val: examples of the training and the validation set.
        labels: labels of the model.

    Raises:
        DataError: the validation set is empty, or a label has no training pictures.
    """
    if not len(val):
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
