"""List the runs with their epochs, and the recipes."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from moue.errors import DataError, reason_of
from moue.files import read_json
from moue.http_api.endpoint import Empty, Endpoint
from moue.http_api.errors import _, not_found
from moue.model.bundled import load_card, model_names
from moue.model.runs import DATA, EVALUATION, FINISHED, Run, choose, runs
from moue.studio.endpoint import Call
from moue.studio.jobs.job import Job
from moue.studio.schema_runs import (
    AccuracySplit,
    EpochRow,
    RecipeList,
    RecipeRow,
    RunBrief,
    RunDetail,
    RunList,
    RunState,
)
from moue.studio.state import lock_holder
from moue.studio.studio import Studio
from moue.training.recipes import RECIPES
from moue.training.run_log import LOG, Epoch, read_log
from moue.training.train_settings import TrainSettings
from moue.workspace.workspace import Workspace

Found = TypeVar("Found")

SETTINGS = "settings.json"
_ROUNDING = 1.0
"""Seconds that the end of a job may lie before its last write, because it is a whole second."""
_HELP = {
    "fast": _("Accurate, and quick to train. Start with this one."),
    "classic": _("The network and the settings of the tutorial, to compare with."),
    "best": _("For pictures from sources that are not in the training set; about 6 times as long."),
}


def list_runs(call: Call[Empty, None]) -> RunList:
    """Return all runs, the newest first."""
    found = runs(call.studio.workspace)
    context = _Context.of(call.studio, found)
    return RunList(
        [RunBrief(**_fields(run, context, _RunFiles(run.folder))) for run in reversed(found)]
    )


def show_run(call: Call[Empty, None]) -> RunDetail:
    """Return a run with its settings and epochs."""
    name, found = call.path["name"], runs(call.studio.workspace)
    run = next((run for run in found if run.name == name), None)
    if run is None:
        raise not_found(name)
    files = _RunFiles(run.folder)
    given = files.json(DATA).get("settings")
    return RunDetail(
        settings=given if isinstance(given, dict) else {},
        recipe_settings=files.json(SETTINGS),
        history=[_row(epoch) for epoch in files.epochs()],
        **_fields(run, _Context.of(call.studio, found), files),
    )


def list_recipes(call: Call[Empty, None]) -> RecipeList:
    """Return the recipes of training."""
    rows = []
    for name, recipe in RECIPES.items():
        settings = {k: v for k, v in dataclasses.asdict(recipe).items() if k != "name"}
        rows.append(RecipeRow(name, name, _HELP.get(name, ""), settings))
    starts = [name for name in model_names() if load_card(name).can_be_fine_tuned]
    return RecipeList(rows, TrainSettings().recipe, starts)


@dataclasses.dataclass(frozen=True, slots=True)
class _Context:
    """Facts about a run that are not in its folder.

    Attributes:
        training: folder of the run that a process trains now.
        selected: folder of the run that commands use by default.
        jobs: latest training job of each run, by name of the run.
    """

    training: Path | None
    selected: Path | None
    jobs: dict[str, Job]

    @classmethod
    def of(cls, studio: Studio, found: list[Run]) -> _Context:
        choice = choose(studio.workspace)
        jobs = {job.run: job for job in reversed(studio.jobs.all()) if job.run}
        return cls(_training(studio.workspace, found), choice.run.folder if choice else None, jobs)


@dataclasses.dataclass
class _RunFiles:
    """The files of a run folder; those that cannot be read count as empty, and are named.

    Attributes:
        folder: run folder.
        faults: messages about files that cannot be read.
    """

    folder: Path
    faults: dict[str, str] = dataclasses.field(default_factory=dict)

    def epochs(self) -> list[Epoch]:
        return self._read(LOG, lambda path: read_log(path.parent), [])

    def json(self, name: str) -> dict[str, Any]:
        return self._read(name, read_json, {})

    def _read(self, name: str, read: Callable[[Path], Found], nothing: Found) -> Found:
        path = self.folder / name
        try:
            return read(path)
        except FileNotFoundError:
            return nothing
        except (DataError, OSError) as error:
            known = isinstance(error, DataError)
            self.faults[name] = str(error) if known else f"{path}: {reason_of(error)}"
            return nothing


def _fields(run: Run, context: _Context, files: _RunFiles) -> dict[str, Any]:
    """Return the fields of a `RunBrief`."""
    epochs, settings, result = files.epochs(), files.json(SETTINGS), files.json(FINISHED)
    evaluation = files.json(EVALUATION)
    state, fault = _state(run, context)
    best = result.get("best epoch")
    if best is None and epochs:
        best = max(epochs, key=lambda e: (e.val_recall, -e.val_loss, -e.number)).number
    accuracy, split = _accuracy(run, evaluation, epochs)
    planned, macro = settings.get("epochs"), evaluation.get("macro_f1")
    started = epochs[0].time - epochs[0].seconds if epochs else None
    return {
        "name": run.name, "recipe": run.recipe, "state": state,
        "epochs_done": epochs[-1].number if epochs else 0,
        "epochs": planned if isinstance(planned, int) else None,
        "best_epoch": best if isinstance(best, int) else None,
        "accuracy": accuracy, "accuracy_split": split,
        "macro_f1": float(macro) if isinstance(macro, int | float) else None,
        "started": None if started is None else _iso(started),
        "seconds": sum(epoch.seconds for epoch in epochs) if epochs else None,
        "evaluated": run.done and not run.fault,
        "resumable": state in ("stopped", "failed") and (run.folder / "last.pt").exists(),
        "selected": run.folder == context.selected, "fine_tune": run.start, "size": run.size,
        "fault": fault or "; ".join(files.faults.values()),
    }  # fmt: skip


def _state(run: Run, context: _Context) -> tuple[RunState, str]:
    """Return the state of a run and its fault."""
    if run.folder == context.training:
        return "running", ""
    if run.done:
        return "finished", run.fault
    job = context.jobs.get(run.name)
    if job is None or job.state != "failed" or _continued_since(run.folder, job):
        return "stopped", ""
    return "failed", job.message


def _continued_since(folder: Path, job: Job) -> bool:
    """Return True if another process has written to a run folder since a job ended."""
    ended = datetime.fromisoformat(job.ended or job.started).timestamp()
    return _changed_at(folder) > ended + _ROUNDING


def _accuracy(
    run: Run, evaluation: dict[str, Any], epochs: list[Epoch]
) -> tuple[float | None, AccuracySplit | None]:
    """Return the accuracy of the last evaluation or of the training, and its split."""
    if run.test is not None:
        return run.test, "test"
    evaluated = _evaluated_accuracy(evaluation)
    if evaluated is not None:
        return evaluated, "test" if evaluation.get("split") == "test" else "val"
    if run.validation is not None:
        return run.validation, "val"
    if epochs:
        return max(epoch.val_accuracy for epoch in epochs), "val"
    return None, None


def _row(epoch: Epoch) -> EpochRow:
    return EpochRow(**dataclasses.asdict(epoch))


def _training(workspace: Workspace, found: list[Run]) -> Path | None:
    """Return the folder of the run that a process trains now; None if none does."""
    unfinished = [run for run in found if not run.done]
    if not unfinished or lock_holder(workspace, training=True) is None:
        return None
    return max(unfinished, key=lambda run: _changed_at(run.folder)).folder


def _changed_at(folder: Path) -> float:
    """Return the time of the last change in a run folder; 0 if it cannot be read."""
    try:
        return max(path.stat().st_mtime for path in (folder, *folder.iterdir()))
    except OSError:
        return 0.0


def _evaluated_accuracy(evaluation: dict[str, Any]) -> float | None:
    value = evaluation.get("accuracy")
    value = value.get("value") if isinstance(value, dict) else None
    return float(value) if isinstance(value, int | float) else None


def _iso(seconds: float) -> str:
    try:
        return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
    except (ValueError, OverflowError, OSError):
        return ""


ROUTES = (
    Endpoint(
        method="GET", path="/runs", handler=list_runs, response=RunList,
        summary="Return all runs, the newest first.",
    ),
    Endpoint(
        method="GET", path="/runs/{name}", handler=show_run, response=RunDetail, errors=(404,),
        summary="Return a run with its settings and epochs.",
    ),
    Endpoint(
        method="GET", path="/recipes", handler=list_recipes, response=RecipeList,
        summary="Return the recipes of training.",
    ),
)  # fmt: skip
