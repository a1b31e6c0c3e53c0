"""The commands that make a run again, as one would type them."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from moue.catalog import Catalog
from moue.dataset.history import Collected, collected
from moue.model.settings import TrainSettings
from moue.settings import fields
from moue.workspace import Workspace


def commands(workspace: Workspace, catalog: Catalog, folder: Path) -> list[str]:
    """Return full commands, which run from any folder.

    What was searched for on the web or taken by a camera is not collected again: it is in the
    workspace already.

    Args:
        folder: of the run; the name of a shipped model, or a file, is only evaluated.
    """
    place = shlex.quote(str(workspace.root))
    data = _settings(folder)
    if data is None:
        return [f"moue evaluate --workspace {place} --model {shlex.quote(str(folder))}"]
    calls = list(collected(catalog)) or [Collected()]
    lines = [_line("moue collect", call.sources, call.flags, place) for call in calls[:-1]]
    last = calls[-1]
    flags = list(last.flags)
    # `moue run` alone reads a CSV file of labels, that of any call.
    tables = dict.fromkeys(call.labels for call in calls if call.labels)
    lines += [
        f"moue label --csv {shlex.quote(table)} --workspace {place}" for table in [*tables][:-1]
    ]
    if tables:
        flags += ["--labels", [*tables][-1]]
    return [*lines, _line("moue run", last.sources, [*flags, *_changed(data)], place)]


def _line(command: str, sources: tuple[str, ...], flags: Any, place: str) -> str:
    parts = [command, *map(shlex.quote, sources), *map(shlex.quote, flags), "--workspace", place]
    return " ".join(parts)


def _settings(folder: Path) -> dict[str, Any] | None:
    try:
        data = json.loads((folder / "data.json").read_text(encoding="utf-8"))["settings"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return data if isinstance(data, dict) else None


def _changed(settings: dict[str, Any]) -> Iterator[str]:
    """Yield the flags of training that differ from their defaults."""
    for field in fields(TrainSettings):
        value = settings.get(field.name, field.default)
        if value is not None and value != field.default:
            yield from (field.flag, str(value))
