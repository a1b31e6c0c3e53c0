"""The commands `run` and `demo`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from moue import pipeline
from moue.cli import output
from moue.cli.console import print_summary
from moue.cli.model_options import BUT_LICENCE
from moue.cli.next_steps import ending, names_of_tutorial, near
from moue.cli.options import ALL, LABELS_FROM_FOLDERS, PATH, CommonOptions, common
from moue.config import KEPT, SECTIONS
from moue.dataset.collect.collect_files import CollectSettings
from moue.demo.raw_folder import make_raw_folder
from moue.face.backends import FaceSettings
from moue.learn import tutorial_way
from moue.progress import Summary
from moue.training.train_settings import TrainSettings


@click.command()
@click.argument("sources", nargs=-1, type=PATH)
@click.option("--labels", type=PATH, help="CSV file with the columns `file` and `label`.")
@LABELS_FROM_FOLDERS
@click.option(
    "--as-tutorial", is_flag=True,
    help="Use the settings of the tutorial: Haar cascade (1.3, 5), dlib's 68 landmarks, split 9:1, "
    "simpleconv3, SGD with learning rate 0.1 and momentum 0.9, StepLR(100, 0.1), 10 epochs. Write "
    "results/ with drawn labels. Other flags override these settings.",
)  # fmt: skip
@click.option(
    "--until", type=click.Choice(pipeline.STAGES), default=pipeline.LAST, show_default=True,
    help="Last step to run.",
)  # fmt: skip
@common(CollectSettings, TrainSettings, FaceSettings, without=BUT_LICENCE, keeps=True, shared=ALL)
def run(
    call: CommonOptions,
    sources: tuple[Path, ...],
    labels: Path | None,
    labels_from_folders: bool,
    as_tutorial: bool,
    until: str,
) -> None:
    """Run all steps from collect to evaluate.

    SOURCES are folders, videos, pictures and file lists (.txt). The labels come from folder names
    (none, pout, smile, open, or 0 to 3; any name with --labels-from-folders), from the CSV file
    --labels, or from sorting by hand (`moue label`). Use the same command again after adding
    pictures: moue processes only the new pictures.

    --as-tutorial uses the settings of the tutorial of this project, without its faults: moue
    deletes no original, uses every face, and pads crops at the border. It prints each name of the
    tutorial beside that of moue. The workspace keeps the settings; --reset discards them.

    Example: moue run photos/ --workspace project

    Example: moue run photos/ --workspace tutorial --as-tutorial
    """
    if as_tutorial:
        call = _as_tutorial(call)
    _run(call, sources, labels, labels_from_folders, until, as_tutorial)


def _as_tutorial(call: CommonOptions) -> CommonOptions:
    """Return options with the settings of the tutorial, which the command line overrides."""
    given = tutorial_way.with_tutorial(call.given)
    config = call.config
    for section, values in given.items():
        config = config.with_flags(SECTIONS[section], values)
    tutorial_way.check_installed(config.get(FaceSettings))
    return replace(call, config=config, given=given)


def _run(
    call: CommonOptions,
    sources: tuple[Path, ...],
    labels: Path | None,
    from_folders: bool = False,
    until: str = pipeline.LAST,
    as_tutorial: bool = False,
) -> None:
    done: list[Summary] = []
    last: list[str] = []
    try:
        with call.context(create=bool(sources), uses=KEPT) as context:
            stages = pipeline.run(context, sources, labels, from_folders=from_folders, until=until)
            for summary in stages:
                done.append(summary)
            if until == pipeline.LAST:
                last += ["", *ending(context.workspace, context.catalog, *done[-2:])]
                if as_tutorial:
                    folder = done[-2].files[0]
                    done.append(tutorial_way.draw_results(context, folder))
                    last += ["", *names_of_tutorial(context.workspace, folder)]
    finally:  # after an error, print the finished stages too
        for summary in done:
            print_summary(summary, call.json, with_files=False)
    if not call.json:
        for line in last:
            output.line(line)


@click.command()
@click.argument("folder", type=PATH, default=Path("moue-demo"))
@common(TrainSettings, FaceSettings, without=BUT_LICENCE, shared=["workers", "set", "json"])
def demo(call: CommonOptions, folder: Path) -> None:
    """Run all steps on generated example pictures.

    The pictures show no real people. moue adds typical problems of web pictures: unusual formats,
    wrong file extensions, damaged files, duplicates, and pictures without a face. FOLDER defaults
    to moue-demo.

    Example: moue demo /tmp/moue-demo
    """
    raw = make_raw_folder(folder / "raw")
    if not call.json:
        output.line(
            f"{near(raw)} has the typical faults of web pictures on purpose, so the notes below "
            "name damaged files, animations, duplicates and files without a label"
        )
    place = call.at(folder / "workspace")
    _run(place, (raw,), raw / "labels.csv")
