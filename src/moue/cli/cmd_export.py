"""The command `export`."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import click

from moue.cli import output
from moue.cli.model_options import BUT_LICENCE, SELECTED, chosen_run, model_option
from moue.cli.options import OVERWRITE, PATH, CommonOptions, common
from moue.errors import MissingExtra
from moue.face.backends import FaceSettings
from moue.files import ready_to_write
from moue.predict.load_classifier import check_licence


def _only_onnx(_: click.Context, __: click.Parameter, path: Path) -> Path:
    if path.suffix.lower() != ".onnx":
        raise click.BadParameter(
            f"{path}: the file name must end in .onnx; for TFLite or Core ML, export an ONNX file "
            "and convert it with their tools"
        )
    return path


@click.command()
@click.argument("target", type=PATH, callback=_only_onnx)
@model_option(SELECTED)
@OVERWRITE
@common(FaceSettings, without=BUT_LICENCE, shared=["workspace"])
def export(call: CommonOptions, target: Path, model: Path | None, overwrite: bool) -> None:
    """Export a model as an ONNX file.

    The ONNX file includes the preprocessing. moue runs the file on random crops, compares its
    probabilities with those of the PyTorch model, and prints the largest absolute difference.

    Example: moue export mouth.onnx --model 001-fast
    """
    try:
        from moue.training.onnx_export import export as export_onnx
    except ImportError as error:
        raise MissingExtra("exporting to ONNX", "train") from error
    ready_to_write(target, overwrite)
    source = chosen_run(call, model, partial(output.line, err=True))
    check_licence(source, call.config.get(FaceSettings).licence)
    difference = export_onnx(source, target)
    output.line(
        f"{target}: exported from {source.name}; its probabilities differ from those of PyTorch "
        f"by at most {difference:.1e}"
    )
