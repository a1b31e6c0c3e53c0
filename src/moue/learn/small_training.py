"""Short trainings of the tutorial's network, of which the figures show every step.

The network, the pictures and the augmentation are those of the recipe `classic`. The optimiser and
the schedule are free, so that a figure can compare them. Needs torch.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from moue.errors import MissingExtra
from moue.learn.source import Mouths
from moue.model.spec import ModelSpec
from moue.training.recipes import CLASSIC

if TYPE_CHECKING:
    import torch


Floats = npt.NDArray[np.float32]
Indices = npt.NDArray[np.int64]
Schedule = Callable[[float], float]
"""A function from the share of the training that is done, in [0, 1], to a factor of the rate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a short training does.

    Attributes:
        epochs: number of epochs.
        lr: learning rate before the schedule.
        optimizer: `sgd` without momentum, `momentum` (SGD with 0.9) or `adam`.
        schedule: factor of the learning rate; constant by default.
        batch_size: number of pictures per step.
        augment: True for the random crops and flips of `classic`.
        seed: random seed.
        keep_every: number of epochs between two kept sets of weights; 0 to keep none.
    """

    epochs: int
    lr: float
    optimizer: Literal["sgd", "momentum", "adam"] = "momentum"
    schedule: Schedule = field(default=lambda share: 1.0)
    batch_size: int = 64
    augment: bool = True
    seed: int = 0
    keep_every: int = 0


@dataclass(frozen=True, slots=True)
class Trained:
    """The result of a short training.

    Attributes:
        network: trained network, in evaluation mode.
        rates: (E,) learning rate at the start of each epoch.
        losses: (E,) mean training loss of each epoch.
        validation: (E,) accuracy on the validation pictures after each epoch, in [0, 1].
        kept: flat float32 weights that were kept, the initial ones first.
    """

    network: torch.nn.Module
    rates: list[float]
    losses: list[float]
    validation: list[float]
    kept: list[Floats]


def train(mouths: Mouths, train_set: Indices, val_set: Indices, plan: Plan) -> Trained:
    """Train the network `simpleconv3` on mouths.

    Args:
        mouths: pictures and labels.
        train_set, val_set: indices of the training and validation mouths.
        plan: optimiser, schedule and length.

    Raises:
        MissingExtra: torch is not installed.
    """
    try:
        import torch

        from moue.training.augment import classic
        from moue.training.loop import normalize
        from moue.training.networks import build
    except ImportError as error:
        raise MissingExtra("this figure on your own pictures", "train") from error

    spec = CLASSIC.spec(mouths.labels)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(plan.seed)
        network = build(spec.network, spec.labels)
    generator = torch.Generator().manual_seed(plan.seed)
    # (N, R, 3, R), the layout of the augmentation.
    pixels = torch.from_numpy(mouths.pixels[train_set]).transpose(2, 3).contiguous()
    plain = torch.from_numpy(spec.tensor(mouths.pixels[train_set]))
    targets = torch.from_numpy(mouths.targets[train_set])
    optimizer = _optimizer(network, plan)
    done = Trained(network, [], [], [], [weights_of(network)] if plan.keep_every else [])
    for epoch in range(plan.epochs):
        network.train()
        order = torch.randperm(len(targets), generator=generator)
        batches = torch.split(order, plan.batch_size)
        total = 0.0
        for step, batch in enumerate(batches):
            share = (epoch + step / len(batches)) / plan.epochs
            rate = plan.lr * plan.schedule(share)
            for group in optimizer.param_groups:
                group["lr"] = rate
            if step == 0:
                done.rates.append(rate)
            images = plain[batch]
            if plan.augment:
                images = normalize(classic(pixels[batch], spec.input_size, generator), spec)
            loss = torch.nn.functional.cross_entropy(network(images), targets[batch])
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            total += loss.item() * len(batch)
        done.losses.append(total / len(targets))
        network.eval()
        right = logits(network, spec, mouths.pixels[val_set]).argmax(1) == mouths.targets[val_set]
        done.validation.append(float(right.mean()) if len(right) else float("nan"))
        if plan.keep_every and (epoch + 1) % plan.keep_every == 0:
            done.kept.append(weights_of(network))
    return done


def logits(network: torch.nn.Module, spec: ModelSpec, pixels: npt.NDArray[np.uint8]) -> Floats:
    """Return the logits (N, K) of crops (N, 64, 64, 3)."""
    import torch

    with torch.inference_mode():
        return np.asarray(network(torch.from_numpy(spec.tensor(pixels))).numpy(), np.float32)


def weights_of(network: torch.nn.Module) -> Floats:
    """Return all trained weights of a network as one flat array."""
    import torch

    flat = torch.nn.utils.parameters_to_vector(network.parameters())
    return np.asarray(flat.detach().numpy(), np.float32).copy()


def _optimizer(network: torch.nn.Module, plan: Plan) -> torch.optim.Optimizer:
    import torch

    weights = network.parameters()
    if plan.optimizer == "adam":
        return torch.optim.Adam(weights, plan.lr)
    momentum = 0.9 if plan.optimizer == "momentum" else 0.0
    return torch.optim.SGD(weights, plan.lr, momentum)


def rounded(values: Any, digits: int = 4) -> Any:
    """Return numbers in nested lists and mappings, rounded to a number of decimal places."""
    if isinstance(values, Mapping):
        return {key: rounded(value, digits) for key, value in values.items()}
    if isinstance(values, np.ndarray):
        return rounded(values.tolist(), digits)
    if isinstance(values, list | tuple):
        return [rounded(value, digits) for value in values]
    return round(values, digits) if isinstance(values, float) else values
