"""Evaluate the classifiers on held-out sources: three seeds, with confidence intervals."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from moue.evaluation.metrics import confusion_matrix, macro_f1, wilson
from moue.files import write_json
from moue.model.abstention import abstention_threshold, fit_abstention
from moue.model.calibration import calibration, calibration_error, fit_temperature, softmax
from moue.progress import Progress
from moue.training.checkpoint import load
from moue.training.networks import LUMINANCE, build
from moue.workspace.types import LABELS
from research.common.console import with_progress
from research.mouth_classifier.fit_network import Logits, network_logits
from research.mouth_classifier.holdout_runs import (
    HELD_OUT_SOURCES,
    WEB,
    Run,
    held_out_utkface,
    kept,
    run_all,
)
from research.mouth_classifier.mesh_features import measured
from research.mouth_classifier.mesh_rules import rule_logits
from research.mouth_classifier.student_dataset import PARTS, Data, Mask
from research.mouth_classifier.synthetic_crops import occluded_mouths, off_mouth_crops

COMMAND = "python -m research evaluate-classifier DATA"
SEEDS = (0, 1, 2)
KINDS: dict[str, tuple[str, ...]] = {"mouth": PARTS}
"""Groups of training data of each bundled model."""
RIVAL = "MediaPipe's face landmarker with plain rules"
"""Key of the scores of the rival, which is not a bundled model."""
GROUPED: dict[str, tuple[str, ...]] = {
    "labels alone": (),
    "+ pursed and hidden mouths": ("pursed", "hidden"),
    "+ teachers on mouths without a label": ("teachers", "pursed", "hidden"),
    "+ generated mouths: the bundled model": PARTS,
}
SCORES = Path(__file__).parent / "scores.json"
BOOTSTRAP = 1000
GROUPS = ("white", "black", "asian", "indian")
ADULT = 18
ERROR = 0.05
"""Maximum error that abstention is fitted to."""


@dataclass(frozen=True, slots=True)
class HeldOutPredictions:
    """The data set and the (N, K) logits of the network of each seed."""

    data: Data
    logits: list[Logits]

    def score(self, on: str, where: Mask, measure: str) -> dict[str, Any]:
        """Return a score row: mean over the seeds, 95 % interval over mouths, value per seed."""
        here = np.nonzero(where & (self.data.labels >= 0))[0]
        targets = self.data.labels[here]
        given = [logits[here].argmax(1) for logits in self.logits]
        metric = MEASURES[measure]
        rng = np.random.default_rng(0)
        draws = []
        for _ in range(BOOTSTRAP):
            # The networks of all seeds get the same draw, so the interval is over mouths, not
            # seeds.
            pick = rng.integers(len(here), size=len(here))
            draws.append(np.mean([metric(targets[pick], labels[pick]) for labels in given]))
        low, high = np.quantile(draws, [0.025, 0.975])
        seeds = [metric(targets, labels) for labels in given]
        return _score(on, measure, seeds, (float(low), float(high)), len(here))


def accuracy(targets: npt.NDArray[np.int64], given: npt.NDArray[np.int64]) -> float:
    """Return the proportion of correct predictions."""
    return float((targets == given).mean())


def f1(targets: npt.NDArray[np.int64], given: npt.NDArray[np.int64]) -> float:
    """Return the macro-F1 over the labels that occur."""
    return macro_f1(confusion_matrix(targets, given, len(LABELS))) or 0.0


def recall(label: int) -> Callable[[npt.NDArray[np.int64], npt.NDArray[np.int64]], float]:
    """Return the function that computes the recall of a label."""

    def of(targets: npt.NDArray[np.int64], given: npt.NDArray[np.int64]) -> float:
        here = targets == label
        return float((given[here] == label).mean()) if here.any() else 1.0

    return of


MEASURES = {"accuracy": accuracy, "macro-F1": f1} | {
    f"recall of {label}": recall(number) for number, label in enumerate(LABELS)
}


@with_progress
def evaluate_classifier(data: Path, work: Path, progress: Progress) -> None:
    """Train without the held-out mouths, evaluate on them, and save the scores for the cards."""
    dataset = Data.load(data, work, progress)
    found = {
        name: scores(predictions) + _abstention_scores(predictions, work, KINDS[name])
        for name, predictions in _predict(dataset, data, work, KINDS, progress)
    }
    rules = rule_logits(measured(data, dataset.mouths), dataset.labels)
    found[RIVAL] = scores(HeldOutPredictions(dataset, [rules]))
    for name, rows in found.items():
        for row in rows:
            progress.say(
                f"{name}, {row['on']}: {row['measure']} {row['value']:.3f} "
                f"({row['low']:.3f} to {row['high']:.3f}), {row['count']} mouths, "
                f"seeds {row['seeds']}"
            )
    write_json(SCORES, found)


@with_progress
def evaluate_data_groups(data: Path, work: Path, progress: Progress) -> None:
    """Print accuracy and macro-F1 for each group of training data: mean and spread."""
    dataset = Data.load(data, work, progress)
    for name, predictions in _predict(dataset, data, work, GROUPED, progress):
        for on, where in _slices(dataset).items():
            rows = [predictions.score(on, where, what) for what in ("accuracy", "macro-F1")]
            probs = "  ".join(f"{row['value']:.3f} ± {np.std(row['seeds']):.3f}" for row in rows)
            progress.say(f"{name}  |  {on}  |  {probs}")


def _predict(
    data: Data, folder: Path, work: Path, kinds: dict[str, tuple[str, ...]], progress: Progress
) -> list[tuple[str, HeldOutPredictions]]:
    runs = [Run(parts=parts, seed=seed) for parts in kinds.values() for seed in SEEDS]
    logits = run_all(folder, work, runs, progress)
    count = len(SEEDS)
    return [
        (name, HeldOutPredictions(data, logits[number * count : (number + 1) * count]))
        for number, name in enumerate(kinds)
    ]


def _slices(data: Data) -> dict[str, Mask]:
    held_out = np.isin(data.sources, HELD_OUT_SOURCES)
    easy = np.array([m.file.startswith("dev4/") for m in data.mouths])
    return {
        "left-out sources, mouths on which dev4's passes agree": held_out & easy,
        "left-out sources, all": held_out,
        "web pictures, a left-out source": np.isin(data.sources, WEB),
        "a third of UTKFace": held_out_utkface(data),
    }


def scores(predictions: HeldOutPredictions) -> list[dict[str, Any]]:
    """Return the score rows of a model card."""
    data = predictions.data
    rows = []
    for name, where in _slices(data).items():
        whole = len(np.unique(data.labels[where & (data.labels >= 0)])) == len(LABELS)
        rows += [
            predictions.score(name, where, what) for what in MEASURES if whole or what == "accuracy"
        ]
    return [
        *rows,
        *_calibration_scores(predictions, np.isin(data.sources, HELD_OUT_SOURCES)),
        *_false_pout_rates(predictions),
    ]


def _calibration_scores(predictions: HeldOutPredictions, held_out: Mask) -> list[dict[str, Any]]:
    """Return score rows of calibration; temperature and threshold are fitted on UTKFace."""
    data = predictions.data
    fit = held_out_utkface(data) & (data.labels >= 0)
    here = held_out & (data.labels >= 0)
    targets = data.labels[here]
    errors, wrong, answered = [], [], []
    for logits in predictions.logits:
        temperature, threshold = _fit_threshold(logits[fit], data.labels[fit])
        probs = softmax(logits[here], temperature)
        errors.append(calibration_error(calibration(probs, targets)) or 0.0)
        sure = probs.max(1) >= threshold
        answered.append(float(sure.mean()))
        wrong.append(float((probs.argmax(1) != targets)[sure].mean()))
    on = "left-out sources, all"
    return [
        _score(on, "expected calibration error", errors, None, len(targets)),
        _share(on, f"share answered at a stated error of {ERROR:g}", answered, len(targets)),
        _share(
            on,
            f"error of these answers, stated {ERROR:g}",
            wrong,
            round(float(np.mean(answered)) * len(targets)),
        ),
    ]


def _abstention_scores(
    predictions: HeldOutPredictions, work: Path, parts: tuple[str, ...]
) -> list[dict[str, Any]]:
    """Return score rows: abstention without a visible mouth, and agreement of grey and colour."""
    data = predictions.data
    held_out = np.nonzero(np.isin(data.sources, HELD_OUT_SOURCES))[0]
    # Rolled by one, so that each cover shows the skin of another mouth.
    mouths, others = data.pixels[held_out], data.pixels[np.roll(held_out, 1)]
    grey = mouths @ np.array(LUMINANCE)
    squares = {
        "mouths behind a blob or a mask": occluded_mouths(mouths, others, 11),
        "crops from beside the mouth": off_mouth_crops(mouths, 12),
        "the same mouths in grey": np.repeat(np.rint(grey)[..., None], 3, 3).astype(np.uint8),
    }
    rates: dict[str, list[float]] = {name: [] for name in squares}
    fit = held_out_utkface(data) & (data.labels >= 0)
    for seed, logits in zip(SEEDS, predictions.logits, strict=True):
        checkpoint = load(kept(data, work, Run(parts=parts, seed=seed)).with_suffix(".pt"))
        network = build(checkpoint.spec.network, LABELS).eval()
        network.load_state_dict(checkpoint.weights)
        temperature, threshold = _fit_threshold(logits[fit], data.labels[fit])
        for name, pixels in squares.items():
            probs = network_logits(network, checkpoint.spec, pixels)
            if "grey" in name:
                rates[name].append(float((probs.argmax(1) == logits[held_out].argmax(1)).mean()))
            else:
                rates[name].append(float((softmax(probs, temperature).max(1) < threshold).mean()))
    return [
        _share(name, "called alike" if "grey" in name else "unsure", shares, len(held_out))
        for name, shares in rates.items()
    ]


def _fit_threshold(logits: Logits, targets: npt.NDArray[np.int64]) -> tuple[float, float]:
    """Return the temperature, and the probability below which to abstain to keep `ERROR`."""
    temperature = fit_temperature(logits, targets)
    return temperature, abstention_threshold(
        fit_abstention(softmax(logits, temperature), targets), ERROR
    )


def _false_pout_rates(predictions: HeldOutPredictions) -> list[dict[str, Any]]:
    """Return score rows: rate of adults at rest that are predicted as pout, by group."""
    data = predictions.data
    rows = []
    for group in GROUPS:
        who = held_out_utkface(data) & np.array(
            [_is_resting_adult(m.tags, group) for m in data.mouths]
        )
        who &= (data.labels < 0) | (data.labels == LABELS.index("none"))
        called = [
            float((logits[who].argmax(1) == LABELS.index("pout")).mean())
            for logits in predictions.logits
        ]
        rows.append(_share(f"{group} adults at rest", "called pout", called, int(who.sum())))
    return rows


def _is_resting_adult(tags: dict[str, str], group: str) -> bool:
    return (
        tags.get("ethnicity") == group
        and tags.get("rest") == "yes"
        and tags["age"].isdigit()
        and int(tags["age"]) >= ADULT
    )


def _share(on: str, measure: str, seeds: list[float], count: int) -> dict[str, Any]:
    """Return a score row with the Wilson interval of the mean proportion over the seeds."""
    interval = wilson(round(float(np.mean(seeds)) * count), count)
    return _score(on, measure, seeds, interval, count)


def _score(
    on: str, measure: str, seeds: list[float], interval: tuple[float, float] | None, count: int
) -> dict[str, Any]:
    """Return a score row; `interval` defaults to two standard deviations over the seeds."""
    mean, spread = float(np.mean(seeds)), float(np.std(seeds))
    low, high = interval or (max(0.0, mean - 2 * spread), min(1.0, mean + 2 * spread))
    return {
        "on": on,
        "measure": measure,
        "value": round(mean, 4),
        "low": round(low, 4),
        "high": round(high, 4),
        "count": count,
        "command": COMMAND,
        "seeds": [round(seed, 4) for seed in seeds],
    }
