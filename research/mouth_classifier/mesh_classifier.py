"""What the face mesh's measures say of a mouth, taught by labels."""

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
"""Power of a label's rarity by which it counts more."""


def mesh_probabilities(
    features: SoftLabels,
    shares: SoftLabels,
    learn: npt.NDArray[np.bool_],
    seed: int,
    steps: int = STEPS,
) -> SoftLabels:
    """Return (N, K) probabilities; rows of NaN where no mesh was found.

    The mean of four small networks. Face units by themselves call full lips a pout; the labels
    teach otherwise.

    Args:
        features: (N, F) of `mesh_features`; rows of NaN where no mesh was found.
        shares: (N, K) how much of each label a mouth is.
        learn: (N,) the mouths to learn from.
    """
    seen = np.isfinite(features).all(1)
    fit = seen & learn
    mean, spread = features[fit].mean(0), features[fit].std(0) + 1e-5
    values = torch.from_numpy(((features[seen] - mean) / spread).clip(-6, 6).astype(np.float32))
    goals = torch.from_numpy(shares[fit])
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        judges = [
            _train_network(values[torch.from_numpy(fit[seen])], goals, steps)
            for _ in range(NETWORK_COUNT)
        ]
    said = np.full(shares.shape, np.nan, np.float32)
    with torch.inference_mode():
        said[seen] = torch.stack([judge(values).softmax(1) for judge in judges]).mean(0).numpy()
    return said


def _train_network(values: Tensor, goals: Tensor, steps: int) -> nn.Module:
    """Return a trained network from (N, F) to (N, K) logits."""
    total = goals.sum(0)
    importance = goals @ (len(goals) / (len(total) * total.clamp(min=1))) ** BALANCE
    network = nn.Sequential(
        nn.Dropout(0.1),
        nn.Linear(values.shape[1], HIDDEN),
        nn.ReLU(),
        nn.Dropout(0.3),
        nn.Linear(HIDDEN, goals.shape[1]),
    )
    optimizer = torch.optim.AdamW(network.parameters(), RATE, weight_decay=DECAY)
    for step in range(steps):
        optimizer.param_groups[0]["lr"] = RATE * (1 - step / steps)
        batch = torch.randint(len(values), (BATCH,))
        losses = functional.cross_entropy(network(values[batch]), goals[batch], reduction="none")
        optimizer.zero_grad()
        loss: Any = (losses * importance[batch]).mean()
        loss.backward()
        optimizer.step()
    return network.eval()
