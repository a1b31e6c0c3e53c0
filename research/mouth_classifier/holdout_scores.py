"""Score rows of the model card: metrics on held-out mouths with intervals, over several seeds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from moue.evaluation.metrics import confusion_matrix, macro_f1, wilson
from moue.model.abstention import Thresholds, abstention_threshold, fit_abstention
from moue.model.calibration import calibration, calibration_error, fit_temperature, softmax
from moue.workspace.types import LABELS
from research.mouth_classifier.fit_network import Logits
from research.mouth_classifier.student_dataset import Data, Mask

BOOTSTRAP = 1000
MAX_ERRORS = (0.02, 0.05)
"""Stated maximum errors whose true error is measured."""
Targets = npt.NDArray[np.int64]


def accuracy(targets: Targets, given: Targets) -> float:
    """Return the proportion of correct predictions."""
    return float((targets == given).mean())


def f1(targets: Targets, given: Targets) -> float:
    """Return the macro-F1 over the labels that occur."""
    return macro_f1(confusion_matrix(targets, given, len(LABELS))) or 0.0


def recall(label: int) -> Callable[[Targets, Targets], float]:
    """Return the function that computes the recall of a label."""

    def of(targets: Targets, given: Targets) -> float:
        here = targets == label
        return float((given[here] == label).mean()) if here.any() else 1.0

    return of


MEASURES = {"accuracy": accuracy, "macro-F1": f1} | {
    f"recall of {label}": recall(number) for number, label in enumerate(LABELS)
}


@dataclass(frozen=True, slots=True)
class HeldOutPredictions:
    """The data set and the (N, K) logits of the network of each seed."""

    data: Data
    logits: Sequence[Logits]

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
        return score_row(on, measure, seeds, (float(low), float(high)), len(here))

    def predicted_pout(self, on: str, where: Mask) -> dict[str, Any]:
        """Return a score row: the share of mouths that are predicted as pout."""
        pout = LABELS.index("pout")
        shares = [float((logits[where].argmax(1) == pout).mean()) for logits in self.logits]
        return share_row(on, "predicted as pout", shares, int(where.sum()))

    def calibration_rows(self, folds: Sequence[Mask]) -> list[dict[str, Any]]:
        """Return score rows of calibration and abstention, cross-fitted between the folds.

        The temperature and the thresholds for a fold are fitted on all other folds, whose sources
        are different.
        """
        errors: list[float] = []
        answered: dict[float, list[float]] = {error: [] for error in MAX_ERRORS}
        wrong: dict[float, list[float]] = {error: [] for error in MAX_ERRORS}
        labelled = self.data.labels >= 0
        for logits in self.logits:
            probs = np.zeros((len(labelled), len(LABELS)))
            sure = {error: np.zeros(len(labelled), bool) for error in MAX_ERRORS}
            for fold in folds:
                rest = np.any([other for other in folds if other is not fold], axis=0) & labelled
                temperature, thresholds = fit(logits[rest], self.data.labels[rest])
                probs[fold] = softmax(logits[fold], temperature)
                for error in MAX_ERRORS:
                    limit = abstention_threshold(thresholds, error)
                    sure[error][fold] = probs[fold].max(1) >= limit
            here = np.any(folds, axis=0) & labelled
            targets = self.data.labels[here]
            errors.append(calibration_error(calibration(probs[here], targets)) or 0.0)
            false = probs[here].argmax(1) != targets
            for error in MAX_ERRORS:
                answered[error].append(float(sure[error][here].mean()))
                wrong[error].append(float(false[sure[error][here]].mean()))
        on, count = "left-out sources, cross-fitted", int(here.sum())
        rows = [score_row(on, "expected calibration error", errors, None, count)]
        for error in MAX_ERRORS:
            given = round(float(np.mean(answered[error])) * count)
            rows += [
                share_row(on, f"coverage at a maximum error of {error:g}", answered[error], count),
                share_row(
                    on, f"error of the answers at a maximum error of {error:g}", wrong[error], given
                ),
            ]
        return rows


def fit(logits: Logits, targets: Targets) -> tuple[float, Thresholds]:
    """Return the temperature and the abstention thresholds of held-out logits."""
    temperature = fit_temperature(logits, targets)
    return temperature, fit_abstention(softmax(logits, temperature), targets)


def share_row(on: str, measure: str, seeds: list[float], count: int) -> dict[str, Any]:
    """Return a score row with the Wilson interval of the mean proportion over the seeds."""
    interval = wilson(round(float(np.mean(seeds)) * count), count)
    return score_row(on, measure, seeds, interval, count)


def score_row(
    on: str, measure: str, seeds: list[float], interval: tuple[float, float] | None, count: int
) -> dict[str, Any]:
    """Return a score row; `interval` defaults to two standard deviations over the seeds."""
    mean, spread = float(np.mean(seeds)), float(np.std(seeds))
    low, high = interval or (max(0.0, mean - 2 * spread), min(1.0, mean + 2 * spread))
    return {
        "on": on,
        "measure": measure,
        "value": round(mean, 4),
        "low": round(min(low, mean), 4),
        "high": round(max(high, mean), 4),
        "count": count,
        "seeds": [round(seed, 4) for seed in seeds],
    }
