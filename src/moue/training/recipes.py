"""The training recipes `classic`, `fast` and `best`: their hyperparameters. Needs no torch."""

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
        network: a key of `moue.training.networks.NETWORKS`.
        resize, input_size: see `ModelSpec`.
        lr: the highest learning rate.
        min_samples_per_epoch: an epoch repeats a smaller training set until it has about this
            many pictures; 0 never repeats.
        schedule: `step` divides the learning rate by 10 every 100 epochs; `one_cycle` raises it
            from a tenth to `lr` and lowers it to 0, step by step.
        label_smoothing: how much probability each target gives to all labels alike.
        ema_decay: decay per step of the EMA of the weights, which is validated and saved; 0
            uses the weights themselves.
        balance: whether the loss is weighted so that every label counts alike.
        resample_power: a picture whose label has n pictures is drawn with a frequency
            proportional to n ** -resample_power; 0 draws each picture once, in random order.
        mixup: blend each picture and its label with another one of its batch, with a weight
            from Beta(mixup, mixup); 0 blends nothing.
        patience: stop after this many epochs without a higher mean recall on the validation
            set; 0 never stops early.
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
        """Return the spec of a network trained with this recipe."""
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
"""The recipe of the tutorial. The tutorial trains 10 epochs, after which accuracy is 51-78 %: the
learning rate of 0.1 is still too high. At 120 epochs, 20 after the one step of the schedule, it
has converged (90-96 %)."""

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
"""For pictures from other sources than the training pictures: the augmentation makes the network
robust to colour, light, sharpness and imprecise crops. About six times as slow as `fast`."""

RECIPES: dict[RecipeName, Recipe] = {"classic": CLASSIC, "fast": FAST, "best": BEST}
