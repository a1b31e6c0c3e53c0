"""The command `train`."""

from __future__ import annotations

import click

from moue.cli.model_options import BUT_LICENCE
from moue.cli.options import CommonOptions, common
from moue.face.backends import FaceSettings
from moue.training.train_settings import TrainSettings
from moue.training.train_split import train_split


@click.command()
@common(TrainSettings, FaceSettings, without=BUT_LICENCE, keeps=True)
def train(call: CommonOptions) -> None:
    """Train a model, or resume an interrupted training.

    Each run has a folder in runs/ with its weights, ONNX file, log and TensorBoard events. Training
    requires the extra `train`. For a small data set, fine-tune a bundled model. If the bundled
    weights score higher on the validation set than the fine-tuned weights, the run uses the bundled
    weights.

    Example: moue train --recipe classic
    """
    call.run(train_split)
