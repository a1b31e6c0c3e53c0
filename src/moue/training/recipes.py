"""The hyperparameters of the recipes `classic`, `fast` and `best`. Does not import torch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from moue.model.spec import ModelSpec

RecipeName = Literal["classic", "fast", "best"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """The hyperparameters of a training; settings override epochs, lr, batch_size and patience.

    Attributes:
        name: name of the recipe.
        network: name of the network, a key of `moue.training.networks.NETWORKS`.
        resize, input_size: sides of the resized crop and of the network input, in pixels.
        epochs: number of epochs.
        lr: peak learning rate.
        batch_size: number of pictures per step.
        min_samples_per_epoch: minimum number of pictures per epoch, approximately; a smaller
            training set is repeated within an epoch. 0 never repeats pictures.
        optimizer: `sgd` or `adamw`.
        momentum: momentum of SGD, or first beta of AdamW.
        weight_decay: weight decay of the optimiser.
        schedule: learning rate schedule. `step` divides the learning rate by 10 every 100 epochs;
            `one_cycle` changes it at every step, from a tenth of `lr` up to `lr` and down to 0.
        label_smoothing: probability that is spread evenly over all labels in each target.
        ema_decay: decay per step of the EMA of the weights, which is validated and saved; 0 for
            no EMA.
        balance: True to weight the loss so that all labels have the same total weight.
        resample_power: exponent of the sampling: a picture whose label has n pictures is drawn
            with a frequency proportional to n ** -resample_power. 0 draws each picture once.
        mixup: parameter of the distribution Beta(mixup, mixup) of mixup weights; 0 for no mixup.
        patience: number of epochs without a higher mean recall on the validation set after which
            the training stops; 0 never stops early.
    """

    name: RecipeName
    network: str
    resize: int
    input_size: int
    epochs: int
    lr: float
    batch_size: int
    min_samples_per_epoch: int = 0
    optimizer: Literal["sgd", "adamw"] = "adamw"
    momentum: float = 0.9
    weight_decay: float = 0.05
    schedule: Literal["step", "one_cycle"] = "one_cycle"
    label_smoothing: float = 0.0
    ema_decay: float = 0.0
    balance: bool = False
    resample_power: float = 0.0
    mixup: float = 0.0
    patience: int = 0

    def spec(self, labels: Sequence[str]) -> ModelSpec:
        """Return the spec of a model that is trained with this recipe.

        Args:
            labels: labels in the order of the outputs.
        """
        return ModelSpec(
            labels=tuple(labels),
            network=self.network,
            resize=self.resize,
            input_size=self.input_size,
            mean=(0.5, 0.5, 0.5),
            std=(0.5, 0.5, 0.5),
        )


CLASSIC = Recipe(
    name="classic",
    network="simpleconv3",
    resize=64,
    input_size=48,
    epochs=120,
    lr=0.1,
    batch_size=64,
    optimizer="sgd",
    weight_decay=0.0,
    schedule="step",
)
"""The recipe of the tutorial, with more epochs. After the 10 epochs of the tutorial the accuracy is
51-78 %, since the learning rate is still 0.1. After 120 epochs, 20 of them at the learning rate
0.01, the training has converged (90-96 %)."""

# Sizes and epochs had the highest accuracy of those in docs/experiments.md ("Recipes"). With 100
# pictures, 512 samples per epoch raised it from .688 to .882.
FAST = Recipe(
    name="fast",
    network="fastnet",
    resize=48,
    input_size=40,
    epochs=80,
    lr=3e-3,
    batch_size=64,
    min_samples_per_epoch=512,
    ema_decay=0.98,
    balance=True,
)

BEST = Recipe(
    name="best",
    network="mouthnet",
    resize=48,
    input_size=48,
    epochs=40,
    lr=2e-3,
    batch_size=128,
    min_samples_per_epoch=2048,
    ema_decay=0.995,
    resample_power=0.7,
    mixup=0.4,
    patience=12,
)
"""The recipe for pictures from other sources than the training pictures. Its augmentation makes the
network robust to changes of colour, light and sharpness and to imprecise crops. It is about six
times as slow as `fast`."""

RECIPES: dict[RecipeName, Recipe] = {"classic": CLASSIC, "fast": FAST, "best": BEST}
