"""Everything that a training needs, read into memory before it begins."""

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
    """Everything that a training needs, in memory.

    Attributes:
        counts: pictures by set and label.
        start: what training starts from; None for fresh weights.
    """

    recipe: Recipe
    spec: ModelSpec
    train: Crops
    val: Crops
    settings: TrainSettings
    counts: dict[str, dict[str, int]]
    start: InitialWeights | None


def prepare(
    train_set: Sequence[Example],
    val_set: Sequence[Example],
    settings: TrainSettings,
    labels: Sequence[str] = LABELS,
    crop_scale: float = 1.5,
    found_by: str | None = None,
) -> Prepared:
    """Read all crops and the weights to start from; arguments and errors are those of `train`."""
    check_sets(train_set, val_set, labels)
    recipe, start = settings.resolved(), None
    if settings.from_shipped is None:
        spec = dataclasses.replace(recipe.spec(labels), crop_scale=crop_scale, found_by=found_by)
    else:
        start = InitialWeights.shipped(settings.from_shipped)
        recipe, spec = start.recipe(recipe), start.spec(labels, crop_scale, found_by)
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
