"""Select, rename and delete runs."""

from __future__ import annotations

import re
import uuid
from pathlib import Path

from moue.errors import FileTaken, ModelError
from moue.model.runs import DATA, EVENTS, SELECTED, WRITTEN, Run
from moue.workspace.catalog import Catalog
from moue.workspace.owned_files import is_claimed, known, move, put_json, released, remove
from moue.workspace.workspace import Workspace

_EVENTS = re.compile(r"\.moue-[0-9a-f]{32}$")
_NAME = re.compile(r"[^\W_][\w-]{0,59}")


def select(workspace: Workspace, catalog: Catalog, run: Run | None) -> None:
    """Make `run` the default of all commands; None returns to the best run by validation.

    Raises:
        FileTaken: a file of that name exists that moue did not write.
    """
    path = workspace.runs / SELECTED
    if run is not None:
        put_json(catalog, path, {"digest": run.digest, "name": run.name}, "run")
    elif not remove(catalog, path):
        raise FileTaken(f"{path}: was changed since moue wrote it; delete it by hand")


def rename(workspace: Workspace, catalog: Catalog, run: Run, name: str) -> Path:
    """Rename a run and its report; return its new folder. The name keeps the number of the run.

    Raises:
        ModelError: the name has other characters, or the folder or report already exists.
    """
    tail = name.removeprefix(f"{run.number:03d}-")
    if not _NAME.fullmatch(tail):
        raise ModelError(f"{name}: use at most 60 letters, digits, - and _ for the name of a run")
    target = run.folder.with_name(f"{run.number:03d}-{tail}")
    if target == run.folder:
        return target
    report, new_report = (workspace.reports / f"{name}.html" for name in (run.name, target.name))
    # A killed call may have renamed the report, but not yet the run.
    renamed = not report.exists() and known(catalog, new_report)
    for path in (target,) if renamed else (target, new_report):
        if path.exists():
            raise ModelError(f"{path}: already exists; choose another name")
    if report.exists() and known(catalog, report):
        move(catalog, report, new_report)
    move(catalog, run.folder, target)
    return target


def delete(workspace: Workspace, catalog: Catalog, run: Run) -> list[Path]:
    """Delete the files of a run and its report; return the files that remain.

    Files that moue did not write, or that have been changed since, remain.

    Raises:
        ModelError: the run belongs to another workspace.
    """
    if not is_claimed(catalog, run.folder):
        raise ModelError(f"{run.folder}: belongs to another workspace; delete it by hand")
    events, report = run.folder / EVENTS, workspace.reports / f"{run.name}.html"
    if known(catalog, report):
        remove(catalog, report)
    # After a kill, a run without FINISHED is not used, and one with DATA can be deleted again.
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
    """Return a new suffix for the names of TensorBoard's event files; see `events_in`."""
    return f".moue-{uuid.uuid4().hex}"


def events_in(folder: Path) -> list[Path]:
    """Return the event files in a folder that moue wrote, by their suffix."""
    return [path for path in folder.glob("events.out.tfevents.*") if _EVENTS.search(path.name)]
