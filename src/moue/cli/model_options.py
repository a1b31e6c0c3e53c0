"""The options that choose a model, and loading the model that they choose."""

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

Command: TypeAlias = Callable[..., None]


def model_option(default: str) -> Callable[[Command], Command]:
    """Return the option `--model` with this default in its help."""
    text = (
        f"Run (its name or the beginning of it), model file or bundled model.  [default: {default}]"
    )
    return click.option("--model", "-m", type=PATH, help=text)


DEVICE = click.option(
    "--device", type=click.Choice(get_args(Device)), default="cpu", show_default=True,
    help="Device of the mouth classifier. auto uses CUDA if onnxruntime supports it and it works. "
    "Face detection always runs on the CPU.",
)  # fmt: skip
MAX_ERROR = click.option(
    "--max-error", type=click.FloatRange(0, 1), metavar="FRACTION",
    help="Maximum fraction of wrong answers, such as 0.02. The model abstains where it is less "
    "certain.  [default: always answer]",
)  # fmt: skip
SELECTED = "the run selected with `moue runs select`, else the best by validation"


def chosen_run(call: CommonOptions, model: Path | None, say: Callable[[str], None]) -> Path:
    """Return the named model, else the default run, and print which one and why.

    Raises:
        ModelError: no such model, or no usable run.
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
    """Load the named model, else the default one, and print which one and why.

    Raises:
        ConfigError: the named workspace does not exist, or CUDA does not work.
        ModelError: no such model.
    """
    choice = choose(call.workspace)
    chosen: Path | None
    if call.named and choice is None and not call.workspace.exists:
        raise ConfigError(f"{call.workspace.root}: no such workspace; check --workspace")
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
