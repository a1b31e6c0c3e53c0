"""The data of the figure `loss-surface`: the true loss around a short training.

The two directions are those in which the weights of the training moved most (the first two
principal components of its path). The loss is the mean cross-entropy of the training pictures.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from moue.learn.small_training import Floats, Plan, rounded, train
from moue.learn.source import Mouths, Source
from moue.training.recipes import CLASSIC

PLAN = Plan(epochs=60, lr=0.01, optimizer="momentum", keep_every=3, augment=False)
SIDE = 21
"""Number of points of the surface along each direction."""
MARGIN = 0.35
"""Room around the path, as a share of its extent."""
MOST = 240
"""Maximum number of training pictures, for the time."""


def compute(source: Source, query: Mapping[str, str]) -> dict[str, Any]:
    """Return the loss on a grid, and the path of the training in it.

    The axes are distances between sets of weights, from the final weights.
    """
    mouths = source.mouths
    train_set = mouths.of_split("train")[:MOST]
    val_set = mouths.of_split("val")
    trained = train(mouths, train_set, val_set, PLAN)
    path, directions, share = principal(trained.kept)
    xs, ys = _axis(path[:, 0]), _axis(path[:, 1])
    surface = _losses(mouths, train_set, trained.kept[-1], directions, xs, ys)
    return {
        "x": rounded(xs), "y": rounded(ys), "loss": rounded(surface), "path": rounded(path),
        "epochs": PLAN.epochs, "keep_every": PLAN.keep_every, "lr": PLAN.lr,
        "share": round(share, 3), "pictures": len(train_set), "parameters": len(directions[0]),
        "losses": rounded(trained.losses), "source": source.kind,
    }  # fmt: skip


def principal(kept: list[Floats]) -> tuple[Floats, Floats, float]:
    """Return a path in its first two principal components, around its last point.

    Args:
        kept: (P,) weights at successive times.

    Returns:
        (T, 2) path, (2, P) directions of length 1, and the share of the variance in them.
    """
    moves = np.stack([weights - kept[-1] for weights in kept])
    # The T x T products have the same components as the P x P covariance.
    values, vectors = np.linalg.eigh(moves.astype(np.float64) @ moves.T.astype(np.float64))
    first = vectors[:, ::-1][:, :2].T @ moves
    directions = first / np.linalg.norm(first, axis=1, keepdims=True)
    directions *= np.where((moves @ directions.T)[0] < 0, -1, 1)[:, None]
    share = float(values[::-1][:2].sum() / values.sum())
    return moves @ directions.T, directions.astype(np.float32), share


def _axis(values: Floats) -> Floats:
    low, high = float(values.min()), float(values.max())
    room = MARGIN * max(high - low, 1e-3)
    return np.linspace(low - room, high + room, SIDE, dtype=np.float32)


def _losses(
    mouths: Mouths, rows: Any, center: Floats, directions: Floats, xs: Floats, ys: Floats
) -> Floats:
    """Return the loss (len(ys), len(xs)) at each point of the grid."""
    import torch

    from moue.training.networks import build

    spec = CLASSIC.spec(mouths.labels)
    network = build(spec.network, spec.labels)
    # The batch statistics of all pictures, as during training.
    network.train()
    images = torch.from_numpy(spec.tensor(mouths.pixels[rows]))
    targets = torch.from_numpy(mouths.targets[rows])
    weights = list(network.parameters())
    surface = np.empty((len(ys), len(xs)), np.float32)
    with torch.no_grad():
        for row, y in enumerate(ys):
            start = torch.from_numpy(center + y * directions[1])
            for column, x in enumerate(xs):
                flat = start + float(x) * torch.from_numpy(directions[0])
                torch.nn.utils.vector_to_parameters(flat, weights)
                loss = torch.nn.functional.cross_entropy(network(images), targets)
                surface[row, column] = loss.item()
    return surface
