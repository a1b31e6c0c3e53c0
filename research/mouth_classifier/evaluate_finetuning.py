"""Compare fine-tuning with training from scratch on few held-out mouths."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from moue.evaluation.metrics import confusion_matrix, macro_f1
from moue.progress import Progress
from moue.training.checkpoint import load
from moue.training.data import Crops
from moue.training.finetune import InitialWeights
from moue.training.loop import Loop
from moue.training.recipes import BEST, FAST, Recipe
from moue.training.train_settings import FINE_TUNE_EPOCHS, FINE_TUNE_LR
from moue.workspace.types import LABELS
from research.common.console import with_progress
from research.mouth_classifier.fit_network import centre_crops, logits
from research.mouth_classifier.holdout_runs import Run, held_out_mouths, kept, run_all
from research.mouth_classifier.student_dataset import Data

COUNTS_PER_LABEL = (50,)
"""Training mouths per label, at most half of its mouths; the others are the test set."""
SEEDS = (0, 1, 2)


@with_progress
def evaluate_finetuning(data: Path, work: Path, progress: Progress) -> None:
    """Print the macro-F1 of fine-tuning and of two trainings from scratch on held-out mouths."""
    dataset, run = Data.load(data, work, progress), Run()
    run_all(data, work, [run], progress)
    checkpoint = load(kept(dataset, work, run).with_suffix(".pt"))
    start = InitialWeights(name="left-out", checkpoint=checkpoint, sha256="")
    epochs = round(FINE_TUNE_EPOCHS * BEST.epochs)
    fine_tuned = dataclasses.replace(BEST, lr=FINE_TUNE_LR * BEST.lr, epochs=epochs)
    recipes: dict[str, tuple[Recipe, InitialWeights | None]] = {
        "best, from the trained network": (fine_tuned, start),
        "best, from scratch": (BEST, None),
        "fast, from scratch": (FAST, None),
    }
    for count_per_label in COUNTS_PER_LABEL:
        sets = [_split(dataset, count_per_label, seed) for seed in SEEDS]
        before = [_f1(dataset, test, np.load(kept(dataset, work, run))[test]) for _, test in sets]
        progress.say(f"{count_per_label} of each label | untouched | {_summary(before)}")
        for name, (recipe, begun) in recipes.items():
            found = [
                _train_and_score(dataset, train, test, recipe, begun, seed)
                for seed, (train, test) in zip(SEEDS, sets, strict=True)
            ]
            progress.say(f"{count_per_label} of each label | {name} | {_summary(found)}")


def _split(
    data: Data, count_per_label: int, seed: int
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Return the indices of training and test mouths among the labelled held-out mouths."""
    rng = np.random.default_rng(seed)
    held_out = held_out_mouths(data)
    train, test = [], []
    for label in range(len(LABELS)):
        here = rng.permutation(np.nonzero(held_out & (data.labels == label))[0])
        count = min(count_per_label, len(here) // 2)
        train.append(here[:count])
        test.append(here[count:])
    return np.concatenate(train), np.concatenate(test)


def _train_and_score(
    data: Data,
    train: npt.NDArray[np.intp],
    test: npt.NDArray[np.intp],
    recipe: Recipe,
    start: InitialWeights | None,
    seed: int,
) -> float:
    """Train one network and return its macro-F1 after the last epoch."""
    crops = Crops(
        pixels=torch.from_numpy(centre_crops(data.pixels[train], recipe.resize)),
        targets=torch.from_numpy(data.labels[train]),
    )
    loop = Loop(recipe, recipe.spec(LABELS), crops, crops, seed, "cpu", start)
    for number in range(1, recipe.epochs + 1):
        loop.run(number)
    return _f1(data, test, logits(loop, data.pixels[test]))


def _f1(data: Data, test: npt.NDArray[np.intp], test_logits: npt.NDArray[np.float32]) -> float:
    confusion = confusion_matrix(data.labels[test], test_logits.argmax(1), len(LABELS))
    return macro_f1(confusion) or 0.0


def _summary(values: list[float]) -> str:
    return f"macro-F1 {np.mean(values):.3f} ± {np.std(values):.3f}"
