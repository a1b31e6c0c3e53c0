"""The data of the figure `confusion`: labels and probabilities of mouths that a model did not see.

In a workspace, the default run predicts the test set. For the bundled pictures, or without a run, a
short training on the training mouths predicts all others.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from moue.errors import MoueError
from moue.learn.pack import pack
from moue.learn.schedules import cosine
from moue.learn.small_training import Floats, Indices, Plan, logits, train
from moue.learn.source import Mouths, Source
from moue.model import runs
from moue.model.classifier import Classifier
from moue.model.spec import resize
from moue.training.recipes import CLASSIC

SIDE = 32
"""Side of the shown mouths in pixels."""
MOST = 200
"""Maximum number of shown mouths."""
PLAN = Plan(epochs=40, lr=0.05, schedule=cosine)


def compute(source: Source, query: Mapping[str, str]) -> bytes:
    """Return probabilities (N, K) float32, targets (N,) int32 and pictures (N, 32, 32, 3) uint8."""
    mouths = source.mouths
    rows, probabilities, model = _of_run(source, mouths) or _of_training(mouths)
    rows, probabilities = rows[:MOST], probabilities[:MOST]
    values: dict[str, Any] = {
        "labels": list(mouths.labels), "names": [mouths.names[row] for row in rows],
        "model": model, "source": source.kind,
    }  # fmt: skip
    arrays: dict[str, npt.NDArray[Any]] = {
        "probabilities": probabilities.astype(np.float32),
        "targets": mouths.targets[rows].astype(np.int32),
        "mouths": np.stack([resize(mouths.pixels[row], SIDE) for row in rows]),
    }
    return pack(values, arrays)


def _of_run(source: Source, mouths: Mouths) -> tuple[Indices, Floats, str] | None:
    """Return the test mouths and the probabilities of the default run; None without a run."""
    rows = mouths.of_split("test")
    choice = None if source.workspace is None else runs.choose(source.workspace)
    if choice is None or not len(rows):
        return None
    try:
        classifier = Classifier.load(choice.run.folder)
    except MoueError:
        return None  # a damaged run; the figure trains its own network
    if set(classifier.spec.labels) != set(mouths.labels):
        return None
    order = [classifier.spec.labels.index(label) for label in mouths.labels]
    found = classifier.probabilities([mouths.pixels[row] for row in rows])
    return rows, found[:, order], choice.run.name


def _of_training(mouths: Mouths) -> tuple[Indices, Floats, str]:
    """Train on the training mouths, and return the other mouths and their probabilities."""
    seen = mouths.of_split("train")
    others = np.setdiff1d(np.arange(len(mouths)), seen)
    trained = train(mouths, seen, others, PLAN)
    spec = CLASSIC.spec(mouths.labels)
    values = logits(trained.network, spec, mouths.pixels[others]).astype(np.float64)
    powers = np.exp(values - values.max(axis=1, keepdims=True))
    return others, (powers / powers.sum(axis=1, keepdims=True)).astype(np.float32), "simpleconv3"
