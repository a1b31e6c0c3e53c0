"""The closing lines of `moue run` and `moue demo`: the result, the report and the next command."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from moue.learn.tutorial_way import tutorial_names
from moue.progress import Summary
from moue.store import Location, StoredObject
from moue.workspace.catalog import Catalog
from moue.workspace.conditions import IN_USE, LABELLED
from moue.workspace.workspace import Workspace


def ending(
    workspace: Workspace, catalog: Catalog, trained: Summary, evaluated: Summary
) -> Iterator[str]:
    """Yield the closing lines: numbers of pictures and mouths, accuracy, report, next commands.

    Args:
        workspace: Workspace that contains the run.
        catalog: Open catalog of the workspace.
        trained: Summary of the training; its first file is the folder of the run.
        evaluated: Summary of the evaluation; its first file is the report.
    """
    kinds = catalog.count("samples", "kind")
    used = catalog.count("samples", "kind", IN_USE)
    mouths = catalog.total_in_use()
    labelled = catalog.total_in_use(LABELLED)
    yield (
        f"{sum(used.values()):,} of {sum(kinds.values()):,} pictures are in use. They show "
        f"{mouths:,} mouths, and {labelled:,} of the mouths have a label."
    )
    yield _result(trained.files[0].name, evaluated.result)
    yield f"Report with all wrong predictions: {near(evaluated.files[0])}"
    workspace_flag = f"-w {shlex.quote(str(near(workspace.root)))}"
    if labelled < mouths:
        yield (
            f"Mouths without a label, not used for training: {mouths - labelled:,}. To label them: "
            f"moue label --to-folders {workspace_flag}"
        )
    yield f"To use the model: moue predict PICTURE.jpg {workspace_flag}"


def names_of_tutorial(workspace: Workspace, run: Path) -> Iterator[str]:
    """Yield lines with the files of the tutorial, those of a run, and the commands for them."""
    yield "In the tutorial, and here:"
    rows = tutorial_names(workspace, run)
    width = max(len(row.tutorial) for row in rows)
    for row in rows:
        yield f"  {row.tutorial:<{width}}  {near(row.moue)}"
        if row.command:
            yield f"  {'':<{width}}  {row.command}"


def near(path: Location) -> Location:
    """Return a path below the current folder as a relative path, and any other place unchanged."""
    if isinstance(path, StoredObject):
        return path
    try:
        return path.relative_to(Path.cwd())
    except (ValueError, OSError):
        return path


def _result(run: str, found: Any) -> str:
    share = found["accuracy"]
    low, high = share["interval"] or (0.0, 1.0)
    right = f"{share['right']:,} of {share['count']:,}"
    if found["split"] != "test":
        return (
            f"{run} predicts {right} validation mouths correctly ({share['value']:.1%}). Its "
            "best epoch was chosen on the same mouths, so expect a lower accuracy on new pictures."
        )
    return (
        f"{run} predicts {right} test mouths correctly: {share['value']:.1%}, with a 95% "
        f"confidence interval of {low:.0%} to {high:.0%}."
    )
