"""Commands of the whole way: `run`, `demo`, `doctor`."""

from __future__ import annotations

from pathlib import Path

import click

from moue import pipeline
from moue.cli import output
from moue.cli.cmd_collect_web import SITES
from moue.cli.console import print_summary
from moue.cli.next_steps import ending
from moue.cli.options import ALL, LABELS_FROM_FOLDERS, PATH, CommonOptions, common
from moue.config import KEPT
from moue.dataset.collect import CollectSettings
from moue.dataset.collect.http.http_settings import WebSettings
from moue.demo.raw_folder import make_raw_folder
from moue.doctor import ask_engines, examine
from moue.progress import Summary
from moue.training.train_settings import TrainSettings


@click.command()
@click.argument("sources", nargs=-1, type=PATH)
@click.option("--labels", type=PATH, help="CSV file with labels (see `moue label`).")
@LABELS_FROM_FOLDERS
@common(CollectSettings, TrainSettings, keeps=True, shared=ALL)
def run(
    call: CommonOptions, sources: tuple[Path, ...], labels: Path | None, labels_from_folders: bool
) -> None:
    """Do all of it, in order: collect to evaluate. Run again, it does only what is new.

    SOURCES are as in `moue collect`. Labels come from the names of the folders (none, pout,
    smile, open, or 0 to 3; with --labels-from-folders any), from --labels, or from sorting by
    hand (`moue label`).

    Example: moue run photos/ --workspace project
    """
    _run(call, sources, labels, labels_from_folders)


def _run(
    call: CommonOptions, sources: tuple[Path, ...], labels: Path | None, from_folders: bool = False
) -> None:
    done: list[Summary] = []
    last: list[str] = []
    try:
        with call.job(create=bool(sources), uses=KEPT) as job:
            for summary in pipeline.run(job, sources, labels, from_folders=from_folders):
                done.append(summary)
            last += ending(job.workspace, job.catalog, *done[-2:])
    finally:  # what was done is told also when something stops it
        for summary in done:
            print_summary(summary, call.json, with_files=False)
    if not call.json:
        output.line("")
        for line in last:
            output.line(line)


@click.command()
@click.argument("folder", type=PATH, default=Path("moue-demo"))
@common(TrainSettings, shared=["workers", "set", "json"])
def demo(call: CommonOptions, folder: Path) -> None:
    """Go the whole way on the pictures that come with moue, in a folder of their own.

    The pictures show nobody: they are generated. They are first made as dirty as what comes
    from the web: odd formats, wrong names, broken files, copies, pictures without a face.

    Example: moue demo /tmp/moue-demo
    """
    raw = make_raw_folder(folder / "raw")
    place = call.at(folder / "workspace")
    _run(place, (raw,), raw / "labels.csv")


@click.command()
@click.option("--engines", is_flag=True, help="Ask every search engine for one picture, now.")
@SITES
@common()
def doctor(call: CommonOptions, engines: bool, sites: dict[str, str]) -> None:
    """Say what is installed, what is missing, and the line that installs it.

    With --engines: which search engines answer, and what those that do not say.

    Example: moue doctor --json
    """
    checks = ask_engines(call.config.get(WebSettings), sites) if engines else examine()
    if call.json:
        output.data([check.to_dict() for check in checks])
        return
    for check in checks:
        mark = "ok " if check.ok else "!! " if check.warning else "-- "
        output.line(f"{mark}{check.name:<24} {check.text}")
