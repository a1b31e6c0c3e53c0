"""The commands `runs list`, `compare`, `rename`, `select` and `delete`."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import click

from moue.cli import output
from moue.cli.console import table
from moue.cli.groups import DefaultGroup
from moue.cli.options import CommonOptions, common
from moue.dataset.forget import has_forgotten_samples
from moue.errors import ModelError
from moue.evaluation.rank_models import Ranked, rank
from moue.i18n.translate import translate
from moue.model import manage_runs
from moue.model import runs as known
from moue.model.runs import Run


@click.group(cls=DefaultGroup, default="list", subcommand_metavar="[COMMAND] ...")
def runs() -> None:
    """List, compare, rename, select and delete runs.

    By default, `predict`, `live`, `export` and `evaluate` use the selected run or, if no run is
    selected, the best run on the validation set. In every command, a unique prefix of the name of a
    run is enough.

    Example: moue runs -w project
    """


@runs.command("list")
@common(shared=["workspace", "json"])
def list_runs(call: CommonOptions) -> None:
    """List the runs with their settings and results.

    The columns are the name, the recipe, the initial weights, the accuracies on the validation and
    test sets, the size of the model file, and the time of completion.

    `moue runs` is short for `moue runs list`.

    Example: moue runs list --json
    """
    _list(call)


@runs.command()
@click.argument("names", metavar="[RUN]...", nargs=-1)
@common(shared=["workspace", "json"])
def compare(call: CommonOptions, names: tuple[str, ...]) -> None:
    """Compare runs on the current test set.

    Without names, moue compares all finished runs. It excludes the mouths that any of the compared
    runs was trained on. A paired test compares each run with the best run.

    Example: moue runs compare 001 003
    """
    with call.context() as context:
        chosen = [known.find(call.workspace, name) for name in names]
        chosen = list(
            {run.folder: run for run in chosen or known.finished(call.workspace)}.values()
        )
        if not chosen:
            raise ModelError(
                f"{call.workspace.runs}: no run is finished; train a model with `moue train`"
            )
        ranking = rank(context, [run.folder for run in chosen])
    if call.json:
        output.data(ranking.to_dict())
        return
    what = {"val": "validation"}.get(ranking.split, ranking.split)
    output.line(f"{ranking.count} mouths of the {what} set")
    for note in ranking.notes:
        output.line(note)
    for one in ranking.ranked:
        output.line(_ranked(one))


@runs.command()
@click.argument("run")
@click.argument("name")
@common(shared=["workspace"])
def rename(call: CommonOptions, run: str, name: str) -> None:
    """Rename a run and its report.

    The number at the beginning of the name does not change.

    Example: moue runs rename 003 winter
    """
    with call.context() as context:
        old = known.find(context.workspace, run)
        target = manage_runs.rename(context.workspace, context.catalog, old, name)
    output.line(f"renamed {old.name} to {target.name}")


@runs.command()
@click.argument("run", required=False)
@click.option(
    "--clear",
    is_flag=True,
    help="Clear the selection. The default is then the best run on the validation set.",
)
@common(shared=["workspace"])
def select(call: CommonOptions, run: str | None, clear: bool) -> None:
    """Select the run that other commands use by default.

    Example: moue runs select 002-fast
    """
    if (run is None) is not clear:
        raise click.UsageError("give a RUN or --clear")
    with call.context() as context:
        chosen = known.find(context.workspace, run) if run is not None else None
        manage_runs.select(context.workspace, context.catalog, chosen)
    choice = known.choose(call.workspace)
    if choice is None:
        skipped = known.skipped_runs(call.workspace)
        output.line(f"no usable run{skipped}; moue uses the bundled model")
    else:
        output.line(f"default run: {choice.run.name} ({choice.why})")


@runs.command()
@click.argument("names", metavar="RUN...", nargs=-1, required=True)
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
@common(shared=["workspace"])
def delete(call: CommonOptions, names: tuple[str, ...], yes: bool) -> None:
    """Delete runs with their weights and reports.

    moue asks for confirmation before it deletes a run. It does not delete exported ONNX files, or
    files that other programs wrote into the folder of a run.

    Example: moue runs delete 001-fast
    """
    with call.context() as context, context.workspace.training("runs delete"):
        found = (known.find(call.workspace, name, unfinished=True) for name in names)
        chosen = {run.folder: run for run in found}
        used = known.choose(call.workspace)
        done = [run for run in known.finished(call.workspace) if run.folder not in chosen]
        for run in chosen.values():
            output.line(f"{run.name}: {_facts(run)}", err=True)
        if used is not None and used.run.folder in chosen:
            output.line(f"{used.run.name} is the default run ({used.why})", err=True)
        if not done:
            output.line("no finished run is left after this deletion", err=True)
        if not yes:
            click.confirm(
                translate("Delete these runs? This cannot be undone."), abort=True, err=True
            )
        for run in chosen.values():
            left = manage_runs.delete(context.workspace, context.catalog, run)
            stay = f", except {len(left)} files that moue did not write or that were changed later"
            output.line(f"{run.name}: deleted{stay if left else ''}")


def _list(call: CommonOptions) -> None:
    if not call.workspace.exists and not call.workspace.runs.is_dir():
        with call.workspace.reading():  # raises an error, since there is no workspace
            pass
    found, choice = known.runs(call.workspace), known.choose(call.workspace)
    used = None if choice is None else choice.run.folder
    newest = max((run for run in found if run.test_set), key=lambda r: r.finished, default=None)
    if call.json:
        for run in found:
            output.data(_plain(run, run.folder == used))
        return
    if not found:
        output.line(f"{call.workspace.runs}: no runs yet; train a model with `moue train`")
        return
    rows, others = [], False
    for run in found:
        elsewhere = newest is not None and run.test is not None and run.test_set != newest.test_set
        others |= elsewhere
        count = "" if run.test is None else f" of {run.count}{'†' * elsewhere}"
        note = f"({run.fault})" if run.done and run.fault else ""
        if has_forgotten_samples(run.folder):
            note += "(trained on pictures that were deleted later)"
        rows.append({
            "  run": f"{'*' if run.folder == used else ' '} {run.name}",
            "recipe": run.recipe,
            "start": run.start or "new",
            "val": _percent(run.validation),
            "test": _percent(run.test) + count,
            "size": _size(run.size),
            "finished": f"{run.finished.replace('T', ' ')[:16] or 'not finished'}  {note}",
        })  # fmt: skip
    for line in table(rows):
        output.line(line)
    if choice is not None:
        output.line(f"* default run ({choice.why})")
    if others:
        output.line("† measured on another test set, so not comparable; use `moue runs compare`")


def _plain(run: Run, used: bool) -> dict[str, object]:
    data = dataclasses.asdict(run) | {"name": run.name, "folder": str(run.folder), "used": used}
    return data | {"forgotten": has_forgotten_samples(run.folder)}


def _facts(run: Run) -> str:
    recipe = run.recipe or "unknown recipe"
    return f"{recipe}, validation {_percent(run.validation)}, {_size(run.size)}"


def _ranked(one: Ranked) -> str:
    low, high = one.accuracy.interval or (0.0, 1.0)
    share = f"{one.accuracy.right}/{one.accuracy.count}"
    text = f"{Path(one.run).name:<24} {_percent(one.accuracy.value):>6}  {share:>9}  "
    text += f"{low:.1%} to {high:.1%}"
    return text + (f"  {one.summary}" if one.summary else "")


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{value:.1%}"


def _size(count: int) -> str:
    return f"{count / 1e6:.1f} MB" if count else "–"
