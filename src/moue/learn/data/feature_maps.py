"""The data of the figure `feature-maps`: the weights of a simpleconv3 network, and mouths.

The weights of the convolutions are exact. Those of the three linear layers are rounded to 8 bits
each, with one scale for each output, which makes the answer four times smaller.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from moue.errors import MissingExtra
from moue.learn.data.confusion import PLAN
from moue.learn.data.mouth_examples import chosen_mouths, mouth_arrays
from moue.learn.pack import pack
from moue.learn.small_training import train
from moue.learn.source import Source
from moue.model import runs

if TYPE_CHECKING:
    from moue.training.checkpoint import Checkpoint

Floats = npt.NDArray[np.float32]
LINEAR = ("fc1", "fc2", "fc3")


def compute(source: Source, query: Mapping[str, str]) -> bytes:
    """Return the weights, and the pixels (N, 64, 64, 3) of two mouths of each label.

    They are those of the newest finished run of `classic` of the workspace, or of a short training.
    """
    weights, labels, model = _of_run(source) or _of_training(source)
    values, pixels = mouth_arrays(source, chosen_mouths(source.mouths, 2))
    facts: dict[str, Any] = {**values, "outputs": list(labels), "model": model}
    return pack(facts, packed(weights) | {"mouths": pixels})


def packed(weights: Mapping[str, Floats]) -> dict[str, npt.NDArray[Any]]:
    """Return the weights of a state dict with the linear layers in 8 bits.

    A linear layer has the arrays `fc1.weight` (int8), `fc1.scale` and `fc1.bias`.
    """
    arrays: dict[str, npt.NDArray[Any]] = {}
    for name, values in weights.items():
        layer, _, kind = name.partition(".")
        if kind == "num_batches_tracked":
            continue
        if layer in LINEAR and kind == "weight":
            scale = np.abs(values).max(axis=1) / np.float32(127)
            scale = np.where(scale > 0, scale, 1).astype(np.float32)
            arrays[name] = np.rint(values / scale[:, None]).astype(np.int8)
            arrays[f"{layer}.scale"] = scale
        else:
            arrays[name] = values.astype(np.float32)
    return arrays


def _of_run(source: Source) -> tuple[dict[str, Floats], tuple[str, ...], str] | None:
    """Return the weights of the newest `classic` run of a workspace; None without one."""
    found = newest_classic(source)
    if found is None:
        return None
    run, kept = found
    weights = {name: value.numpy() for name, value in kept.weights.items()}
    return weights, kept.spec.labels, run.name


def newest_classic(source: Source) -> tuple[runs.Run, Checkpoint] | None:
    """Return the newest finished run of `simpleconv3` and its weights; None without one.

    Raises:
        MissingExtra: torch is not installed.
    """
    if source.workspace is None:
        return None
    found = [run for run in runs.finished(source.workspace) if run.recipe == "classic"]
    for run in reversed(found):
        path = run.folder / "best.pt"
        if path.exists() and not run.fault:
            try:
                from moue.training.checkpoint import load
            except ImportError as error:
                raise MissingExtra("this figure on your own run", "train") from error
            kept = load(path)
            if kept.spec.network == "simpleconv3":
                return run, kept
    return None


def _of_training(source: Source) -> tuple[dict[str, Floats], tuple[str, ...], str]:
    mouths = source.mouths
    trained = train(mouths, mouths.of_split("train"), mouths.of_split("val"), PLAN)
    weights = {name: value.numpy() for name, value in trained.network.state_dict().items()}
    return weights, mouths.labels, "simpleconv3"
