"""The data of the figures: one function per figure, in a module of the same name.

Trainings take some seconds, so their answers for the bundled pictures are stored in `bundled/`,
written by `tools/course_answers.py`. Those of a workspace are kept in its folder `.studio/learn`.
"""

from __future__ import annotations

import hashlib
import importlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from moue.errors import DataError
from moue.files import write_bytes
from moue.learn.source import Source
from moue.model import runs

Answer = dict[str, Any] | bytes
"""Plain values for JSON, or a pack (see `moue.learn.pack`)."""

TRAINED = ("loss-surface", "schedules", "leakage", "confusion", "feature-maps")
"""Names of the figures whose data need a training."""
NAMES = (
    "whole-way", "jpeg-bytes", "cascade", "crop", "transforms", "cross-entropy", "perceptual-hash",
    "receptive-field", "dict-comprehension", *TRAINED,
)  # fmt: skip
"""Names of all figures that need data of the reader or the bundled pictures."""
BUNDLED = Path(__file__).parents[1] / "bundled"


class Compute(Protocol):
    """Type of the function of a figure."""

    def __call__(self, source: Source, query: Mapping[str, str]) -> Answer:
        """Return the data of a figure."""


def answer(name: str, source: Source, query: Mapping[str, str]) -> Answer:
    """Return the data of a figure.

    Args:
        name: name of the figure.
        source: pictures, mouths and runs to use.
        query: parameters of the figure, such as `{"picture": "face-002-open"}`.

    Raises:
        DataError: no figure has this name, or the source lacks what the figure shows.
        MissingExtra: the figure needs a training of the workspace, and torch is not installed.
    """
    if name not in NAMES:
        raise DataError(f"no figure of the course needs data named {name!r}")
    if name not in TRAINED:
        return compute(name, source, query)
    if source.cache is None:
        return _read(BUNDLED / name) or compute(name, source, query)
    path = source.cache / f"{name}-{_digest(source)}"
    found = _read(path)
    if found is None:
        found = compute(name, source, query)
        store(path, found)
    return found


def compute(name: str, source: Source, query: Mapping[str, str]) -> Answer:
    """Compute the data of a figure, even if it is stored."""
    module = importlib.import_module(f"moue.learn.data.{name.replace('-', '_')}")
    function: Compute = module.compute
    return function(source, query)


def store(path: Path, found: Answer) -> Path:
    """Write an answer to a path without suffix; return the path with its suffix."""
    path.parent.mkdir(parents=True, exist_ok=True)
    binary = isinstance(found, bytes)
    target = path.with_name(f"{path.name}{'.bin' if binary else '.json'}")
    text = found if isinstance(found, bytes) else json.dumps(found, separators=(",", ":")).encode()
    write_bytes(target, text)
    return target


def _read(path: Path) -> Answer | None:
    binary = path.with_name(f"{path.name}.bin")
    if binary.exists():
        return binary.read_bytes()
    text = path.with_name(f"{path.name}.json")
    if not text.exists():
        return None
    values: dict[str, Any] = json.loads(text.read_bytes())
    return values


def _digest(source: Source) -> str:
    """Return a digest of the mouths and the finished runs of a source, 12 hex digits."""
    mouths, workspace = source.mouths, source.workspace
    trained: list[str] = []
    if workspace is not None and (choice := runs.choose(workspace)) is not None:
        trained = [choice.run.name, *(run.name for run in runs.finished(workspace))]
    rows = [mouths.names, mouths.targets.tolist(), mouths.splits, mouths.labels]
    pixels = hashlib.sha256(mouths.pixels.tobytes()).hexdigest()
    return hashlib.sha256(json.dumps([rows, pixels, trained]).encode()).hexdigest()[:12]
