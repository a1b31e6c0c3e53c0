"""The training loop of both networks: a budget of CPU minutes, with checkpoints to resume."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

WARM_UP, EMA_DECAY, SAVE_INTERVAL = 0.03, 0.996, 20.0
"""Warm-up fraction of the budget; decay of the EMA; CPU seconds between checkpoints."""


def train(
    network: nn.Module,
    step: Callable[[nn.Module], dict[str, Tensor]],
    minutes: float,
    rate: float,
    file: Path,
    start: Path | None = None,
) -> nn.Module:
    """Train with AdamW and a cosine schedule over `minutes`; return the EMA network.

    `minutes` are CPU time of this process, so other load does not change the result. Training
    resumes from the checkpoint `file`; another `minutes` continues on its cosine schedule.

    Args:
        step: Function that returns the parts of the loss for a new batch.
        start: Checkpoint of an earlier training; its EMA weights are the initial weights.
    """
    # CPU time counts all threads, so more threads would use up the budget faster.
    torch.set_num_threads(1)
    if start is not None:
        network.load_state_dict(ema_weights(start))
    # The statistics of batch normalisation are buffers: they must fit the averaged weights.
    ema = torch.optim.swa_utils.AveragedModel(network, avg_fn=_ema_update, use_buffers=True)
    optimiser = torch.optim.AdamW(network.parameters(), rate, weight_decay=1e-4)
    spent, steps = 0.0, 0
    if file.exists():
        kept = torch.load(file, weights_only=True)
        network.load_state_dict(kept["network"])
        ema.load_state_dict(kept["averaged"])
        optimiser.load_state_dict(kept["optimiser"])
        spent, steps = kept["spent"], kept["steps"]
    # As if this process had also spent the CPU time of the earlier part.
    started = saved = time.process_time() - spent
    sums: dict[str, float] = {}
    network.train()
    while (spent := time.process_time() - started) < 60 * minutes:
        for group in optimiser.param_groups:
            group["lr"] = rate * _schedule(spent / (60 * minutes))
        losses = step(network)
        optimiser.zero_grad()
        torch.stack(list(losses.values())).sum().backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(network.parameters(), 5.0)
        optimiser.step()
        ema.update_parameters(network)
        steps += 1
        for name, value in losses.items():
            sums[name] = 0.98 * sums.get(name, value.item()) + 0.02 * value.item()
        if time.process_time() - saved > SAVE_INTERVAL:
            saved = time.process_time()
            _save(file, network, ema, optimiser, spent, steps)
            message = " ".join(f"{name} {value:.4f}" for name, value in sums.items())
            print(f"{spent / 60:5.1f} min {steps:6d} steps  {message}", flush=True)
    _save(file, network, ema, optimiser, spent, steps)
    return ema.module


def ema_weights(file: Path) -> dict[str, Tensor]:
    """Return the EMA weights in a checkpoint of `train`."""
    state = torch.load(file, weights_only=True)["averaged"]
    # `AveragedModel` stores the weights under `module.`, next to a count.
    return {k.removeprefix("module."): v for k, v in state.items() if k.startswith("module.")}


def _ema_update(old: Tensor, new: Tensor, count: Tensor | int) -> Tensor:
    """Return the updated EMA; its decay starts low, so that the initial weights fade."""
    return old + (new - old) * max(1 - EMA_DECAY, 9 / (10 + float(count)))


def _schedule(done: float) -> float:
    return min(1.0, done / WARM_UP) * (0.5 + 0.5 * math.cos(math.pi * done)) + 1e-3


def _save(
    file: Path, network: nn.Module, ema: nn.Module, optimiser: torch.optim.Optimizer,
    spent: float, steps: int,
) -> None:  # fmt: skip
    states: dict[str, Any] = {"network": network, "averaged": ema, "optimiser": optimiser}
    kept = {name: part.state_dict() for name, part in states.items()}
    whole = kept | {"spent": spent, "steps": steps}
    # Written beside the file first: a crash must not damage the last checkpoint.
    torch.save(whole, file.with_suffix(".part"))
    file.with_suffix(".part").replace(file)
