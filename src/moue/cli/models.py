"""Commands of the model: `train`, `evaluate`, `predict`, `export`."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import click

from moue.bulk import Recipe, loaded
from moue.cli import predicting
from moue.cli.options import PATH, Common, common
from moue.cli.show import Shown, show
from moue.errors import MissingExtra
from moue.evaluation.run import evaluate_run
from moue.experiment import newest_run, usual_model
from moue.face.locate import FaceSettings
from moue.model.settings import TrainSettings
from moue.pipeline import run_train
from moue.progress import Progress

Command: TypeAlias = Callable[..., None]


def model_option(default: str) -> Callable[[Command], Command]:
    """Return the option by which a command is told its model."""
    text = f"Run folder, .onnx file, checkpoint or name of a shipped model.  [default: {default}]"
    return click.option("--model", "-m", type=PATH, help=text)


NEWEST = "the workspace's newest run"


def load(call: Common, model: Path | None, max_error: float | None, progress: Progress) -> Recipe:
    """Load the model that was named, else the usual one, and say which it is."""
    chosen = model or usual_model(call.workspace)
    recipe = Recipe(chosen, call.config.get(FaceSettings), max_error)
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        predictor = loaded(recipe)
    progress.say(f"model: {predictor.classifier.where}")
    for warning in said:
        progress.say(f"note: {warning.message}")
    return recipe


@click.command()
@common(TrainSettings)
def train(call: Common) -> None:
    """Train a network on the split; a training that was stopped goes on where it was.

    Everything is in runs/: weights, ONNX, log, TensorBoard events. Needs the train extra.
    With --from-shipped the model that ships is trained further, on few pictures of your own;
    it is kept as it is where that does better on the validation set.

    Example: moue train --recipe classic
    """
    with call.job() as job:
        summary = run_train(job)
    show(summary, call.json)


@click.command()
@model_option(NEWEST)
@click.option("--against", type=PATH, help="Another model, to compare with on the same pictures.")
@click.option(
    "--robustness", is_flag=True,
    help="Judge also by pictures made worse: blurred, noisy, shifted, turned, darker and more.",
)  # fmt: skip
@common()
def evaluate(call: Common, model: Path | None, against: Path | None, robustness: bool) -> None:
    """Judge a trained model on the test set, and write a report to look at.

    Results are also told by what is known of the pictures: colour or grey, size, source, and
    every column that a CSV file of labels had besides (see `moue label --csv`).

    Example: moue evaluate --model runs/002-classic --against runs/001-fast --robustness
    """
    with call.job() as job:
        folder = model or newest_run(job.workspace)
        summary = evaluate_run(
            job.workspace, job.catalog, folder, job.progress, against=against, perturb=robustness
        )
    show(summary, call.json)


@click.command()
@click.argument("sources", nargs=-1, required=True, type=PATH)
@model_option(f"{NEWEST}, else the shipped model")
@click.option("--annotated", type=PATH, help="Folder for copies with boxes and labels drawn.")
@click.option("--csv", "table", type=PATH, help="CSV file to write, one line for each face.")
@click.option(
    "--every", type=click.FloatRange(min=0), default=0.0,
    help="Seconds between the frames of a video that are looked at; 0 looks at all.",
)  # fmt: skip
@click.option(
    "--max-error", type=float, metavar="SHARE",
    help="Share of answers that may be wrong, such as 0.02; where the model is less sure than "
    "that takes, it says so.  [default: always answer]",
)  # fmt: skip
@common(FaceSettings)
def predict(
    call: Common,
    sources: tuple[Path, ...],
    model: Path | None,
    annotated: Path | None,
    table: Path | None,
    every: float,
    max_error: float | None,
) -> None:
    """Tell what every mouth shows, in pictures, folders and videos. Needs no torch.

    With --json, one object for each picture or frame. Pictures are done on all cores and
    printed in order; a file that cannot be read gives its error, and the rest goes on. With
    --max-error a mouth may be "unsure 61%": its label is null in JSON and empty in CSV, its
    probabilities stay. Exit code 1 means that no file could be read.

    Example: moue predict photos/ --annotated out/ --csv mouths.csv
    """
    if table is not None:
        predicting.spare(table, sources)
    progress = Shown(beside_results=True)
    recipe = load(call, model, max_error, progress)
    with progress.shown():
        results = predicting.results(recipe, sources, every, annotated, progress, call.workers)
        predicting.write(results, table, call.json, progress.result)


@click.command()
@click.argument("target", type=PATH)
@model_option(NEWEST)
@common()
def export(call: Common, target: Path, model: Path | None) -> None:
    """Write a trained model as one ONNX file, its preprocessing inside, and compare it.

    Example: moue export mouth.onnx --model runs/001-fast
    """
    try:
        from moue.model.onnx import export as export_onnx
    except ImportError as error:
        raise MissingExtra("exporting to ONNX", "train") from error
    difference = export_onnx(model or newest_run(call.workspace), target)
    click.echo(f"{target}: written; probabilities differ from torch by at most {difference:.1e}")
