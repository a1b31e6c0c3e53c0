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

    --network trains a network of your own: a class of a Python file, a torch.nn.Module that is
    created with the number of labels and maps (N, 3, S, S) float32 to logits (N, labels). S is
    the input size of the recipe, or the class attribute `input_size`. moue runs the code of the
    file with your permissions, checks the shapes before the training, and saves the source in the
    run. Predictions use the ONNX file of the run and run no code.

    Example: moue train --recipe classic

    Example: moue train --network net.py:Net
    """
    call.run(train_split)
