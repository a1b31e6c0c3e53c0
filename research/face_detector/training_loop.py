"""One training loop for both networks: so many minutes of CPU, with checkpoints to go on from."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

WARM, KEEP, FRAME_STEP = 0.03, 0.996, 20.0
"""Share of the time that warms up; of averaged weights that stays; CPU seconds between saves."""


def train(
    network: nn.Module,
    step: Callable[[nn.Module], dict[str, Tensor]],
    minutes: float,
    rate: float,
    file: Path,
    start: Path | None = None,
) -> nn.Module:
    """Train by AdamW under a cosine over `minutes`, and return the averaged network.

    The minutes are of this process's CPU, so that a busy machine takes longer and learns as much.
    `file` is written now and then and gone on from; with more or fewer minutes, the rate goes on
    from where their cosine then is.

    Args:
        step: returns the parts of the loss, of a new batch.
        start: a file of an earlier training whose averaged weights this one begins with.
    """
    torch.set_num_threads(1)
    if start is not None:
        network.load_state_dict(averaged_weights(start))
    averaged = torch.optim.swa_utils.AveragedModel(network, avg_fn=_mean, use_buffers=True)
    optimiser = torch.optim.AdamW(network.parameters(), rate, weight_decay=1e-4)
    spent, steps = 0.0, 0
    if file.exists():
        kept = torch.load(file, weights_only=True)
        network.load_state_dict(kept["network"])
        averaged.load_state_dict(kept["averaged"])
        optimiser.load_state_dict(kept["optimiser"])
        spent, steps = kept["spent"], kept["steps"]
    begun = saved = time.process_time() - spent
    sums: dict[str, float] = {}
    network.train()
    while (spent := time.process_time() - begun) < 60 * minutes:
        for group in optimiser.param_groups:
            group["lr"] = rate * _share(spent / (60 * minutes))
        losses = step(network)
        optimiser.zero_grad()
        torch.stack(list(losses.values())).sum().backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(network.parameters(), 5.0)
        optimiser.step()
        averaged.update_parameters(network)
        steps += 1
        for name, value in losses.items():
            sums[name] = 0.98 * sums.get(name, value.item()) + 0.02 * value.item()
        if time.process_time() - saved > FRAME_STEP:
            saved = time.process_time()
            _save(file, network, averaged, optimiser, spent, steps)
            told = " ".join(f"{name} {value:.4f}" for name, value in sums.items())
            print(f"{spent / 60:5.1f} min {steps:6d} steps  {told}", flush=True)
    _save(file, network, averaged, optimiser, spent, steps)
    return averaged.module


def averaged_weights(file: Path) -> dict[str, Tensor]:
    """Return the averaged weights in a file that `train` wrote."""
    state = torch.load(file, weights_only=True)["averaged"]
    # Of an averaged model: its copy's weights are under `module.`, beside a count.
    return {k.removeprefix("module."): v for k, v in state.items() if k.startswith("module.")}


def _mean(old: Tensor, new: Tensor, count: Tensor | int) -> Tensor:
    """Return the running average; at first it forgets fast, the first weights too."""
    return old + (new - old) * max(1 - KEEP, 9 / (10 + float(count)))


def _share(done: float) -> float:
    return min(1.0, done / WARM) * (0.5 + 0.5 * math.cos(math.pi * done)) + 1e-3


def _save(
    file: Path, network: nn.Module, averaged: nn.Module, optimiser: torch.optim.Optimizer,
    spent: float, steps: int,
) -> None:  # fmt: skip
    states: dict[str, Any] = {"network": network, "averaged": averaged, "optimiser": optimiser}
    kept = {name: part.state_dict() for name, part in states.items()}
    whole = kept | {"spent": spent, "steps": steps}
    torch.save(whole, file.with_suffix(".part"))
    file.with_suffix(".part").replace(file)
