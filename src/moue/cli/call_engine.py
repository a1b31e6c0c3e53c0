"""The engine of a command: the worker processes of this machine, or a Ray cluster."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext

from moue.cluster.address import parse
from moue.cluster.engine import RayEngine
from moue.config import Config
from moue.engine import Engine, LocalEngine
from moue.progress import Progress
from moue.workspace.workspace_settings import WorkspaceSettings


def open_engine(config: Config, workers: int, progress: Progress) -> AbstractContextManager[Engine]:
    """Return a context manager that yields the engine of a command.

    Args:
        config: settings of the command, with `--on`.
        workers: value of `--workers`; 0 uses all CPUs.
        progress: progress display, for the messages of a cluster.

    Raises:
        ConfigError: the value of `--on` is invalid.
    """
    address = parse(config.get(WorkspaceSettings).on)
    if address is None:
        return nullcontext(LocalEngine(workers))
    return RayEngine(address, workers, progress.say)
