"""List the runs of a workspace, find a run by name, and choose the default run.

A run is a folder in `runs/`. Its name consists of its number, its recipe and the bundled model that
it was fine-tuned from, such as `003-best-from-mouth`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from moue.errors import ModelError
from moue.model import bundled
from moue.workspace.workspace import MOUTHS, Workspace

DATA = "data.json"
"""File in a run folder: the settings, and the digest of pictures and settings."""
FINISHED = "result.json"
"""File in a run folder: the results of the training. It is written last."""
EVALUATION = "evaluation.json"
MODEL = "model.onnx"
SELECTED = "selected.json"
"""File in `runs/`: the run that was selected with `moue runs select`."""
EVENTS = "tensorboard"
WRITTEN = (
    FINISHED, EVALUATION, MODEL, "best.pt", "last.pt", "model.ckpt", "settings.json",
    "environment.json", "log.jsonl", "all_scalars.json", "forgotten.json", "network.py", MOUTHS,
)  # fmt: skip
"""Files that moue writes into a run folder, except `DATA` and the TensorBoard event files."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One training, finished or not.

    Attributes:
        folder: run folder.
        digest: digest of the pictures and settings; a new name does not change it.
        recipe: name of the recipe.
        start: name of the bundled model that was fine-tuned; None for random initial weights.
        validation: accuracy on the validation set, in [0, 1]; None if unknown.
        validation_set: digest of the validation set.
        right, count: number of correct predictions, and number of pictures, in the last
            evaluation on a test set; None if the run was not evaluated.
        test_set: digest of that test set; empty if the run was not evaluated.
        finished: time when the training finished, UTC in ISO 8601; empty for an unfinished run.
        size: size of the model file, in bytes; 0 if the file is missing.
        fault: reason why the finished run cannot be used; empty if it can be used.
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
    fault: str

    @property
    def name(self) -> str:
        """The name of the run, which is the name of its folder."""
        return self.folder.name

    @property
    def number(self) -> int:
        """The number at the start of the name of the run; 0 if the name has none."""
        return number_of(self.folder)

    @property
    def done(self) -> bool:
        """True if the training has finished."""
        return (self.folder / FINISHED).exists()

    @property
    def test(self) -> float | None:
        """The accuracy of the last evaluation on a test set, in [0, 1]; None if there is none."""
        return None if self.right is None or not self.count else self.right / self.count


@dataclass(frozen=True, slots=True)
class Choice:
    """The default run of all commands, and the reason for this choice as text."""

    run: Run
    why: str


def run_name(
    number: int, recipe: str, start: str | None, default_recipe: str, network: str | None = None
) -> str:
    """Return the name of a new run, such as `001-fast`, `002-from-mouth`, `003-best-from-mouth`.

    Args:
        number: number of the run.
        recipe: name of the recipe.
        start: name of the bundled model to fine-tune; None for random initial weights.
        default_recipe: recipe that the name of a fine-tuned run omits.
        network: class of the user's own network; None for the network of the recipe.
    """
    parts = [] if start is not None and recipe == default_recipe else [recipe]
    parts += [] if start is None else [f"from-{start}"]
    parts += [] if network is None else [network.lower()[:40]]
    return "-".join([f"{number:03d}", *parts])


def number_of(folder: Path) -> int:
    """Return the number at the start of the name of a run folder; 0 if the name has none."""
    digits = folder.name.partition("-")[0]
    return int(digits) if digits.isascii() and digits.isdecimal() else 0


def runs(workspace: Workspace) -> list[Run]:
    """Return all runs of a workspace, finished or not, sorted by number."""
    folders = {
        path.parent for name in (DATA, FINISHED) for path in workspace.runs.glob(f"*/{name}")
    }
    return [_read(folder) for folder in sorted(folders, key=lambda f: (number_of(f), f.name))]


def finished(workspace: Workspace) -> list[Run]:
    """Return the finished runs of a workspace, sorted by number."""
    return [run for run in runs(workspace) if run.done]


def choose(workspace: Workspace) -> Choice | None:
    """Return the default run and the reason for the choice; None if no finished run is usable.

    The default is the selected run, or else the run with the highest validation accuracy. Only
    runs with the validation set of the newest run are compared, since accuracies on different
    pictures are not comparable. If two accuracies are equal, the newer run is the default. Damaged
    runs are skipped and listed in the reason.
    """
    every = finished(workspace)
    done = [run for run in every if not run.fault]
    if not done:
        return None
    digest = _json(workspace.runs / SELECTED).get("digest")
    for run in done:
        if digest is not None and run.digest == digest:
            return Choice(run, "selected by you")
    newest = max(done, key=_age)
    comparable = [run for run in done if run.validation_set == newest.validation_set]
    best = max(comparable, key=lambda run: (run.validation or 0.0, _age(run)))
    why = _why(best, len(comparable), len(done) - len(comparable))
    if digest is not None and digest not in {run.digest for run in every}:
        why += "; the selected run no longer exists"
    return Choice(best, why + skipped_runs(workspace))


def skipped_runs(workspace: Workspace) -> str:
    """Return a clause that lists the damaged finished runs with the reasons; may be empty."""
    faults = [f"{run.name} ({run.fault})" for run in finished(workspace) if run.fault]
    return f"; skipped {', '.join(faults)}" if faults else ""


def default_run(workspace: Workspace) -> Choice:
    """Return the default run of a workspace and the reason for the choice.

    Raises:
        ModelError: there is no usable run.
    """
    choice = choose(workspace)
    if choice is None:
        raise ModelError(
            f"{workspace.runs}: contains no usable run{skipped_runs(workspace)}; train a model "
            "with `moue train`, or name a model with --model"
        )
    return choice


def resolve(workspace: Workspace, model: Path | str) -> Path:
    """Return the path of a model, or the name of a bundled model, for a value of `--model`.

    Args:
        model: path; path relative to the workspace; name of a bundled model; or name of a run or
            a unique prefix of it.

    Raises:
        ModelError: the model does not exist, several runs match, or the run is not finished.
    """
    text = str(model)
    for path in (Path(text), workspace.root / text):
        if text and _exists(path):
            return path
    if text in bundled.model_names():
        return Path(text)
    every = runs(workspace)
    if not _matching(every, text):
        runs_here = f" Runs: {_listed(every)}." if every else ""
        raise ModelError(f"{text}: no such model.{runs_here}{bundled.names_hint()}")
    return find(workspace, text).folder


def find(workspace: Workspace, text: str, *, unfinished: bool = False) -> Run:
    """Return the run with the name `text`, or else the only run whose name starts with `text`.

    Args:
        text: name, prefix of a name, or path of a run.
        unfinished: True to accept a run whose training has not finished.

    Raises:
        ModelError: no run or several runs match, or the run is not finished.
    """
    every = runs(workspace)
    found = _matching(every, text)
    if len(found) > 1:
        raise ModelError(f"{text}: matches several runs: {_listed(found)}; enter a longer prefix")
    if not found:
        runs_here = f"the runs are {_listed(every)}" if every else "the workspace has no runs"
        raise ModelError(f"{text}: no such run; {runs_here}")
    if not (found[0].done or unfinished):
        raise ModelError(f"{found[0].name}: the training has not finished; run `moue train` again")
    return found[0]


def _matching(every: list[Run], text: str) -> list[Run]:
    name = Path(text).name if _exists(Path(text)) else text
    found = [run for run in every if run.name == name]
    return found or [run for run in every if name and run.name.startswith(name)]


def fine_tuned_from(folder: Path) -> str | None:
    """Return the name of the bundled model that the run in `folder` was fine-tuned from.

    None for random initial weights, or if the folder contains no run.
    """
    start = _mapping(_json(folder / DATA).get("settings")).get("fine_tune")
    return None if start is None else str(start)


def _read(folder: Path) -> Run:
    data, result, evaluation = (_json(folder / name) for name in (DATA, FINISHED, EVALUATION))
    settings = _mapping(data.get("settings"))
    share = _mapping(evaluation.get("accuracy")) if evaluation.get("split") == "test" else {}
    right, count = share.get("right"), share.get("count")
    whole = isinstance(right, int) and isinstance(count, int)
    start, validation = settings.get("fine_tune"), result.get("val accuracy")
    model = folder / MODEL
    size = model.stat().st_size if model.exists() else 0
    fault = "" if size else f"{MODEL} is missing or empty"
    return Run(
        folder=folder,
        digest=str(data.get("digest", folder.name)),
        recipe=str(settings.get("recipe", "")),
        start=None if start is None else str(start),
        validation=float(validation) if isinstance(validation, int | float) else None,
        validation_set=str(data.get("validation set", "")),
        right=right if whole else None,
        count=count if whole else None,
        test_set=str(evaluation.get("set", "")),
        finished=str(result.get("finished", "")),
        size=size,
        fault=fault if result else f"{FINISHED} is damaged",
    )


def _why(best: Run, count: int, others: int) -> str:
    value = "" if best.validation is None else f", {best.validation:.1%}"
    if count + others == 1:
        return "the only run"
    why = f"best of {count} runs by validation accuracy{value}" if count > 1 else "the newest run"
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
    """Return the JSON object in a file; an empty dict if the file is missing or damaged."""
    try:
        return _mapping(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, RecursionError):
        return {}


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):
        return False
