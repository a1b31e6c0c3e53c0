"""The optimiser, the learning-rate schedule, mixup and the EMA of the weights."""

from __future__ import annotations

import copy
import math

import numpy as np
import torch
from torch import Generator, Tensor, nn

from moue.training.recipes import Recipe

STEP_EPOCHS = 100
"""Number of epochs after which the step schedule divides the learning rate by 10."""
RISE = 0.2
"""Share of the epochs in which the one-cycle schedule raises the learning rate."""


def make_optimizer(recipe: Recipe, network: nn.Module) -> torch.optim.Optimizer:
    """Return the optimiser of a recipe for the parameters of a network."""
    weights, decay = network.parameters(), recipe.weight_decay
    if recipe.optimizer == "adamw":
        # Momentum is the decay of Adam's first moment; 0.999 is the usual decay of the second.
        betas = (recipe.momentum, 0.999)
        return torch.optim.AdamW(weights, recipe.lr, betas, weight_decay=decay, fused=True)
    return torch.optim.SGD(weights, recipe.lr, recipe.momentum, weight_decay=decay, fused=True)


def learning_rate(recipe: Recipe, epochs_done: float) -> float:
    """Return the learning rate of a recipe's schedule after a number of epochs.

    Args:
        recipe: recipe with the schedule.
        epochs_done: number of finished epochs, with the finished part of the current epoch as a
            fraction.
    """
    if recipe.schedule == "step":
        return recipe.lr * 0.1 ** (int(epochs_done) // STEP_EPOCHS)
    progress = epochs_done / recipe.epochs
    if progress < RISE:
        return recipe.lr * (0.1 + 0.9 * progress / RISE)
    return recipe.lr * (0.5 + 0.5 * math.cos(math.pi * (progress - RISE) / (1 - RISE)))


def set_learning_rate(optimizer: torch.optim.Optimizer, lr: float) -> None:
    """Set the learning rate of all parameters of an optimiser."""
    for group in optimizer.param_groups:
        group["lr"] = lr


class Mixup:
    """Mixup: blends each picture of a batch with another picture of the batch.

    Args:
        alpha: parameter of the distribution Beta(alpha, alpha) of the weights.

    Source:
        Zhang et al. 2018, mixup: Beyond Empirical Risk Minimization.
    """

    def __init__(self, alpha: float) -> None:
        self.alpha = alpha

    def __call__(self, values: Tensor, generator: Generator) -> tuple[Tensor, Tensor, float]:
        """Blend the pictures of a batch.

        Args:
            values: (N, 3, S, S) pictures.
            generator: random number generator.

        Returns:
            The blended pictures (N, 3, S, S); the index of the other picture of each blend, (N,);
            and the weight of the original picture, drawn once for the batch.
        """
        # torch's Beta distribution takes no generator, so numpy draws with a seed from it.
        seed = int(torch.randint(2**62, (1,), generator=generator))
        weight = float(np.random.default_rng(seed).beta(self.alpha, self.alpha))
        partner = torch.randperm(len(values), generator=generator).to(values.device)
        # The partners are this batch in another order, so no more pictures are loaded or augmented.
        mixed = values.mul(weight).add_(values.index_select(0, partner), alpha=1 - weight)
        return mixed, partner, weight


class Ema:
    """The exponential moving average (EMA) of the weights of a network.

    Args:
        network: network whose weights are the initial values of the average.
        decay: decay per step.

    Attributes:
        network: copy of the network with the averaged weights, in evaluation mode.
    """

    def __init__(self, network: nn.Module, decay: float) -> None:
        self.network = copy.deepcopy(network).eval()
        self.decay = decay

    def update(self, network: nn.Module) -> None:
        """Update the average with the weights of `network`; called after each step."""
        with torch.no_grad():
            # One call for all tensors instead of a Python loop over many small ones.
            torch._foreach_lerp_(_floats(self.network), _floats(network), 1 - self.decay)


def _floats(network: nn.Module) -> list[Tensor]:
    """Return the parameters and floating-point buffers: all but the counters of batch norm."""
    return [*network.parameters(), *(b for b in network.buffers() if b.is_floating_point())]
