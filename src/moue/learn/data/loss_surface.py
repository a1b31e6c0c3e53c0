"""The data of the figure `loss-surface`: the true loss around a training.

With a run of `classic`, the plane contains three sets of weights of this run: the random start, the
kept epoch and the last epoch. Otherwise a short training is done, and the two directions are those
in which its weights moved most. The loss is the mean cross-entropy of the training pictures.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from moue.files import read_json
from moue.learn.data.feature_maps import newest_classic
from moue.learn.small_training import Floats, Plan, rounded, train, weights_of
from moue.learn.source import Mouths, Source
from moue.training import run_log
from moue.training.recipes import CLASSIC

PLAN = Plan(epochs=60, lr=0.01, optimizer="momentum", keep_every=3, augment=False)
SIDE = 21
"""Number of points of the surface along each direction."""
MARGIN = 0.35
"""Room around the path, as a share of its extent."""
MOST = 240
"""Maximum number of training pictures, for the time."""


@dataclass(frozen=True, slots=True)
class Path:
    """The path of a training in a plane through its weights.

    Attributes:
        center: (P,) weights at the origin of the plane.
        directions: (2, P) directions of length 1, orthogonal.
        points: (T, 2) positions in the plane.
        facts: values for the answer: `epochs_at`, the epoch of each position; `losses`, the
            training loss of each epoch; `run`, the name of the run or None; `share`, the share of
            the movement in the plane; `random`, True if the second direction is a random one.
    """

    center: Floats
    directions: Floats
    points: Floats
    facts: dict[str, Any]


def compute(source: Source, query: Mapping[str, str]) -> dict[str, Any]:
    """Return the loss on a grid, and the path of the training in it.

    The axes are distances between sets of weights.
    """
    mouths = source.mouths
    train_set = mouths.of_split("train")[:MOST]
    path = _of_run(source) or _of_training(mouths, train_set)
    xs, ys = _axis(path.points[:, 0]), _axis(path.points[:, 1])
    surface = _losses(mouths, train_set, path.center, path.directions, xs, ys)
    return {
        "x": rounded(xs), "y": rounded(ys), "loss": rounded(surface), "path": rounded(path.points),
        "pictures": len(train_set), "parameters": len(path.center), "source": source.kind,
        **path.facts,
    }  # fmt: skip


def _of_run(source: Source) -> Path | None:
    """Return the path of the newest run of `classic` with the labels of the mouths, if any."""
    found = newest_classic(source)
    if found is None or found[1].spec.labels != source.mouths.labels:
        return None
    from moue.training.checkpoint import load
    from moue.training.loop import untrained

    run, best = found
    last = run.folder / "last.pt"
    if not last.exists() or read_json(run.folder / "environment.json").get("started_from"):
        return None
    seed = int(read_json(run.folder / "settings.json")["seed"])
    kept = read_json(run.folder / "result.json")["best epoch"]
    epochs = run_log.read_log(run.folder)
    final = load(last)
    weights = [
        weights_of(n) for n in (untrained(final.spec, seed), best.network(), final.network())
    ]
    at, is_random = [0, kept, epochs[-1].number], np.array_equal(weights[1], weights[2])
    if is_random:
        weights[1] = weights[2] + _random_like(final.network(), weights[2] - weights[0])
    directions = plane(weights)
    points = np.stack([weight - weights[-1] for weight in weights]) @ directions.T
    if is_random:
        points, at = points[[0, 2]], [at[0], at[2]]
    facts = {
        "epochs": epochs[-1].number, "epochs_at": at, "run": run.name, "share": 1.0,
        "losses": rounded([epoch.train_loss for epoch in epochs]), "random": is_random,
    }  # fmt: skip
    return Path(weights[-1], directions, points.astype(np.float32), facts)


def plane(weights: Sequence[Floats]) -> Floats:
    """Return two orthogonal directions of length 1, in the plane through three sets of weights.

    The first direction leads from the last set to the first one.
    """
    first = (weights[0] - weights[2]).astype(np.float64)
    first /= np.linalg.norm(first)
    second = (weights[1] - weights[2]).astype(np.float64)
    second -= (second @ first) * first
    second /= np.linalg.norm(second)
    return np.stack([first, second]).astype(np.float32)


def _random_like(network: Any, move: Floats) -> Floats:
    """Return a random direction whose part for each tensor is a quarter as long as in `move`."""
    rng = np.random.default_rng(0)
    parts, start = [], 0
    for tensor in network.parameters():
        part = rng.normal(size=tensor.numel())
        size = np.linalg.norm(move[start : start + len(part)])
        parts.append(part * (0.25 * size / np.linalg.norm(part)))
        start += len(part)
    return np.concatenate(parts).astype(np.float32)


def _of_training(mouths: Mouths, train_set: Any) -> Path:
    """Return the path of a short training in its first two principal components."""
    trained = train(mouths, train_set, mouths.of_split("val"), PLAN)
    points, directions, share = principal(trained.kept)
    facts = {
        "epochs": PLAN.epochs, "epochs_at": [PLAN.keep_every * i for i in range(len(points))],
        "run": None, "share": round(share, 3), "losses": rounded(trained.losses), "random": False,
    }  # fmt: skip
    return Path(trained.kept[-1], directions, points, facts)


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
