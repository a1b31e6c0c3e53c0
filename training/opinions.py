"""What machines think of the 10,000 unlabelled faces, brought to one probability per label."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch.nn import functional

from moue.sample import LABELS
from training.sources import SOFT, Mouth

Shares = npt.NDArray[np.float32]
FEATURES = (*SOFT, "gap", "width")
DECAY = 3e-3


def opinions(mouths: Sequence[Mouth], learn: Sequence[bool]) -> Shares:
    """Return (N, K) probabilities; rows of NaN where machines were not asked.

    A logistic regression on face-mesh scores, lip sizes and another network's opinion, fitted
    to the labels of the mouths that are asked for and marked in `learn`. Each of these alone
    calls full lips a pout; the labels by eye teach it not to.
    """
    asked = np.array([bool(m.soft) for m in mouths])
    fit = np.array([bool(m.soft and m.label and use) for m, use in zip(mouths, learn, strict=True)])
    shares = np.full((len(mouths), len(LABELS)), np.nan, np.float32)
    rows = [_features(m) for m in mouths if m.soft]
    features = torch.tensor(rows, dtype=torch.float32)
    features = (features - features.mean(0)) / (features.std(0) + 1e-6)
    chosen = torch.from_numpy(fit[asked])
    labels = [str(m.label) for m, use in zip(mouths, fit, strict=True) if use]
    targets = torch.tensor([LABELS.index(label) for label in labels])
    weights = _fit(features[chosen], targets)
    shares[asked] = torch.softmax(_scores(features, weights), 1).numpy()
    return shares


def _features(mouth: Mouth) -> list[float]:
    values = [mouth.soft[name] for name in FEATURES]
    smile = (mouth.soft["mouthSmileLeft"] + mouth.soft["mouthSmileRight"]) / 2
    pucker, gap, width = (mouth.soft[name] for name in ("mouthPucker", "gap", "width"))
    return [*values, abs(mouth.soft["yaw"]), gap**2, smile * gap, pucker * width, width**2]


def _fit(features: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Return the (F + 1, K) weights; labels count by the root of their share."""
    counts = torch.bincount(targets, minlength=len(LABELS)).float().clamp(min=1)
    importance = (len(targets) / counts)[targets] ** 0.5
    weights = torch.zeros(features.shape[1] + 1, len(LABELS), requires_grad=True)
    optimizer: torch.optim.Optimizer = torch.optim.LBFGS([weights], max_iter=500)

    def closure() -> float:
        optimizer.zero_grad()
        losses = functional.cross_entropy(_scores(features, weights), targets, reduction="none")
        loss: Any = (losses * importance).mean() + DECAY * weights[:-1].square().sum()
        loss.backward()
        return float(loss.detach())

    optimizer.step(closure)
    return weights.detach()


def _scores(features: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
    return features @ weights[:-1] + weights[-1]
