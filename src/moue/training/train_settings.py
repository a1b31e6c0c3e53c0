"""The settings of a training. No torch here, so that they can be read where it is missing."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Annotated, Literal

from moue.model.bundled import DEFAULT
from moue.settings import Setting
from moue.training.recipes import RECIPES, Recipe, RecipeName

# Weights that know the task need small steps, and few: at the full rate the first epochs undo
# what they know, and a small set is soon learnt by heart.
TUNING_LR, TUNING_EPOCHS = 0.1, 0.25
"""Shares of the recipe's own numbers, where training starts from a shipped model."""

_OF_RECIPE = ("epochs", "lr", "batch_size", "patience")
_RECIPE_HELP = (
    "Training recipe. fast: accurate and quick. classic: the tutorial's network. best: takes "
    "about 6 times as long as fast, and helps most with pictures from new sources."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainSettings:
    """How to train. What is None is left to the recipe."""

    recipe: Annotated[RecipeName, Setting(_RECIPE_HELP)] = "fast"
    epochs: Annotated[
        int | None,
        Setting("Number of passes over the training set. Unset: the recipe's own.", low=1),
    ] = None
    lr: Annotated[
        float | None, Setting("Peak learning rate. Unset: the recipe's own.", low=1e-6, high=100)
    ] = None
    batch_size: Annotated[
        int | None, Setting("Mouth crops per optimiser step. Unset: the recipe's own.", low=2)
    ] = None
    seed: Annotated[
        int, Setting("Random seed. The same seed and data give the same weights.", low=0)
    ] = 0
    threads: Annotated[int, Setting("Number of CPU threads for training.", low=1)] = 1
    device: Annotated[
        Literal["auto", "cpu", "cuda"],
        Setting("Device for training. auto uses a working NVIDIA GPU, else the CPU."),
    ] = "auto"
    patience: Annotated[
        int | None,
        Setting(
            "Stop after this many epochs without improvement. 0 runs all epochs. Unset: the "
            "recipe's own.",
            low=0,
        ),
    ] = None
    from_shipped: Annotated[
        str | None,
        Setting(
            "Fine-tune this bundled model instead of training from random weights.", bare=DEFAULT
        ),
    ] = None

    def resolved(self) -> Recipe:
        """Return the recipe, with what is set here in place of its own numbers."""
        changes = {name: getattr(self, name) for name in _OF_RECIPE}
        given = {name: value for name, value in changes.items() if value is not None}
        recipe = RECIPES[self.recipe]
        if self.from_shipped is not None:
            epochs = max(1, round(TUNING_EPOCHS * recipe.epochs))
            recipe = dataclasses.replace(recipe, lr=TUNING_LR * recipe.lr, epochs=epochs)
        return dataclasses.replace(recipe, **given)
