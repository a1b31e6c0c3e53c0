"""The command `runs` and its subcommands: list, compare, rename, select, delete."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import click

from moue.cli import output
from moue.cli.cmd_collect import CollectCommand
from moue.cli.options import CommonOptions, common
from moue.dataset.forget import has_forgotten_samples
from moue.errors import ModelError
from moue.evaluation.rank_models import Ranked, rank
from moue.model import runs as known
from moue.model.runs import Run


class Subcommands(CollectCommand):
    """A command whose first word may name another one: `runs`, `runs compare …`."""

    title = "Commands"


@click.command(cls=Subcommands)
@common(shared=["workspace", "json"])
def runs(call: CommonOptions) -> None:
    """List the runs: recipe, start, accuracy, size, date, and which one is used.

    `predict`, `live`, `export` and `evaluate` use the selected run; where none is selected, the
    best by validation. Wherever a model is named, the beginning of a run's name is enough.

    Example: moue runs -w project
    """
    _list(call)


@click.command("list")
@common(shared=["workspace", "json"])
def list_runs(call: CommonOptions) -> None:
    """List the runs, as `moue runs` does.

    Example: moue runs list --json
    """
    _list(call)


@click.command()
@click.argument("names", metavar="[RUN]...", nargs=-1)
@common(shared=["workspace", "json"])
def compare(call: CommonOptions, names: tuple[str, ...]) -> None:
    """Judge runs on one and the same test set: the present one.

    Without names, all finished runs are compared. Mouths that one of them has learnt from are
    left out. Each run is compared with the first one in pairs, picture by picture.

    Example: moue runs compare 001 003
    """
    with call.job() as job:
        chosen = [known.find(call.workspace, name) for name in names]
        chosen = list(
            {run.folder: run for run in chosen or known.finished(call.workspace)}.values()
        )
        if not chosen:
            raise ModelError(f"{call.workspace.runs}: no finished run; train one with `moue train`")
        ranking = rank(job, [run.folder for run in chosen])
    if call.json:
        output.data(ranking.to_dict())
        return
    what = {"val": "validation"}.get(ranking.split, ranking.split)
    output.line(f"{ranking.count} mouths of the {what} set")
    for note in ranking.notes:
        output.line(note)
    for one in ranking.ranked:
        output.line(_ranked(one))


@click.command()
@click.argument("run")
@click.argument("name")
@common(shared=["workspace"])
def rename(call: CommonOptions, run: str, name: str) -> None:
    """Rename a run and its report; the number at the front stays.

    Example: moue runs rename 003 winter
    """
    with call.job() as job:
        old = known.find(job.workspace, run)
        target = known.rename(job.workspace, job.catalog, old, name)
    output.line(f"{old.name} is now {target.name}")


@click.command()
@click.argument("run", required=False)
@click.option("--none", "nothing", is_flag=True, help="Go back to the best run by validation.")
@common(shared=["workspace"])
def select(call: CommonOptions, run: str | None, nothing: bool) -> None:
    """Choose the run that is used where no model is named.

    Example: moue runs select 002-fast
    """
    if (run is None) is not nothing:
        raise click.UsageError("name a RUN, or use --none")
    with call.job() as job:
        chosen = known.find(job.workspace, run) if run is not None else None
        known.select(job.workspace, job.catalog, chosen)
    choice = known.choose(call.workspace)
    if choice is None:
        output.line("no run has finished; the built-in model is used")
    else:
        output.line(f"{choice.run.name} is used ({choice.why})")


@click.command()
@click.argument("names", metavar="RUN...", nargs=-1, required=True)
@click.option("--yes", is_flag=True, help="Do not ask.")
@common(shared=["workspace"])
def delete(call: CommonOptions, names: tuple[str, ...], yes: bool) -> None:
    """Delete runs, with their weights and reports, after asking.

    Files in a run's folder that moue did not write stay. An exported ONNX file stays.

    Example: moue runs delete 001-fast
    """
    with call.job() as job, job.workspace.training("runs delete"):
        chosen = {run.folder: run for run in (_any(call, name) for name in names)}
        used = known.choose(call.workspace)
        done = [run for run in known.finished(call.workspace) if run.folder not in chosen]
        for run in chosen.values():
            output.line(f"{run.name}: {_facts(run)}", err=True)
        if used is not None and used.run.folder in chosen:
            output.line(f"{used.run.name} is the run in use ({used.why})", err=True)
        if not done:
            output.line("no finished run is left after this; there is no other copy", err=True)
        if not yes:
            click.confirm("Delete them? This cannot be undone.", abort=True, err=True)
        for run in chosen.values():
            left = known.delete(job.workspace, job.catalog, run)
            stay = f"; {len(left)} files that are not as moue wrote them stay there" if left else ""
            output.line(f"{run.name}: deleted{stay}")


runs.others = {
    "list": list_runs, "compare": compare, "rename": rename, "select": select, "delete": delete,
}  # fmt: skip


def _any(call: CommonOptions, name: str) -> Run:
    """Return the run of this name, also one that has not finished."""
    for run in known.runs(call.workspace):
        if run.name == name and not run.done:
            return run
    return known.find(call.workspace, name)


def _list(call: CommonOptions) -> None:
    if not call.workspace.exists and not call.workspace.runs.is_dir():
        with call.workspace.reading():  # says that there is no workspace
            pass
    found, choice = known.runs(call.workspace), known.choose(call.workspace)
    used = None if choice is None else choice.run.folder
    newest = max((run for run in found if run.test_set), key=lambda r: r.finished, default=None)
    if call.json:
        for run in found:
            output.data(_plain(run, run.folder == used))
        return
    if not found:
        output.line(f"{call.workspace.runs}: no runs yet; `moue train` makes one")
        return
    width = max(len(run.name) for run in found)
    output.line(f"  {'run':<{width}}  recipe   start    val    test             size  finished")
    others = False
    for run in found:
        elsewhere = newest is not None and run.test is not None and run.test_set != newest.test_set
        others |= elsewhere
        mark, dagger = "*" if run.folder == used else " ", "†" if elsewhere else " "
        when = run.finished.replace("T", " ")[:16] or "not finished"
        if has_forgotten_samples(run.folder):
            when += "  (learnt from pictures forgotten since)"
        output.line(
            f"{mark} {run.name:<{width}}  {run.recipe:<8} {run.start or 'new':<8} "
            f"{_percent(run.validation):<6} {_test(run) + dagger:<14} {_size(run.size):>6}  {when}"
        )
    if choice is not None:
        output.line(f"* is used where no model is named ({choice.why})")
    if others:
        output.line("† on another test set: not comparable; `moue runs compare` judges all on one")


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
    return text + (f"  {one.words}" if one.words else "")


def _test(run: Run) -> str:
    return "–" if run.test is None else f"{run.test:.1%} of {run.count}"


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{value:.1%}"


def _size(count: int) -> str:
    return f"{count / 1e6:.1f} MB" if count else "–"
