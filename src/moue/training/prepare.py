"""Read the data and the initial weights of a training before the training starts."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from moue.errors import ConfigError, ModelError
from moue.memory_budget import usable_memory
from moue.model.example import Examples
from moue.model.spec import ModelSpec
from moue.training.checkpoint import Checkpoint, plain
from moue.training.data import Crops, check_sets, count_labels, load_crops, pixel_bytes
from moue.training.finetune import InitialWeights
from moue.training.networks import build
from moue.training.onnx_export import compare_with_torch, to_bytes
from moue.training.own_network import OwnNetwork, check, load_own
from moue.training.recipes import Recipe
from moue.training.train_settings import TrainSettings
from moue.workspace.types import LABELS


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """The data, recipe and initial weights of a training.

    Attributes:
        recipe: hyperparameters.
        spec: spec of the model.
        train, val: training and validation set.
        settings: settings of the training.
        counts: number of pictures by set (`train`, `val`) and label.
        start: initial weights; None for random weights.
        own: network of the user's own; None for the network of the recipe.
    """

    recipe: Recipe
    spec: ModelSpec
    train: Crops
    val: Crops
    settings: TrainSettings
    counts: dict[str, dict[str, int]]
    start: InitialWeights | None = None
    own: OwnNetwork | None = None


def prepare(
    train_set: Examples,
    val_set: Examples,
    settings: TrainSettings,
    labels: Sequence[str] = LABELS,
    crop_scale: float = 1.5,
    face_backend: str | None = None,
    folder: Path | None = None,
) -> Prepared:
    """Read all crops and the initial weights of a training.

    The other arguments and the errors are those of `moue.training.train.train`.

    Args:
        folder: folder for crops that do not fit in memory; None keeps them in memory.
    """
    check_sets(train_set, val_set, labels)
    recipe, start = settings.resolved_recipe(), None
    own = own_of(settings)
    if own is not None:
        recipe = own.recipe(recipe)
    if settings.fine_tune is None:
        spec = dataclasses.replace(
            recipe.spec(labels), crop_scale=crop_scale, face_backend=face_backend
        )
    else:
        start = InitialWeights.bundled(settings.fine_tune)
        recipe, spec = start.recipe(recipe), start.spec(labels, crop_scale, face_backend)
    if own is not None:
        check(own, spec)
        _check_export(own, spec)
    size = pixel_bytes(train_set, spec) + pixel_bytes(val_set, spec)
    place = folder if _belongs_on_disk(settings, size) else None
    train_crops = load_crops(train_set, spec, settings.threads, place)
    val_crops = load_crops(val_set, spec, settings.threads, place)
    counts = {
        name: count_labels(examples, labels)
        for name, examples in (("train", train_set), ("val", val_set))
    }
    return Prepared(
        recipe=recipe,
        spec=spec,
        train=train_crops,
        val=val_crops,
        settings=settings,
        counts=counts,
        start=start,
        own=own,
    )


def _belongs_on_disk(settings: TrainSettings, size: int) -> bool:
    """Return whether crops of `size` bytes are kept in a file during the training."""
    if settings.crop_storage == "auto":
        return size > usable_memory() // 4
    return settings.crop_storage == "disk"


def own_of(settings: TrainSettings) -> OwnNetwork | None:
    """Return the network of the user's own; None if the settings name none.

    Raises:
        ConfigError: the file cannot be run, or the settings also name a model to fine-tune.
    """
    if settings.network is None:
        return None
    if settings.fine_tune is not None:
        raise ConfigError(
            "--network and --fine-tune cannot be combined: the weights of a bundled model fit its "
            "own network only"
        )
    return load_own(settings.network)


def _check_export(own: OwnNetwork, spec: ModelSpec) -> None:
    """Check before the training that the network can be exported and gives the same results."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        weights = build(spec.network, spec.labels).state_dict()
    checkpoint = Checkpoint(spec=spec, weights=plain(weights))
    try:
        compare_with_torch(to_bytes(checkpoint), checkpoint)
    except ModelError as error:
        raise ConfigError(f"{own.where}: {error}") from error
