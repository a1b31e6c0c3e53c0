"""Evaluate `mouth-l` on held-out people and sources: two seeds, with intervals."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np

from moue.files import write_json
from moue.progress import Progress
from moue.workspace.types import LABELS
from research.common.console import with_progress
from research.mouth_classifier.fit_network import Logits
from research.mouth_classifier.holdout_rows import describe, measure
from research.mouth_classifier.holdout_runs import held_out_mouths
from research.mouth_classifier.holdout_scores import HeldOutPredictions
from research.mouth_classifier.student_dataset import Data
from research.mouth_classifier.teacher_network import Teacher
from research.mouth_classifier.teacher_outputs import HELD_OUT, load_teacher
from research.mouth_classifier.train_large import SCORES, fit_large, large_logits, load, save

SEEDS = (0, 1)
COMMAND = "python -m research evaluate-large DATA"


@with_progress
def evaluate_large(data: Path, work: Path, progress: Progress) -> None:
    """Train without the held-out mouths, evaluate on them, and save scores and calibration."""
    dataset = Data.load(data, work, progress)
    networks = [_network(dataset, work / f"large-{seed}.pt", seed) for seed in SEEDS]
    logits = [_held_out_logits(dataset, network) for network in networks]
    predict = [partial(large_logits, network) for network in networks]
    measured = measure(HeldOutPredictions(dataset, logits), predict, work / "mesh", COMMAND)
    for row in measured["scores"]:
        progress.say(describe(row))
    write_json(SCORES, measured)


def _network(data: Data, weights: Path, seed: int) -> Teacher:
    if not weights.exists():
        teacher = load_teacher(HELD_OUT, data.mouths)
        save(fit_large(data, ~held_out_mouths(data), teacher, seed), weights)
    return load(weights)


def _held_out_logits(data: Data, network: Teacher) -> Logits:
    """Return (N, K) logits; those of mouths that were used for training are 0."""
    where = held_out_mouths(data)
    logits = np.zeros((len(where), len(LABELS)), np.float32)
    logits[where] = large_logits(network, data.pixels[where])
    return logits
