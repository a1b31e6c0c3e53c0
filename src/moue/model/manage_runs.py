"""Select, rename and delete runs."""

from __future__ import annotations

import re
import uuid
from pathlib import Path

from moue.errors import FileTaken, ModelError
from moue.model.runs import DATA, EVENTS, SELECTED, WRITTEN, Run
from moue.workspace.catalog import Catalog
from moue.workspace.owned_files import (
    move,
    put_json,
    released,
    remove,
)
from moue.workspace.recorded_files import is_claimed, known
from moue.workspace.workspace import Workspace

_EVENTS = re.compile(r"\.moue-[0-9a-f]{32}$")
_NAME = re.compile(r"[^\W_][\w-]{0,59}")


def select(workspace: Workspace, catalog: Catalog, run: Run | None) -> None:
    """Make `run` the default model of all commands.

    Args:
        run: run to select; None removes the selection, so that the run with the highest
            validation accuracy is the default again.

    Raises:
        FileTaken: `runs/selected.json` was changed, or was not written by moue.
    """
    path = workspace.runs / SELECTED
    if run is not None:
        put_json(catalog, path, {"digest": run.digest, "name": run.name}, "run")
    elif not remove(catalog, path):
        raise FileTaken(f"{path}: was changed since moue wrote it; delete the file yourself")


def rename(workspace: Workspace, catalog: Catalog, run: Run, name: str) -> Path:
    """Rename a run and its report, and return the new run folder.

    Args:
        name: new name; the number of the run is added in front if it is missing.

    Raises:
        ModelError: the name is not valid, or the new folder or report already exists.
    """
    tail = name.removeprefix(f"{run.number:03d}-")
    if not _NAME.fullmatch(tail):
        raise ModelError(f"{name}: is not a run name; use at most 60 letters, digits, - and _")
    target = run.folder.with_name(f"{run.number:03d}-{tail}")
    if target == run.folder:
        return target
    report, new_report = (workspace.reports / f"{name}.html" for name in (run.name, target.name))
    # An interrupted call may have renamed the report, but not yet the run.
    renamed = not report.exists() and known(catalog, new_report)
    for path in (target,) if renamed else (target, new_report):
        if path.exists():
            raise ModelError(f"{path}: already exists; choose another name")
    if report.exists() and known(catalog, report):
        move(catalog, report, new_report)
    move(catalog, run.folder, target)
    return target


def delete(workspace: Workspace, catalog: Catalog, run: Run) -> list[Path]:
    """Delete the files of a run and its report, and return the paths of the files that remain.

    Files that moue did not write, or that were changed afterwards, are not deleted.

    Raises:
        ModelError: the run belongs to another workspace.
    """
    if not is_claimed(catalog, run.folder):
        raise ModelError(f"{run.folder}: belongs to another workspace; delete the run there")
    events, report = run.folder / EVENTS, workspace.reports / f"{run.name}.html"
    if known(catalog, report):
        remove(catalog, report)
    # FINISHED is deleted first and DATA last: after an interruption, the run is no longer used and
    # can be deleted again.
    for path in (*(run.folder / name for name in WRITTEN), *events_in(events), run.folder / DATA):
        if known(catalog, path):
            remove(catalog, path)
        elif path.is_file():
            path.unlink()
    released(catalog, run.folder)
    for folder in (events, run.folder):
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()
    return sorted(path for path in run.folder.rglob("*") if not path.is_dir())


def new_events_suffix() -> str:
    """Return a unique suffix for the name of a TensorBoard event file; see `events_in`."""
    return f".moue-{uuid.uuid4().hex}"


def events_in(folder: Path) -> list[Path]:
    """Return the TensorBoard event files in a folder whose suffix shows that moue wrote them."""
    return [path for path in folder.glob("events.out.tfevents.*") if _EVENTS.search(path.name)]
