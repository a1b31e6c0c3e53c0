"""The command `predict`."""

from __future__ import annotations

from pathlib import Path

import click

from moue.cli import predict_list, predict_output
from moue.cli.call_engine import open_engine
from moue.cli.console import ConsoleProgress
from moue.cli.model_options import DEVICE, MAX_ERROR, SELECTED, load, model_option
from moue.cli.options import ALL, OVERWRITE, PATH, CommonOptions, common
from moue.face.backends import FaceSettings
from moue.files import ready_to_write, remove_parts
from moue.model.providers import Device
from moue.predict.batch import get_predictor
from moue.predict.inputs import refuse_url


@click.command()
@click.argument("sources", nargs=-1, required=True, type=PATH)
@model_option(f"{SELECTED}, else the bundled model")
@click.option(
    "--annotated",
    type=PATH,
    help="Output folder for copies of the pictures and videos with drawn boxes and labels.",
)
@click.option("--csv", "table", type=PATH, help="Output CSV file with one row per face.")
@click.option(
    "--out", type=PATH, metavar="FILE.parquet",
    help="Output Parquet file with the predictions, if the source is a Parquet list.",
)  # fmt: skip
@click.option(
    "--column", metavar="NAME",
    help="Column of the Parquet list that has the paths or bytes of the pictures.  "
    "[default: image, path or file]",
)  # fmt: skip
@OVERWRITE
@click.option(
    "--every", type=click.FloatRange(min=0), default=0.0, show_default=True, metavar="SECONDS",
    help="Interval between the processed frames of a video, in seconds. 0 processes all frames.",
)  # fmt: skip
@MAX_ERROR
@DEVICE
@common(FaceSettings, without=["crop_scale"], shared=ALL)
def predict(
    call: CommonOptions,
    sources: tuple[Path, ...],
    model: Path | None,
    annotated: Path | None,
    table: Path | None,
    out: Path | None,
    column: str | None,
    every: float,
    max_error: float | None,
    device: Device,
    overwrite: bool,
) -> None:
    """Predict the labels of mouths in pictures and videos.

    SOURCES are pictures, folders and videos; - reads a picture from standard input. Videos require
    the extra `video`. moue prints the results in the order of the files. If a file cannot be read,
    moue prints an error and continues with the next file. The exit code is 1 if no file could be
    read.

    --json prints one object per picture or frame. JSON and CSV include measures of the lips:
    opening, width, smile and pucker, as fractions of the face width. With --max-error, the model
    may abstain. The label is then "unsure" in text, null in JSON and empty in CSV.

    A Parquet file is a list of any length: one picture per row, as a path or as bytes. moue writes
    one row per face to --out, in order. If the command is killed, repeat it: it continues after the
    last 10,000 pictures that it has finished.

    Example: moue predict photos/ --annotated out/ --csv mouths.csv

    Example: moue predict list.parquet --out results.parquet
    """
    if out is not None or column is not None or predict_list.is_list(sources):
        other = annotated is not None or table is not None or every > 0
        source = predict_list.checked_list(sources, out, other)
        assert out is not None
        predict_list.predict_to_parquet(
            call, source, out, column, model, max_error, device, overwrite
        )
        return
    if table is not None:
        ready_to_write(table, overwrite)
    if annotated is not None:
        remove_parts(annotated)
    progress = ConsoleProgress(beside_results=True)
    for source in sources:
        refuse_url(source)
    recipe = load(call, model, max_error, progress, device)
    stdin = predict_output.STDIN in sources
    named = [source for source in sources if source != predict_output.STDIN]
    found = predict_output.files(named, progress, call.json)
    if table is not None:
        predict_output.spare(table, found)
    with open_engine(call.config, call.workers, progress) as engine, progress.shown():
        results = predict_output.results(
            recipe, found, every, annotated, progress, engine, overwrite, stdin
        )
        labels = get_predictor(recipe).classifier.spec.labels
        predict_output.write(results, table, labels, call.json, progress)
