"""The command `evaluate`."""

from __future__ import annotations

from pathlib import Path

import click

from moue.cli.console import print_summary
from moue.cli.model_options import BUT_LICENCE, SELECTED, chosen_run, model_option
from moue.cli.options import PATH, CommonOptions, common
from moue.evaluation.evaluate_run import evaluate_run
from moue.face.backends import FaceSettings
from moue.model.runs import resolve


@click.command()
@model_option(SELECTED)
@click.option(
    "--against",
    type=PATH,
    help="Run, model file or bundled model to compare the model with on the test set.",
)
@click.option(
    "--robustness", is_flag=True,
    help="Also measure accuracy on corrupted pictures: blur, noise, shift, rotation and more.",
)  # fmt: skip
@common(FaceSettings, without=BUT_LICENCE, shared=["workspace", "on", "json"])
def evaluate(
    call: CommonOptions, model: Path | None, against: Path | None, robustness: bool
) -> None:
    """Evaluate a model on the test set and write a report.

    The report includes the results by slice: colour, size, source, and every attribute column of
    the CSV files that `moue label --csv` read.

    Example: moue evaluate --model 002-classic --against 001-fast --robustness
    """
    with call.context() as context:
        folder = chosen_run(call, model, context.progress.say)
        other = None if against is None else resolve(call.workspace, against)
        summary = evaluate_run(context, folder, against=other, with_corruptions=robustness)
    print_summary(summary, call.json)
