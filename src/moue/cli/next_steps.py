"""The last lines of `moue run` and `moue demo`: the result, the report and the next command."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from moue.progress import Summary
from moue.workspace.catalog import Catalog
from moue.workspace.conditions import IN_USE, LABELLED
from moue.workspace.workspace import Workspace


def ending(
    workspace: Workspace, catalog: Catalog, trained: Summary, evaluated: Summary
) -> Iterator[str]:
    """Yield the lines.

    Args:
        trained: summary of the training; its first file is the folder of the run.
        evaluated: summary of the evaluation; its first file is the report.
    """
    kinds = catalog.count("samples", "kind")
    used = catalog.count("samples", "kind", IN_USE)
    mouths = catalog.total_in_use()
    labelled = catalog.total_in_use(LABELLED)
    yield (
        f"Of {sum(kinds.values()):,} pictures {sum(used.values()):,} can be used; they show "
        f"{mouths:,} mouths, of which {labelled:,} have a label."
    )
    yield _result(trained.files[0].name, evaluated.result)
    yield f"The report shows each mistake: {near(evaluated.files[0])}"
    workspace_flag = f"-w {shlex.quote(str(near(workspace.root)))}"
    if labelled < mouths:
        yield (
            f"Mouths without a label, not used for training: {mouths - labelled:,}. Sort them: "
            f"moue label --to-folders {workspace_flag}"
        )
    yield f"Next: moue predict PICTURE.jpg {workspace_flag}"


def near(path: Path) -> Path:
    """Return a path relative to the current folder if it lies below it, else the path itself."""
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
            f"{run} is right on {right} validation mouths, {share['value']:.1%}; they also chose "
            "its best epoch, so expect less on new pictures."
        )
    return (
        f"{run} is right on {right} test mouths, {share['value']:.1%}; on many more like them "
        f"expect {low:.0%} to {high:.0%}."
    )
