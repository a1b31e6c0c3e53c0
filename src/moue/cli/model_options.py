"""The options `--model`, `--device` and `--max-error`, and loading the chosen model."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias, get_args

import click

from moue.cli.options import PATH, CommonOptions
from moue.dataset.convert import ConvertSettings
from moue.errors import ConfigError
from moue.face.backends import FaceSettings
from moue.model import bundled
from moue.model.providers import Device
from moue.model.runs import choose, default_run, resolve, skipped_runs
from moue.predict.batch import PredictorConfig, get_predictor
from moue.progress import Progress
from moue.settings import fields

Command: TypeAlias = Callable[..., None]


def model_option(default: str, use: str = "Model") -> Callable[[Command], Command]:
    """Return a decorator that adds the option `--model` to a command.

    Args:
        default: Description of the default model, for the help text.
        use: Noun phrase for the purpose of the model, for the help text.
    """
    text = (
        f"{use}: name of a run or a unique prefix of it, path of a model file, or name of a "
        f"bundled model.  [default: {default}]"
    )
    return click.option("--model", "-m", type=PATH, help=text)


DEVICE = click.option(
    "--device", type=click.Choice(get_args(Device)), default="cpu", show_default=True,
    help="Device of the mouth classifier. auto uses CUDA if onnxruntime can use it, else the CPU. "
    "Face detection always runs on the CPU.",
)  # fmt: skip
MAX_ERROR = click.option(
    "--max-error", type=click.FloatRange(0, 1), metavar="FRACTION",
    help="Maximum expected fraction of wrong predictions, such as 0.02. The model abstains from "
    "predictions with a low probability.  [default: never abstain]",
)  # fmt: skip
BUT_LICENCE = tuple(field.name for field in fields(FaceSettings) if field.name != "licence")
"""Names of the face settings that are no flags of a command with `--licence` alone."""
SELECTED = "the run selected with `moue runs select`, else the best run on the validation set"


def chosen_run(call: CommonOptions, model: Path | None, say: Callable[[str], None]) -> Path:
    """Return the folder of the named model, or of the default run.

    Args:
        call: Shared options of the command.
        model: Value of `--model`; None selects the default run.
        say: Callback that prints a line; receives the name of the default run and the reason.

    Raises:
        ModelError: The model does not exist, or there is no usable run.
    """
    if model is not None:
        return resolve(call.workspace, model)
    choice = default_run(call.workspace)
    say(f"model: {choice.run.name} ({choice.why})")
    return choice.run.folder


def load(
    call: CommonOptions,
    model: Path | None,
    max_error: float | None,
    progress: Progress,
    device: Device,
) -> PredictorConfig:
    """Load the named or the default model, print its name, and return its configuration.

    Args:
        call: Shared options of the command.
        model: Value of `--model`; None selects the default run, or the bundled model if there
            are no runs.
        max_error: Value of `--max-error`; None if the model never abstains.
        progress: Progress display that prints the name of the model, and warnings.
        device: Device of the mouth classifier.

    Raises:
        ConfigError: The named workspace does not exist, or CUDA does not work.
        ModelError: The model does not exist.
    """
    choice = choose(call.workspace)
    chosen: Path | None
    if call.named and choice is None and not call.workspace.exists:
        raise ConfigError(
            f"{call.workspace.root}: no such workspace; check the path in --workspace"
        )
    if model is not None:
        chosen, why = resolve(call.workspace, model), ""
    elif choice is not None:
        chosen, why = choice.run.folder, f" ({choice.why})"
    else:
        if not bundled.model_names():
            default_run(call.workspace)  # raises
        chosen, why = None, ""
        if call.workspace.exists:
            why = f"; no usable run in {call.workspace.root}{skipped_runs(call.workspace)}"
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
