"""Progress on the terminal for steps that read the development data."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from pathlib import Path

from moue.cli.console import ConsoleProgress
from moue.progress import Progress


def with_progress(
    step: Callable[[Path, Path, Progress], None],
) -> Callable[[Path, Path], None]:
    """Turn `step(data, work, progress)` into `step(data, work)`, with progress on the terminal."""

    @wraps(step)
    def run(data: Path, work: Path) -> None:
        if not (data / "dev4.csv").is_file():
            raise SystemExit(
                f"{data}: has no dev4.csv; see research/mouth_classifier/README.md for the files"
            )
        progress = ConsoleProgress()
        with progress.shown():
            step(data, work, progress)

    return run
