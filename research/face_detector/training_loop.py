"""The training loop of both networks: a number of steps, with checkpoints to resume."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import safetensors.torch
import torch
from torch import Tensor, nn

WARM_UP, EMA_DECAY, SAVE_INTERVAL = 0.03, 0.996, 100
"""Warm-up fraction of the steps; decay of the EMA; steps between checkpoints."""
Step = Callable[[nn.Module, np.random.Generator], dict[str, Tensor]]
"""A function from the network and a random generator to the parts of the loss of a new batch."""


def train(
    network: nn.Module,
    step: Step,
    steps: int,
    rate: float,
    file: Path,
    start: Path | None = None,
    seed: int = 0,
) -> nn.Module:
    """Train with AdamW and a cosine schedule over `steps`; return the EMA network.

    Training resumes from the checkpoint `file`; a larger `steps` continues on its cosine schedule.
    The random generator of a step depends on the seed and the number of the step only, so a resumed
    training gives the same weights as an uninterrupted one.

    Args:
        start: Initial weights: a checkpoint of an earlier training, whose EMA is used, or
            safetensors of the package.
    """
    torch.set_num_threads(1)
    # The memory format in which a CPU computes convolutions twice as fast.
    network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    if start is not None:
        network.load_state_dict(initial_weights(start))
    # The statistics of batch normalisation are buffers: they must fit the averaged weights.
    ema = torch.optim.swa_utils.AveragedModel(network, avg_fn=_ema_update, use_buffers=True)
    optimiser = torch.optim.AdamW(network.parameters(), rate, weight_decay=1e-4)
    done = 0
    if file.exists():
        kept = torch.load(file, weights_only=True)
        network.load_state_dict(kept["network"])
        ema.load_state_dict(kept["averaged"])
        optimiser.load_state_dict(kept["optimiser"])
        done = kept["steps"]
    sums: dict[str, float] = {}
    network.train()
    for number in range(done, steps):
        for group in optimiser.param_groups:
            group["lr"] = rate * _schedule(number / steps)
        losses = step(network, np.random.default_rng((seed, number)))
        optimiser.zero_grad()
        torch.stack(list(losses.values())).sum().backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(network.parameters(), 5.0)
        optimiser.step()
        ema.update_parameters(network)
        for name, value in losses.items():
            sums[name] = 0.98 * sums.get(name, value.item()) + 0.02 * value.item()
        if (number + 1) % SAVE_INTERVAL == 0:
            _save(file, network, ema, optimiser, number + 1)
            message = " ".join(f"{name} {value:.4f}" for name, value in sums.items())
            minutes = time.process_time() / 60
            print(f"{number + 1:6d} steps {minutes:5.1f} min  {message}", flush=True)
    _save(file, network, ema, optimiser, max(done, steps))
    averaged: nn.Module = ema.module
    return averaged


def initial_weights(file: Path) -> dict[str, Tensor]:
    """Return the weights in safetensors, or the EMA weights in a checkpoint."""
    if file.suffix == ".safetensors":
        return safetensors.torch.load_file(file)
    return ema_weights(file)


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
    steps: int,
) -> None:  # fmt: skip
    states: dict[str, Any] = {"network": network, "averaged": ema, "optimiser": optimiser}
    kept = {name: part.state_dict() for name, part in states.items()}
    whole = kept | {"steps": steps}
    # Written beside the file first: a crash must not damage the last checkpoint.
    torch.save(whole, file.with_suffix(".part"))
    file.with_suffix(".part").replace(file)
