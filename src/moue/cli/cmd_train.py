"""The command `train`."""

from __future__ import annotations

from typing import get_args

import click

from moue.cli.model_options import BUT_LICENCE
from moue.cli.options import BASIC, CommonOptions, common
from moue.face.backends import FaceSettings
from moue.training.recipes import RecipeName
from moue.training.train_settings import TrainSettings
from moue.training.train_several import Plan, train_several
from moue.training.train_split import train_split

_MOST = 1000


def _seeds(_: click.Context, __: click.Parameter, text: str | None) -> tuple[int, ...] | None:
    """Return the seeds in a text such as `0-4` or `1,5,7-9`."""
    if text is None:
        return None
    seeds: list[int] = []
    count = 0
    for part in text.split(","):
        first, dash, last = part.strip().partition("-")
        if not first.isdecimal() or (dash and not last.isdecimal()):
            raise click.BadParameter(f"{text!r} is not a list of seeds, such as 0-4 or 1,5,7")
        more = range(int(first), int(last if dash else first) + 1)
        count += more.stop - more.start if more else 0
        seeds += more[:_MOST]
    if not 0 < count <= _MOST:
        raise click.BadParameter(f"{text!r} contains {count} seeds; use 1 to {_MOST}")
    return tuple(dict.fromkeys(seeds))


def _recipes(_: click.Context, __: click.Parameter, text: str | None) -> tuple[str, ...] | None:
    if text is None:
        return None
    names = tuple(dict.fromkeys(name.strip() for name in text.split(",")))
    if unknown := [name for name in names if name not in get_args(RecipeName)]:
        raise click.BadParameter(
            f"unknown recipe {unknown[0]!r}; choose from {', '.join(get_args(RecipeName))}"
        )
    return names


@click.command()
@click.option(
    "--seeds", callback=_seeds,
    help="Train with each of these random seeds, such as 0-4 or 1,5,7, and report mean and spread.",
)  # fmt: skip
@click.option(
    "--folds", type=click.IntRange(min=2), metavar="INTEGER",
    help="Divide the training and validation sets into this many folds, and validate on each fold "
    "in turn. A group of pictures stays in one fold.",
)  # fmt: skip
@click.option(
    "--recipes", callback=_recipes,
    help="Train with each of these recipes, such as classic,fast, and compare them.",
)  # fmt: skip
@common(TrainSettings, FaceSettings, without=BUT_LICENCE, keeps=True, shared=(*BASIC, "on"))
def train(
    call: CommonOptions,
    seeds: tuple[int, ...] | None,
    folds: int | None,
    recipes: tuple[RecipeName, ...] | None,
) -> None:
    """Train a model, or resume an interrupted training.

    Each run has a folder in runs/ with its weights, ONNX file, log and TensorBoard events. Training
    requires the extra `train`. For a small data set, fine-tune a bundled model. If the bundled
    weights score higher on the validation set than the fine-tuned weights, the run uses the bundled
    weights.

    --network trains a network of your own: a class of a Python file, a torch.nn.Module that is
    created with the number of labels and maps (N, 3, S, S) float32 to logits (N, labels). S is
    the input size of the recipe, or the class attribute `input_size`. moue runs the code of the
    file with your permissions, checks the shapes before the training, and saves the source in the
    run. Predictions use the ONNX file of the run and run no code.

    --seeds, --folds and --recipes train every combination, and report the mean and the spread of
    the validation accuracy instead of writing a run. The results are saved in
    reports/trainings.json, so the same command resumes. With --on ray, the trainings run on a
    cluster, one per CPU; a single training always runs on this machine.

    Example: moue train --recipe classic

    Example: moue train --network net.py:Net

    Example: moue train --seeds 0-4 --folds 5 --recipes classic,fast --on ray
    """
    if seeds is None and folds is None and recipes is None:
        call.run(train_split)
        return
    settings = call.config.get(TrainSettings)
    if settings.network is not None:
        raise click.UsageError("--network trains one model; omit --seeds, --folds and --recipes")
    plan = Plan(seeds or (settings.seed,), folds or 1, recipes or (settings.recipe,))
    call.run(lambda context: train_several(context, plan))
