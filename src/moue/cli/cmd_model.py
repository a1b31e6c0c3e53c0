"""Commands of the model: `train`, `evaluate`, `predict`, `export`."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TypeAlias, get_args

import click

from moue.cli import output, predict_output
from moue.cli.console import ConsoleProgress, print_summary
from moue.cli.options import ALL, OVERWRITE, PATH, CommonOptions, common
from moue.dataset.convert import ConvertSettings
from moue.errors import ConfigError, MissingExtra
from moue.evaluation.evaluate_run import evaluate_run
from moue.face.backends import FaceSettings
from moue.files import ready_to_write, remove_parts
from moue.model.providers import Device
from moue.model.runs import choose, resolve
from moue.predict.batch import PredictorConfig, get_predictor
from moue.predict.inputs import refuse_address
from moue.progress import Progress
from moue.training.train_settings import TrainSettings
from moue.training.train_split import train_split, usual_model, usual_run

Command: TypeAlias = Callable[..., None]


def model_option(default: str) -> Callable[[Command], Command]:
    """Return the option by which a command is told its model."""
    text = f"Run (its name, or the beginning), file, or built-in model.  [default: {default}]"
    return click.option("--model", "-m", type=PATH, help=text)


DEVICE = click.option(
    "--device", type=click.Choice(get_args(Device)), default="cpu", show_default=True,
    help="Where the network that judges mouths runs; auto takes CUDA where onnxruntime has it and "
    "it works. Faces are found on the CPU.",
)  # fmt: skip
SELECTED = "the run selected with `moue runs select`, else the best by validation"


def chosen_run(call: CommonOptions, model: Path | None, say: Callable[[str], None]) -> Path:
    """Return the model that was named, else the usual run, and say which and why.

    Raises:
        ModelError: no such model, or no run has finished.
    """
    if model is not None:
        return resolve(call.workspace, model)
    choice = usual_run(call.workspace)
    say(f"model: {choice.run.name} ({choice.why})")
    return choice.run.folder


def load(
    call: CommonOptions,
    model: Path | None,
    max_error: float | None,
    progress: Progress,
    device: Device,
) -> PredictorConfig:
    """Load the model that was named, else the usual one, and say which it is and why.

    Raises:
        ConfigError: a workspace was named, and there is none, or CUDA does not work.
        ModelError: no such model.
    """
    choice = choose(call.workspace)
    chosen: Path | None
    if call.named and choice is None and not call.workspace.exists:
        raise ConfigError(f"{call.workspace.root}: no workspace here; check --workspace")
    if model is not None:
        chosen, why = resolve(call.workspace, model), ""
    elif choice is not None:
        chosen, why = choice.run.folder, f" ({choice.why})"
    else:
        chosen, why = usual_model(call.workspace), ""
        if call.workspace.exists:
            why = f"; no run has finished in {call.workspace.root}"
    limit = call.config.get(ConvertSettings).max_bytes
    recipe = PredictorConfig(chosen, call.config.get(FaceSettings), max_error, limit, device)
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        predictor = get_predictor(recipe)
    where = predictor.classifier.where
    if choice is not None and why:
        where = choice.run.name
    progress.say(f"model: {where}{why}")
    for warning in said:
        progress.say(f"note: {warning.message}")
    return recipe


@click.command()
@common(TrainSettings, keeps=True)
def train(call: CommonOptions) -> None:
    """Train a network on the split; a training that was stopped goes on where it was.

    Everything is in runs/: weights, ONNX, log, TensorBoard events. Needs the train extra.
    With --from-shipped the model that ships is trained further, on few pictures of your own;
    it is kept as it is where that does better on the validation set.

    Example: moue train --recipe classic
    """
    with call.job() as job:
        summary = train_split(job)
    print_summary(summary, call.json)


@click.command()
@model_option(SELECTED)
@click.option("--against", type=PATH, help="Another model, to compare with on the same pictures.")
@click.option(
    "--robustness", is_flag=True,
    help="Judge also by pictures made worse: blurred, noisy, shifted, turned, darker and more.",
)  # fmt: skip
@common(shared=["workspace", "json"])
def evaluate(
    call: CommonOptions, model: Path | None, against: Path | None, robustness: bool
) -> None:
    """Judge a trained model on the test set, and write a report to look at.

    Results are also told by what is known of the pictures: colour or grey, size, source, and
    every column that a CSV file of labels had besides (see `moue label --csv`).

    Example: moue evaluate --model 002-classic --against 001-fast --robustness
    """
    with call.job() as job:
        folder = chosen_run(call, model, job.progress.say)
        other = None if against is None else resolve(call.workspace, against)
        summary = evaluate_run(job, folder, against=other, perturb=robustness)
    print_summary(summary, call.json)


@click.command()
@click.argument("sources", nargs=-1, required=True, type=PATH)
@model_option(f"{SELECTED}, else the built-in model")
@click.option("--annotated", type=PATH, help="Folder for copies with boxes and labels drawn.")
@click.option("--csv", "table", type=PATH, help="CSV file to write, one line for each face.")
@OVERWRITE
@click.option(
    "--every", type=click.FloatRange(min=0), default=0.0,
    help="Seconds between the frames of a video that are looked at; 0 looks at all.",
)  # fmt: skip
@click.option(
    "--max-error", type=float, metavar="SHARE",
    help="Share of answers that may be wrong, such as 0.02; where the model is less sure than "
    "that takes, it says so.  [default: always answer]",
)  # fmt: skip
@DEVICE
@common(FaceSettings, without=["crop_scale"], shared=ALL)
def predict(
    call: CommonOptions,
    sources: tuple[Path, ...],
    model: Path | None,
    annotated: Path | None,
    table: Path | None,
    every: float,
    max_error: float | None,
    device: Device,
    overwrite: bool,
) -> None:
    """Tell what every mouth shows, in pictures, folders and videos. Needs no torch.

    A single - among SOURCES stands for a picture on standard input. Videos need the video extra.

    With --json, one object for each picture or frame. Pictures are done on all cores and
    printed in order; a file that cannot be read gives its error, and the rest goes on. With
    --max-error a mouth may be "unsure 61%": its label is null in JSON and empty in CSV, its
    probabilities stay. JSON and CSV also tell how far each mouth is open, wide, smiling and
    puckered: plain measures of the lips' geometry, lengths in face widths. Exit code 1 means that
    no file could be read.

    Example: moue predict photos/ --annotated out/ --csv mouths.csv
    """
    if table is not None:
        ready_to_write(table, overwrite)
    if annotated is not None:
        remove_parts(annotated)
    progress = ConsoleProgress(beside_results=True)
    for source in sources:
        refuse_address(source)
    recipe = load(call, model, max_error, progress, device)
    stdin = predict_output.STDIN in sources
    named = [source for source in sources if source != predict_output.STDIN]
    found = predict_output.files(named, progress, call.json)
    if table is not None:
        predict_output.spare(table, found)
    with progress.shown():
        results = predict_output.results(
            recipe, found, every, annotated, progress, call.workers, overwrite, stdin
        )
        labels = get_predictor(recipe).classifier.spec.labels
        predict_output.write(results, table, labels, call.json, progress)


def _only_onnx(_: click.Context, __: click.Parameter, path: Path) -> Path:
    if path.suffix.lower() != ".onnx":
        raise click.BadParameter(
            f"{path}: the supported format is ONNX, a name that ends in .onnx; other formats, "
            "such as TFLite and Core ML, can be converted from that file with their own tools"
        )
    return path


@click.command()
@click.argument("target", type=PATH, callback=_only_onnx)
@model_option(SELECTED)
@OVERWRITE
@common(shared=["workspace"])
def export(call: CommonOptions, target: Path, model: Path | None, overwrite: bool) -> None:
    """Write a trained model as one ONNX file, its preprocessing inside, and compare it.

    Example: moue export mouth.onnx --model 001-fast
    """
    try:
        from moue.training.onnx_export import export as export_onnx
    except ImportError as error:
        raise MissingExtra("exporting to ONNX", "train") from error
    ready_to_write(target, overwrite)
    source = chosen_run(call, model, partial(output.line, err=True))
    difference = export_onnx(source, target)
    output.line(
        f"{target}: written from {source.name}; probabilities differ from torch by at most "
        f"{difference:.1e}"
    )
