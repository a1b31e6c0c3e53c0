"""The command `export`."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import click

from moue.cli import output
from moue.cli.console import ConsoleProgress
from moue.cli.model_options import BUT_LICENCE, SELECTED, chosen_run, load, model_option
from moue.cli.options import OVERWRITE, PATH, CommonOptions, common
from moue.dataset.exchange.export_dataset import export_dataset
from moue.dataset.exchange.formats import FORMATS as DATASETS
from moue.errors import MissingExtra
from moue.export import web_page
from moue.export.conversion_report import summary_lines
from moue.export.converter_table import FORMATS, INT8_FORMATS, Format
from moue.export.formats import export_format
from moue.face.backends import FaceSettings
from moue.files import absolute, ready_to_write
from moue.predict.batch import get_predictor
from moue.predict.load_classifier import check_licence


@click.command()
@click.argument("target", type=PATH, required=False)
@click.option(
    "--web", type=PATH, metavar="FOLDER",
    help="Write a web page with the model to this folder instead.",
)  # fmt: skip
@click.option(
    "--runtime", type=PATH, metavar="FILE",
    help="npm package file of onnxruntime-web, for --web.  [default: download it once]",
)  # fmt: skip
@click.option(
    "--format", "form", type=click.Choice(FORMATS),
    help="Write the classifier and the face networks in this format to the folder TARGET, with a "
    "report.",
)  # fmt: skip
@click.option(
    "--dataset", type=click.Choice(list(DATASETS)),
    help="Write the labelled mouths of the workspace in this format to the folder --out instead.",
)  # fmt: skip
@click.option("--out", type=PATH, metavar="FOLDER", help="New folder for --dataset.")
@click.option(
    "--unlabelled", is_flag=True, help="With --dataset, also write the mouths without a label."
)
@click.option(
    "--int8", is_flag=True,
    help="With --format, quantise the classifier to int8. moue refuses if the accuracy leaves the "
    "95% interval in Python, on the test set of the workspace or else the bundled pictures.",
)  # fmt: skip
@click.option(
    "--python", type=PATH, metavar="FILE",
    help="Python interpreter for the environment of the converter.  [default: that of moue, or a "
    "newer one if the converter needs it]",
)  # fmt: skip
@model_option(SELECTED)
@OVERWRITE
@common(FaceSettings, without=BUT_LICENCE, shared=["workspace"])
def export(
    call: CommonOptions,
    target: Path | None,
    web: Path | None,
    runtime: Path | None,
    form: Format | None,
    dataset: str | None,
    out: Path | None,
    unlabelled: bool,
    int8: bool,
    python: Path | None,
    model: Path | None,
    overwrite: bool,
) -> None:
    """Export a model, or the data set.

    The model becomes an ONNX file, a web page with --web, or a file for another runtime with
    --format.

    The ONNX file includes the preprocessing. moue runs the file on random crops, compares its
    probabilities with those of the PyTorch model, and prints the largest absolute difference.

    The web page detects faces and recognises mouths in the browser, with the camera, pictures and
    videos. It works from any static web host and without network, and nothing leaves the browser.

    With --format, moue converts all networks and runs 200 test vectors in Python and in the format.
    The file report.json has the differences and the times. The converter is installed in an
    environment of its own at its first use.

    With --dataset, moue exports the mouths or the pictures with the data that the workspace has of
    them: labels, splits, groups, sources and licences. `moue collect FOLDER` imports the exported
    folder. The formats parquet and huggingface need the extra `parquet`.

    Example: moue export mouth.onnx --model 001-fast

    Example: moue export --dataset parquet --out mouths
    """
    if dataset is not None or out is not None or unlabelled:
        if dataset is None or out is None:
            raise click.UsageError("to export the data set, give --dataset FORMAT --out FOLDER")
        if target or web or form or model or overwrite or int8 or python:
            raise click.UsageError("--dataset exports no model; remove the other options")
        _write_dataset(call, dataset, out, unlabelled)
        return
    if (target is None) == (web is None):
        raise click.UsageError("name either an ONNX file to write, or a folder with --web")
    if form is None and (int8 or python is not None):
        raise click.UsageError("--int8 and --python need --format")
    if web is not None:
        if form is not None:
            raise click.UsageError("--format and --web cannot be combined")
        _write_page(call, web, runtime, model, overwrite)
    elif target is not None and form is not None:
        _write_format(call, target, form, model, python, int8, overwrite)
    elif target is not None:
        if target.suffix.lower() != ".onnx":
            raise click.BadParameter(
                f"{target}: the file name must end in .onnx; for other formats, add --format",
                param_hint="TARGET",
            )
        _write_onnx(call, target, model, overwrite)


def _write_dataset(call: CommonOptions, form: str, folder: Path, unlabelled: bool) -> None:
    progress = ConsoleProgress(beside_results=True)
    with call.workspace.reading() as catalog, progress.shown():
        contents = export_dataset(
            call.workspace, catalog, call.config.labels, form, absolute(folder), unlabelled,
            progress,
        )  # fmt: skip
    output.line(
        f"{folder}: {form} data set with {contents.records:,} pictures and "
        f"{contents.labels.total():,} mouths"
    )


def _write_format(
    call: CommonOptions,
    folder: Path,
    form: Format,
    model: Path | None,
    python: Path | None,
    int8: bool,
    overwrite: bool,
) -> None:
    if int8 and form not in INT8_FORMATS:
        raise click.UsageError(f"--int8 is available for {', '.join(INT8_FORMATS)}, not for {form}")
    progress = ConsoleProgress(beside_results=True)
    predictor = get_predictor(load(call, model, None, progress, "cpu"))
    report = export_format(
        predictor,
        folder,
        form,
        overwrite=overwrite,
        workspace=call.workspace,
        python=python,
        int8=int8,
        say=progress.say,
    )
    for line in summary_lines(report):
        output.line(line)
    output.line(f"{folder}: {form}, {len(report['networks'])} networks")


def _write_page(
    call: CommonOptions, folder: Path, runtime: Path | None, model: Path | None, overwrite: bool
) -> None:
    web_page.check_folder(folder, overwrite)
    progress = ConsoleProgress(beside_results=True)
    predictor = get_predictor(load(call, model, None, progress, "cpu"))
    files = web_page.page_files(predictor, runtime, progress.say)
    web_page.write_page(files, folder, overwrite)
    size = sum(map(len, files.values())) / 1e6
    output.line(
        f"{folder}: web page with {len(files)} files, {size:.0f} MB; open it with "
        f"`python -m http.server -d {folder}` at http://localhost:8000/"
    )


def _write_onnx(call: CommonOptions, target: Path, model: Path | None, overwrite: bool) -> None:
    try:
        from moue.training.onnx_export import export as export_onnx
    except ImportError as error:
        raise MissingExtra("exporting to ONNX", "train") from error
    ready_to_write(target, overwrite)
    source = chosen_run(call, model, partial(output.line, err=True))
    check_licence(source, call.config.get(FaceSettings).licence)
    difference = export_onnx(source, target)
    if difference is None:
        output.line(
            f"{target}: copied from {source.name}; moue compared it with PyTorch at the end of the "
            "training"
        )
        return
    output.line(
        f"{target}: exported from {source.name}; its probabilities differ from those of PyTorch "
        f"by at most {difference:.1e}"
    )
