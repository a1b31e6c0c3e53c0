"""The commands that reproduce a run."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from moue.dataset.collect_history import CollectCall, collect_calls
from moue.settings import fields
from moue.training.train_settings import TrainSettings
from moue.workspace.catalog import Catalog
from moue.workspace.workspace import Workspace


def commands(workspace: Workspace, catalog: Catalog, folder: Path) -> list[str]:
    """Return the full commands that reproduce a run from any folder.

    Pictures from web searches and cameras are in the workspace and are not collected again.

    Args:
        workspace: workspace of the run.
        catalog: catalog of the workspace.
        folder: run folder; for a bundled model or a model file, the command only evaluates it.
    """
    place = shlex.quote(str(workspace.root))
    data = _settings(folder)
    if data is None:
        return [f"moue evaluate --workspace {place} --model {shlex.quote(str(folder))}"]
    calls = list(collect_calls(catalog)) or [CollectCall()]
    # Labels need crops, so a call with a CSV file becomes `moue run`, which crops and labels.
    lines = [
        _line("moue run" if call.labels else "moue collect", call.sources, _flags(call), place)
        for call in calls[:-1]
    ]
    flags = [*_flags(calls[-1]), *_changed(data)]
    return [*lines, _line("moue run", calls[-1].sources, flags, place)]


def _flags(call: CollectCall) -> list[str]:
    return [*call.flags, *(("--labels", call.labels) if call.labels else ())]


def _line(command: str, sources: Iterable[str], flags: Iterable[str], place: str) -> str:
    parts = [command, *map(shlex.quote, sources), *map(shlex.quote, flags), "--workspace", place]
    return " ".join(parts)


def _settings(folder: Path) -> dict[str, Any] | None:
    try:
        data = json.loads((folder / "data.json").read_text(encoding="utf-8"))["settings"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return data if isinstance(data, dict) else None


def _changed(settings: dict[str, Any]) -> Iterator[str]:
    """Yield the flags and values of the training settings that differ from the defaults."""
    for field in fields(TrainSettings):
        value = settings.get(field.name, field.default)
        if value is not None and value != field.default:
            yield from (field.flag, str(value))
