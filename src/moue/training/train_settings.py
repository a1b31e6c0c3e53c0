"""The settings of a training. Does not import torch, so that the CLI works without torch."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Annotated, Literal

from moue.model.bundled import DEFAULT
from moue.settings import Setting
from moue.training.recipes import RECIPES, Recipe, RecipeName

# Fine-tuning requires few and small steps: the full learning rate would destroy the weights of the
# bundled model, and after many epochs the network would overfit a small training set.
FINE_TUNE_LR, FINE_TUNE_EPOCHS = 0.1, 0.25
"""Factors by which fine-tuning multiplies the learning rate and the epochs of the recipe."""

_RECIPE_FIELDS = ("epochs", "lr", "batch_size", "patience")
_RECIPE_HELP = (
    "Training recipe. fast: accurate, and quick to train. classic: the network and settings of the "
    "tutorial. best: takes about 6 times as long as fast; for pictures from sources that are not "
    "in the training set."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainSettings:
    """The settings of a training. None stands for the value of the recipe."""

    recipe: Annotated[RecipeName, Setting(_RECIPE_HELP)] = "fast"
    epochs: Annotated[
        int | None,
        Setting("Number of training epochs. Defaults to the value in the recipe.", low=1),
    ] = None
    lr: Annotated[
        float | None,
        Setting("Peak learning rate. Defaults to the value in the recipe.", low=1e-6, high=100),
    ] = None
    batch_size: Annotated[
        int | None,
        Setting("Number of mouth crops per step. Defaults to the value in the recipe.", low=2),
    ] = None
    seed: Annotated[
        int,
        Setting(
            "Random seed of the training. The same seed and data give the same weights.", low=0
        ),
    ] = 0
    threads: Annotated[int, Setting("Number of CPU threads for training.", low=1)] = 1
    device: Annotated[
        Literal["auto", "cpu", "cuda"],
        Setting("Device for training. auto uses CUDA if it is available, else the CPU."),
    ] = "auto"
    patience: Annotated[
        int | None,
        Setting(
            "Stop training after this many epochs without a higher mean recall on the validation "
            "set. 0 runs all epochs. Defaults to the value in the recipe.",
            low=0,
        ),
    ] = None
    crop_storage: Annotated[
        Literal["auto", "memory", "disk"],
        Setting(
            "Where the training keeps the mouth crops: in memory, or on disk in a temporary file "
            "of the run folder. auto uses the disk if the crops need more than a quarter of the "
            "memory. The trained weights are the same."
        ),
    ] = "auto"
    network: Annotated[
        str | None,
        Setting(
            "Network of your own, as FILE.py:CLASS, instead of the network of the recipe. moue "
            "runs the Python code in this file.",
            once=True,
            runs_code=True,
        ),
    ] = None
    fine_tune: Annotated[
        str | None,
        Setting(
            "Name of the bundled model to fine-tune. Without this flag, training starts from "
            "random weights.",
            bare=DEFAULT,
        ),
    ] = None

    def resolved_recipe(self) -> Recipe:
        """Return the recipe with the values that the settings override."""
        values = {name: getattr(self, name) for name in _RECIPE_FIELDS}
        overrides = {name: value for name, value in values.items() if value is not None}
        recipe = RECIPES[self.recipe]
        if self.fine_tune is not None:
            epochs = max(1, round(FINE_TUNE_EPOCHS * recipe.epochs))
            recipe = dataclasses.replace(recipe, lr=FINE_TUNE_LR * recipe.lr, epochs=epochs)
        return dataclasses.replace(recipe, **overrides)
