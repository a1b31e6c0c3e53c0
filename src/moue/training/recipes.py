"""What `classic`, `fast` and `best` mean, as numbers. No torch here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from moue.model.spec import ModelSpec

RecipeName = Literal["classic", "fast", "best"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """The defaults of one way to train.

    Attributes:
        resize: see `ModelSpec`, as `input_size`.
        epochs: used where the settings say nothing, as `lr` and `batch_size`.
        least: a smaller training set is processed several times in an epoch, to about as
            many pictures; 0 goes through any set once.
        schedule: `step` divides the rate by 10 every 100 epochs, after the optimiser;
            `one_cycle` raises it from a tenth and lowers it to nothing, batch by batch.
        smoothing: label smoothing.
        average: decay per batch of the averaged weights that are evaluated; 0 uses the
            weights themselves.
        balance: weigh the loss so that each label counts alike.
        sampling: a picture of a label that has n pictures is drawn in proportion to
            n ** -sampling; at 0 an epoch goes through the set in a random order.
        mixup: each picture is blended with another of its batch, and its label with the other's,
            by a share from Beta(mixup, mixup); 0 blends nothing.
        patience: training stops after so many epochs in which the mean recall on the validation
            set did not rise; 0 never stops early.
    """

    name: RecipeName
    network: str
    resize: int
    input_size: int
    epochs: int
    lr: float
    batch_size: int
    least: int
    optimizer: Literal["sgd", "adamw"]
    momentum: float
    weight_decay: float
    schedule: Literal["step", "one_cycle"]
    smoothing: float
    average: float
    balance: bool
    sampling: float
    mixup: float = 0.0
    patience: int = 0

    def spec(self, labels: Sequence[str]) -> ModelSpec:
        """Return the spec of a network that this recipe trains."""
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
    least=0,
    optimizer="sgd",
    momentum=0.9,
    weight_decay=0.0,
    schedule="step",
    smoothing=0.0,
    average=0.0,
    balance=False,
    sampling=0.0,
)
"""The tutorial's own. It types 10 epochs, after which its rate of 0.1 has given 51-78 %; at 120,
20 epochs behind the one step of its schedule, it has converged (90-96 %)."""

FAST = Recipe(
    name="fast",
    network="fastnet",
    resize=48,
    input_size=40,
    epochs=80,
    lr=3e-3,
    batch_size=64,
    least=512,
    optimizer="adamw",
    momentum=0.9,
    weight_decay=0.05,
    schedule="one_cycle",
    smoothing=0.0,
    average=0.98,
    balance=True,
    sampling=0.0,
)

BEST = Recipe(
    name="best",
    network="mouthnet",
    resize=48,
    input_size=48,
    epochs=40,
    lr=2e-3,
    batch_size=128,
    least=2048,
    optimizer="adamw",
    momentum=0.9,
    weight_decay=0.05,
    schedule="one_cycle",
    smoothing=0.0,
    average=0.995,
    balance=False,
    sampling=0.7,
    mixup=0.4,
    patience=12,
)
"""For pictures from elsewhere than the training pictures: colour, light, sharpness and the cut
are made not to matter. About twenty times the work of `fast`."""

RECIPES: dict[RecipeName, Recipe] = {"classic": CLASSIC, "fast": FAST, "best": BEST}
