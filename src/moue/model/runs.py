"""The runs of a workspace: listing them, choosing one, renaming and deleting them.

A run is a folder in `runs/`, called by its number, recipe and start, such as `003-from-mouth`.
"""

from __future__ import annotations

import json
import re
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from moue.errors import FileTaken, ModelError
from moue.model import bundled
from moue.workspace.catalog import Catalog
from moue.workspace.owned_files import is_claimed, known, move, put_json, released, remove
from moue.workspace.workspace import MOUTHS, Workspace

DATA = "data.json"
"""In a run folder: which pictures and settings the run is of."""
FINISHED = "result.json"
"""In a run folder, written last: what the training came to."""
EVALUATION = "evaluation.json"
MODEL = "model.onnx"
SELECTED = "selected.json"
"""In `runs/`: the run that a person selected."""
EVENTS = "tensorboard"
WRITTEN = (
    FINISHED, EVALUATION, MODEL, "best.pt", "last.pt", "model.ckpt", "settings.json",
    "environment.json", "log.jsonl", "all_scalars.json", "forgotten.json", MOUTHS,
)  # fmt: skip
"""What moue writes into a run folder, beside `DATA` and TensorBoard's events."""
_EVENTS = re.compile(r"\.moue-[0-9a-f]{32}$")
_NAME = re.compile(r"[^\W_][\w-]{0,59}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One training, finished or not.

    Attributes:
        digest: of its pictures and settings; stays when the run is renamed.
        start: the shipped model that training started from; None for fresh weights.
        validation: accuracy on the validation set, in [0, 1]; None where it is not known.
        validation_set: digest of the pictures behind that number.
        right, count: of the last evaluation on a test set; None without one.
        test_set: digest of the pictures behind these.
        finished: UTC, ISO 8601; empty while training has not finished.
        size: of the model file, bytes.
    """

    folder: Path
    digest: str
    recipe: str
    start: str | None
    validation: float | None
    validation_set: str
    right: int | None
    count: int | None
    test_set: str
    finished: str
    size: int

    @property
    def name(self) -> str:
        """The name of its folder."""
        return self.folder.name

    @property
    def number(self) -> int:
        """The number at the start of the run's name, or 0 if there is none."""
        return number_of(self.folder)

    @property
    def done(self) -> bool:
        """Whether its training has finished."""
        return (self.folder / FINISHED).exists()

    @property
    def test(self) -> float | None:
        """Accuracy at its last evaluation on a test set, in [0, 1]; None without one."""
        return None if self.right is None or not self.count else self.right / self.count


@dataclass(frozen=True, slots=True)
class Choice:
    """The run that is used where no model is named, and the reason in words."""

    run: Run
    why: str


def run_name(number: int, recipe: str, start: str | None, default_recipe: str) -> str:
    """Return the name of a new run: `001-fast`, `002-from-mouth`, `003-best-from-mouth`."""
    parts = [] if start is not None and recipe == default_recipe else [recipe]
    parts += [] if start is None else [f"from-{start}"]
    return "-".join([f"{number:03d}", *parts])


def number_of(folder: Path) -> int:
    """Return the number that the name of a run folder begins with; 0 without one."""
    digits = folder.name.partition("-")[0]
    return int(digits) if digits.isascii() and digits.isdecimal() else 0


def runs(workspace: Workspace) -> list[Run]:
    """Return all runs, finished or not, in the order of their numbers."""
    folders = {
        path.parent for name in (DATA, FINISHED) for path in workspace.runs.glob(f"*/{name}")
    }
    return [_read(folder) for folder in sorted(folders, key=lambda f: (number_of(f), f.name))]


def finished(workspace: Workspace) -> list[Run]:
    """Return the runs whose training has finished, in the order of their numbers."""
    return [run for run in runs(workspace) if run.done]


def choose(workspace: Workspace) -> Choice | None:
    """Return the selected run, else the best by validation; None without a finished run.

    Only runs that were validated on the same pictures as the newest one are compared, since
    numbers from different pictures say little about which run is better. The newer of two
    equally good ones is taken.
    """
    done = finished(workspace)
    if not done:
        return None
    digest = _json(workspace.runs / SELECTED).get("digest")
    for run in done:
        if digest is not None and run.digest == digest:
            return Choice(run, "selected by you")
    newest = max(done, key=_age)
    alike = [run for run in done if run.validation_set == newest.validation_set]
    best = max(alike, key=lambda run: (run.validation or 0.0, _age(run)))
    why = _why(best, len(alike), len(done) - len(alike))
    return Choice(best, why if digest is None else f"{why}; the selected run is gone")


def resolve(workspace: Workspace, model: Path | str) -> Path:
    """Return the path, or the name of a shipped model, that a person means.

    Accepts a path, a path from the workspace, the name of a shipped model, and the name of a
    run or the beginning of it that no other run shares.

    Raises:
        ModelError: nothing goes by it, or several runs do, or the run has not finished.
    """
    text = str(model)
    for path in (Path(text), workspace.root / text):
        if text and _exists(path):
            return path
    if text in bundled.model_names():
        return Path(text)
    return find(workspace, text).folder


def find(workspace: Workspace, text: str, *, unfinished: bool = False) -> Run:
    """Return the run called `text`, or the only one whose name begins so.

    Args:
        unfinished: also a run whose training has not finished.

    Raises:
        ModelError: none is called so, several are, or it has not finished.
    """
    every = runs(workspace)
    name = Path(text).name if _exists(Path(text)) else text
    found = [run for run in every if run.name == name]
    found = found or [run for run in every if name and run.name.startswith(name)]
    if len(found) > 1:
        raise ModelError(f"{text}: matches {_listed(found)}; type more of the name")
    if not found:
        runs_here = f" Runs: {_listed(every)}." if every else ""
        built_in = (
            f" Built in: {', '.join(bundled.model_names())}." if bundled.model_names() else ""
        )
        raise ModelError(f"{text}: no such model.{runs_here}{built_in}")
    if not (found[0].done or unfinished):
        raise ModelError(f"{found[0].name}: its training has not finished; `moue train` resumes it")
    return found[0]


def select(workspace: Workspace, catalog: Catalog, run: Run | None) -> None:
    """Make `run` the one that is used where no model is named; None: the best by validation.

    Raises:
        FileTaken: another file has the name of the file that says so.
    """
    path = workspace.runs / SELECTED
    if run is not None:
        put_json(catalog, path, {"digest": run.digest, "name": run.name}, "run")
    elif not remove(catalog, path):
        raise FileTaken(f"{path}: was changed since moue wrote it; delete it by hand")


def rename(workspace: Workspace, catalog: Catalog, run: Run, name: str) -> Path:
    """Rename a run, and its report; the number at the front stays. Return its new folder.

    Raises:
        ModelError: not a plain name, or another run or folder has it.
    """
    tail = name.removeprefix(f"{run.number:03d}-")
    if not _NAME.fullmatch(tail):
        raise ModelError(f"{name}: use at most 60 letters, digits, - and _ for the name of a run")
    target = run.folder.with_name(f"{run.number:03d}-{tail}")
    if target == run.folder:
        return target
    report, new_report = (workspace.reports / f"{name}.html" for name in (run.name, target.name))
    # A report without its run is what a killed call has renamed already.
    renamed = not report.exists() and known(catalog, new_report)
    for path in (target,) if renamed else (target, new_report):
        if path.exists():
            raise ModelError(f"{path}: already exists; choose another name")
    if report.exists() and known(catalog, report):
        move(catalog, report, new_report)
    move(catalog, run.folder, target)
    return target


def delete(workspace: Workspace, catalog: Catalog, run: Run) -> list[Path]:
    """Delete what moue wrote of a run, and its report; return the files that stay.

    Files that moue did not write, or that somebody changed since, stay.

    Raises:
        ModelError: the folder was not made by moue in this workspace.
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
    """Return an ending for TensorBoard's events by which `events_in` knows them."""
    return f".moue-{uuid.uuid4().hex}"


def events_in(folder: Path) -> list[Path]:
    """Return the files of TensorBoard's events that moue wrote into a folder."""
    return [path for path in folder.glob("events.out.tfevents.*") if _EVENTS.search(path.name)]


def _read(folder: Path) -> Run:
    data, result, judged = (_json(folder / name) for name in (DATA, FINISHED, EVALUATION))
    settings = _mapping(data.get("settings"))
    share = _mapping(judged.get("accuracy")) if judged.get("split") == "test" else {}
    right, count = share.get("right"), share.get("count")
    whole = isinstance(right, int) and isinstance(count, int)
    start, validation = settings.get("fine_tune"), result.get("val accuracy")
    model = folder / MODEL
    return Run(
        folder=folder,
        digest=str(data.get("digest", folder.name)),
        recipe=str(settings.get("recipe", "")),
        start=None if start is None else str(start),
        validation=float(validation) if isinstance(validation, int | float) else None,
        validation_set=str(data.get("validation set", "")),
        right=right if whole else None,
        count=count if whole else None,
        test_set=str(judged.get("set", "")),
        finished=str(result.get("finished", "")),
        size=model.stat().st_size if model.exists() else 0,
    )


def _why(best: Run, alike: int, others: int) -> str:
    value = "" if best.validation is None else f", {best.validation:.1%}"
    if alike + others == 1:
        return "the only run"
    why = f"best of {alike} runs by validation{value}" if alike > 1 else "the newest run"
    if others:
        why += f"; {others} older {'run was' if others == 1 else 'runs were'} validated on " \
               "other pictures"  # fmt: skip
    return why


def _age(run: Run) -> tuple[str, int, str]:
    return run.finished, run.number, run.name


def _listed(found: list[Run]) -> str:
    return ", ".join(run.name for run in found)


def _mapping(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _json(path: Path) -> dict[str, Any]:
    """Return a JSON object from a file; an empty one where there is none to be read."""
    try:
        return _mapping(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, RecursionError):
        return {}


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):
        return False
