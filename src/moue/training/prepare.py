"""Read the data and the initial weights of a training into memory before the training starts."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

from moue.model.example import Example
from moue.model.spec import ModelSpec
from moue.training.data import Crops, check_sets, count_labels, load_crops
from moue.training.finetune import InitialWeights
from moue.training.recipes import Recipe
from moue.training.train_settings import TrainSettings
from moue.workspace.types import LABELS


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """The data, recipe and initial weights of a training, in memory.

    Attributes:
        recipe: hyperparameters.
        spec: spec of the model.
        train, val: training and validation set.
        settings: settings of the training.
        counts: number of pictures by set (`train`, `val`) and label.
        start: initial weights; None for random weights.
    """

    recipe: Recipe
    spec: ModelSpec
    train: Crops
    val: Crops
    settings: TrainSettings
    counts: dict[str, dict[str, int]]
    start: InitialWeights | None = None


def prepare(
    train_set: Sequence[Example],
    val_set: Sequence[Example],
    settings: TrainSettings,
    labels: Sequence[str] = LABELS,
    crop_scale: float = 1.5,
    face_backend: str | None = None,
) -> Prepared:
    """Read all crops and the initial weights of a training.

    Arguments and errors are those of `moue.training.train.train`.
    """
    check_sets(train_set, val_set, labels)
    recipe, start = settings.resolved_recipe(), None
    if settings.fine_tune is None:
        spec = dataclasses.replace(
            recipe.spec(labels), crop_scale=crop_scale, face_backend=face_backend
        )
    else:
        start = InitialWeights.bundled(settings.fine_tune)
        recipe, spec = start.recipe(recipe), start.spec(labels, crop_scale, face_backend)
    train_crops = load_crops(train_set, spec, settings.threads)
    val_crops = load_crops(val_set, spec, settings.threads)
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
    )
