"""Where training runs, and how it gives the same bits each time."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch

from moue.errors import ConfigError

# A module that reads and writes a C++ flag through properties its stub does not know.
deterministic: Any = torch.utils.deterministic


def choose_device(asked: str) -> tuple[str, str]:
    """Return torch's name of the device to train on, and words for people.

    Args:
        asked: `cpu`, `cuda`, or `auto`, which takes CUDA where it works.

    Raises:
        ConfigError: CUDA is asked for and does not work.
    """
    if asked == "cpu":
        return "cpu", "the CPU"
    reason = _cuda_fault()
    if reason is None:
        # Without it cuBLAS may give other bits each time, which torch then refuses.
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
        return "cuda", f"the GPU ({torch.cuda.get_device_name()})"
    if asked == "cuda":
        raise ConfigError(f"device = 'cuda' cannot be used: {reason}; use auto or cpu")
    if torch.cuda.device_count():
        return "cpu", f"the CPU, since the GPU does not work: {reason}"
    return "cpu", "the CPU"


def _cuda_fault() -> str | None:
    """Return why CUDA cannot be used; None where it can."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # an old driver warns, and is named here
        if not torch.cuda.is_available():
            return "torch sees no CUDA device"
        try:
            torch.ones(8, device="cuda").sum().item()
        except RuntimeError as error:  # such as a GPU that this build has no code for
            return str(error).partition("\n")[0]
    return None


@contextmanager
def reproducible(threads: int, device: str) -> Iterator[None]:
    """Run with a fixed number of threads and with deterministic kernels only."""
    before = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    filling = deterministic.fill_uninitialized_memory
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(True)
    # Filling what is overwritten at once costs 6 % of a step.
    deterministic.fill_uninitialized_memory = False
    try:
        yield
    finally:
        torch.set_num_threads(before[0])
        torch.use_deterministic_algorithms(before[1])
        deterministic.fill_uninitialized_memory = filling
