"""The command `train`."""

from __future__ import annotations

import click

from moue.cli.options import CommonOptions, common
from moue.training.train_settings import TrainSettings
from moue.training.train_split import train_split


@click.command()
@common(TrainSettings, keeps=True)
def train(call: CommonOptions) -> None:
    """Train a model, or resume a training.

    Each run has a folder in runs/ with its weights, ONNX file, log and TensorBoard events.
    Training needs the extra `train`. Fine-tuning a bundled model suits a small data set; the run
    keeps the bundled weights if they score higher on the validation set.

    Example: moue train --recipe classic
    """
    call.run(train_split)
