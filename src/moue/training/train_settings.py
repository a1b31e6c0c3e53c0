"""The settings of a training. Needs no torch, so that the CLI works without it."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Annotated, Literal

from moue.model.bundled import DEFAULT
from moue.settings import Setting
from moue.training.recipes import RECIPES, Recipe, RecipeName

# Fine-tuning needs small steps, and few of them: at the full learning rate the first epochs undo
# what the weights know, and after many epochs the network overfits a small set.
FINE_TUNE_LR, FINE_TUNE_EPOCHS = 0.1, 0.25
"""Factors of the recipe's learning rate and epochs when fine-tuning."""

_RECIPE_FIELDS = ("epochs", "lr", "batch_size", "patience")
_RECIPE_HELP = (
    "Training recipe. fast: accurate and quick. classic: the tutorial's network. best: takes "
    "about 6 times as long as fast, and helps most with pictures from new sources."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainSettings:
    """How to train. None means the value of the recipe."""

    recipe: Annotated[RecipeName, Setting(_RECIPE_HELP)] = "fast"
    epochs: Annotated[
        int | None,
        Setting("Number of training epochs. By default, the recipe decides.", low=1),
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
    fine_tune: Annotated[
        str | None,
        Setting(
            "Fine-tune this bundled model instead of training from random weights.", bare=DEFAULT
        ),
    ] = None

    def resolved_recipe(self) -> Recipe:
        """Return the recipe, with the values that these settings override."""
        values = {name: getattr(self, name) for name in _RECIPE_FIELDS}
        overrides = {name: value for name, value in values.items() if value is not None}
        recipe = RECIPES[self.recipe]
        if self.fine_tune is not None:
            epochs = max(1, round(FINE_TUNE_EPOCHS * recipe.epochs))
            recipe = dataclasses.replace(recipe, lr=FINE_TUNE_LR * recipe.lr, epochs=epochs)
        return dataclasses.replace(recipe, **overrides)
