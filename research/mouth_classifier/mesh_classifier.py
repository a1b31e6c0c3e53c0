"""A classifier of face mesh features, trained on labelled mouths."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional

SoftLabels = npt.NDArray[np.float32]
NETWORK_COUNT, HIDDEN, STEPS, BATCH = 4, 64, 600, 256
RATE, DECAY = 2e-3, 0.3
BALANCE = 0.7
"""Exponent of the inverse label frequency in the sample weights."""


def mesh_probabilities(
    features: SoftLabels,
    soft_labels: SoftLabels,
    train: npt.NDArray[np.bool_],
    seed: int,
    steps: int = STEPS,
) -> SoftLabels:
    """Return (N, K) probabilities; rows of NaN where no mesh was found.

    The probabilities are the mean of four small networks. Face units alone would classify full
    lips as a pout; training on labels corrects this.

    Args:
        features: (N, F) of `mesh_features`; rows of NaN where no mesh was found.
        shares: (N, K) soft labels of the mouths.
        learn: (N,) mask of the training mouths.
    """
    measured = np.isfinite(features).all(1)
    fit = measured & train
    # Only the training mouths; a constant feature has a spread of 0.
    mean, spread = features[fit].mean(0), features[fit].std(0) + 1e-5
    # Clipped, so that a wrong measurement cannot dominate the sum.
    values = torch.from_numpy(((features[measured] - mean) / spread).clip(-6, 6).astype(np.float32))
    targets = torch.from_numpy(soft_labels[fit])
    # Seeded here only: the random state of the caller stays unchanged.
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        networks = [
            _train_network(values[torch.from_numpy(fit[measured])], targets, steps)
            for _ in range(NETWORK_COUNT)
        ]
    probs = np.full(soft_labels.shape, np.nan, np.float32)
    with torch.inference_mode():
        probs[measured] = (
            torch.stack([network(values).softmax(1) for network in networks]).mean(0).numpy()
        )
    return probs


def _train_network(values: Tensor, targets: Tensor, steps: int) -> nn.Module:
    """Return a trained network from (N, F) to (N, K) logits."""
    total = targets.sum(0)
    # A label without mouths has a total of 0, hence the clamp.
    weights = targets @ (len(targets) / (len(total) * total.clamp(min=1))) ** BALANCE
    network = nn.Sequential(
        nn.Dropout(0.1),
        nn.Linear(values.shape[1], HIDDEN),
        nn.ReLU(),
        nn.Dropout(0.3),
        nn.Linear(HIDDEN, targets.shape[1]),
    )
    optimizer = torch.optim.AdamW(network.parameters(), RATE, weight_decay=DECAY)
    for step in range(steps):
        optimizer.param_groups[0]["lr"] = RATE * (1 - step / steps)
        batch = torch.randint(len(values), (BATCH,))
        # No reduction, since each mouth has its own weight.
        losses = functional.cross_entropy(network(values[batch]), targets[batch], reduction="none")
        optimizer.zero_grad()
        loss: Any = (losses * weights[batch]).mean()
        loss.backward()
        optimizer.step()
    return network.eval()
