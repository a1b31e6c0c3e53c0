"""What going on from a trained network is worth, on few mouths of people it never saw."""

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
from research.mouth_classifier.fit_network import inner, logits
from research.mouth_classifier.holdout_runs import Run, held_out_mouths, kept, run_all
from research.mouth_classifier.student_dataset import Data

MANY = (50,)
"""Mouths of each label to learn from; of a rare label at most half, the rest is to be judged on."""
SEEDS = (0, 1, 2)


@with_progress
def evaluate_finetuning(data: Path, work: Path, progress: Progress) -> None:
    """Say how a tuned network and two from scratch do on left-out mouths that none learnt from."""
    dataset, run = Data.load(data, work, progress), Run()
    run_all(data, work, [run], progress)
    checkpoint = load(kept(dataset, work, run).with_suffix(".pt"))
    start = InitialWeights(name="left-out", checkpoint=checkpoint, sha256="")
    epochs = round(FINE_TUNE_EPOCHS * BEST.epochs)
    tuned = dataclasses.replace(BEST, lr=FINE_TUNE_LR * BEST.lr, epochs=epochs)
    ways: dict[str, tuple[Recipe, InitialWeights | None]] = {
        "best, from the trained network": (tuned, start),
        "best, from scratch": (BEST, None),
        "fast, from scratch": (FAST, None),
    }
    for many in MANY:
        sets = [_sets(dataset, many, seed) for seed in SEEDS]
        before = [
            _f1(dataset, judge, np.load(kept(dataset, work, run))[judge]) for _, judge in sets
        ]
        progress.say(f"{many} of each label | untouched | {_words(before)}")
        for name, (recipe, begun) in ways.items():
            found = [
                _trained(dataset, learn, judge, recipe, begun, seed)
                for seed, (learn, judge) in zip(SEEDS, sets, strict=True)
            ]
            progress.say(f"{many} of each label | {name} | {_words(found)}")


def _sets(data: Data, many: int, seed: int) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Return mouths to learn from and all others of the left-out ones that have a label."""
    rng = np.random.default_rng(seed)
    away = held_out_mouths(data)
    learn, judge = [], []
    for label in range(len(LABELS)):
        here = rng.permutation(np.nonzero(away & (data.labels == label))[0])
        count = min(many, len(here) // 2)
        learn.append(here[:count])
        judge.append(here[count:])
    return np.concatenate(learn), np.concatenate(judge)


def _trained(
    data: Data,
    learn: npt.NDArray[np.intp],
    judge: npt.NDArray[np.intp],
    recipe: Recipe,
    start: InitialWeights | None,
    seed: int,
) -> float:
    """Return the macro-F1 after the last epoch, which no one chose."""
    crops = Crops(
        pixels=torch.from_numpy(inner(data.pixels[learn], recipe.resize)),
        targets=torch.from_numpy(data.labels[learn]),
    )
    loop = Loop(recipe, recipe.spec(LABELS), crops, crops, seed, "cpu", start)
    for number in range(1, recipe.epochs + 1):
        loop.run(number)
    return _f1(data, judge, logits(loop, data.pixels[judge]))


def _f1(data: Data, judge: npt.NDArray[np.intp], said: npt.NDArray[np.float32]) -> float:
    confusion = confusion_matrix(data.labels[judge], said.argmax(1), len(LABELS))
    return macro_f1(confusion) or 0.0


def _words(values: list[float]) -> str:
    return f"macro-F1 {np.mean(values):.3f} ± {np.std(values):.3f}"
