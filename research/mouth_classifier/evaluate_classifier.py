"""Evaluate the classifier on held-out people and sources: three seeds, with intervals."""

from __future__ import annotations

from pathlib import Path

from moue.files import write_json
from moue.progress import Progress
from moue.training.checkpoint import load
from moue.training.networks import build
from moue.workspace.types import LABELS
from research.common.console import with_progress
from research.mouth_classifier.crops import Pixels
from research.mouth_classifier.fit_network import Logits, network_logits
from research.mouth_classifier.holdout_rows import describe, measure
from research.mouth_classifier.holdout_runs import Run, kept, run_all
from research.mouth_classifier.holdout_scores import HeldOutPredictions
from research.mouth_classifier.student_dataset import Data

SEEDS = (0, 1, 2)
SCORES = Path(__file__).parent / "scores.json"
COMMAND = "python -m research evaluate-classifier DATA"


@with_progress
def evaluate_classifier(data: Path, work: Path, progress: Progress) -> None:
    """Train without the held-out mouths, evaluate on them, and save scores and calibration."""
    dataset = Data.load(data, work, progress)
    runs = [Run(seed=seed) for seed in SEEDS]
    predictions = HeldOutPredictions(dataset, run_all(data, work, runs, progress))
    networks = [_Network(kept(dataset, work, run).with_suffix(".pt")) for run in runs]
    measured = measure(predictions, networks, work / "mesh", COMMAND)
    for row in measured["scores"]:
        progress.say(describe(row))
    write_json(SCORES, measured)


class _Network:
    """The network of a finished run, as a function from squares to logits."""

    def __init__(self, weights: Path) -> None:
        checkpoint = load(weights)
        self.spec = checkpoint.spec
        self.network = build(checkpoint.spec.network, LABELS).eval()
        self.network.load_state_dict(checkpoint.weights)

    def __call__(self, squares: Pixels) -> Logits:
        return network_logits(self.network, self.spec, squares)
