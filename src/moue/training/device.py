"""The choice of the training device, and reproducible results on the device."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch

from moue.errors import ConfigError

# The type stub of this module lacks its property, which sets a C++ flag.
deterministic: Any = torch.utils.deterministic


def choose_device(setting: str) -> tuple[str, str]:
    """Return the torch name of the training device, and a description for the user.

    Args:
        setting: requested device: `cpu`, `cuda`, or `auto`, which uses CUDA if it works.

    Raises:
        ConfigError: `setting` is `cuda`, but CUDA does not work.
    """
    if setting == "cpu":
        return "cpu", "the CPU"
    reason = _cuda_fault()
    if reason is None:
        # cuBLAS is deterministic only with this setting; without it, torch raises an error.
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
        return "cuda", f"the GPU ({torch.cuda.get_device_name()})"
    if setting == "cuda":
        raise ConfigError(f"device = 'cuda' cannot be used: {reason}; use auto or cpu")
    if torch.cuda.device_count():
        return "cpu", f"the CPU, since the GPU does not work: {reason}"
    return "cpu", "the CPU"


def _cuda_fault() -> str | None:
    """Return the reason why CUDA does not work; None if it works."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # an old driver warns; the reason below is enough
        if not torch.cuda.is_available():
            return "torch found no CUDA device"
        try:
            torch.ones(8, device="cuda").sum().item()
        except RuntimeError as error:  # such as a GPU that this build does not support
            return str(error).partition("\n")[0]
    return None


@contextmanager
def reproducible(threads: int, device: str) -> Iterator[None]:
    """Return a context in which torch uses deterministic kernels and a fixed number of threads.

    The previous settings of torch are restored on exit.
    """
    before = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    filling = deterministic.fill_uninitialized_memory
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(True)
    # Filling uninitialised memory, which is overwritten anyway, would take 6 % of a step.
    deterministic.fill_uninitialized_memory = False
    try:
        yield
    finally:
        torch.set_num_threads(before[0])
        torch.use_deterministic_algorithms(before[1])
        deterministic.fill_uninitialized_memory = filling
