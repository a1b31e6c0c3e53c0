"""Rows of the model card: accuracy, rivals, abstention and groups of people."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from moue.model.abstention import Thresholds, abstention_threshold
from moue.model.calibration import softmax
from moue.training.networks import LUMINANCE
from moue.workspace.types import LABELS
from research.mouth_classifier.crops import Pixels
from research.mouth_classifier.fit_network import Logits
from research.mouth_classifier.holdout_runs import (
    FOLDS,
    HELD_OUT_SOURCES,
    WEB,
    held_out_utkface,
)
from research.mouth_classifier.holdout_scores import (
    MEASURES,
    HeldOutPredictions,
    fit,
    share_row,
)
from research.mouth_classifier.mesh_teacher import rival_logits
from research.mouth_classifier.student_dataset import Mask
from research.mouth_classifier.synthetic_crops import occluded_mouths, off_mouth_crops

GROUPS = ("white", "black", "asian", "indian")
ADULT, OLD = 18, 60
MIN_COUNT = 30
"""Smallest number of labelled mouths of a slice with its own scores."""
ERROR = 0.05
"""Maximum error at which abstention without a visible mouth is measured."""
HIDDEN_STEP = 5
"""Every fifth held-out mouth is measured without a visible mouth."""


def measure(
    predictions: HeldOutPredictions,
    networks: Sequence[Callable[[Pixels], Logits]],
    mesh: Path,
    command: str,
) -> dict[str, Any]:
    """Return the temperature, the thresholds and the score rows of a model.

    Args:
        networks: Function of each seed, from (N, SIDE, SIDE, 3) squares to (N, K) logits.
        mesh: Folder with the measures of a face mesh; without it, there are no rival rows.
        command: Command that the rows state.
    """
    data, people = predictions.data, held_out_utkface(predictions.data)
    folds = [np.isin(data.sources, fold) for fold in FOLDS]
    # The shipped model is calibrated on all held-out mouths of all seeds.
    used = (np.any(folds, axis=0) | people) & (data.labels >= 0)
    pooled = np.concatenate([each[used] for each in predictions.logits])
    temperature, thresholds = fit(pooled, np.tile(data.labels[used], len(predictions.logits)))
    rows = [
        *accuracy_rows(predictions),
        *predictions.calibration_rows([*folds, people]),
        *hidden_rows(predictions, networks, temperature, thresholds),
        *group_rows(predictions),
        *rival_rows(predictions, mesh),
    ]
    rows = [row | {"command": command} for row in rows]
    return {"temperature": temperature, "thresholds": thresholds, "scores": rows}


def describe(row: dict[str, Any]) -> str:
    """Return a score row as a line of text."""
    return (
        f"{row['on']}: {row['measure']} {row['value']:.3f} "
        f"({row['low']:.3f} to {row['high']:.3f}), {row['count']} mouths, seeds {row['seeds']}"
    )


def accuracy_rows(predictions: HeldOutPredictions) -> list[dict[str, Any]]:
    """Return score rows by left-out source: accuracy, macro-F1 and the recall of each label."""
    data = predictions.data
    held_out = np.isin(data.sources, HELD_OUT_SOURCES)
    slices = {
        "left-out sources": held_out,
        "left-out sources, without mild pouts": held_out & ~data.mild,
        "a third of UTKFace": held_out_utkface(data),
        "web pictures, a left-out source": np.isin(data.sources, WEB),
    }
    slices |= {f"left-out source {name}": data.sources == name for name in HELD_OUT_SOURCES}
    rows = []
    for name, where in slices.items():
        counts = np.bincount(data.labels[where & (data.labels >= 0)], minlength=len(LABELS))
        if counts.sum() >= MIN_COUNT:
            whole = counts.min() > 0
            rows += [
                predictions.score(name, where, measure)
                for measure in MEASURES
                if whole or measure == "accuracy"
            ]
    return rows


def rival_rows(predictions: HeldOutPredictions, mesh: Path) -> list[dict[str, Any]]:
    """Return score rows of MediaPipe with plain rules, and of the student on the same mouths."""
    if not mesh.is_dir():
        return []
    data = predictions.data
    rules = rival_logits(data, mesh)
    measured = np.isfinite(rules[:, 0])
    slices = {
        "left-out source helen": data.sources == "helen",
        "a third of UTKFace": held_out_utkface(data),
    }
    rows = []
    for name, where in slices.items():
        here = where & measured
        rivals = HeldOutPredictions(data, [rules])
        for measure in MEASURES:
            rows.append(predictions.score(f"{name}, with a face mesh", here, measure))
            rows.append(rivals.score(f"{name}, with a face mesh", here, measure))
            rows[-1]["measure"] = f"{measure} of MediaPipe with plain rules"
    return rows


def hidden_rows(
    predictions: HeldOutPredictions,
    networks: Sequence[Callable[[Pixels], Logits]],
    temperature: float,
    thresholds: Thresholds,
) -> list[dict[str, Any]]:
    """Return score rows: abstention without a visible mouth, and agreement of grey and colour.

    Args:
        networks: Function of each seed, from (N, SIDE, SIDE, 3) squares to (N, K) logits.
    """
    data = predictions.data
    held_out = np.nonzero(np.isin(data.sources, HELD_OUT_SOURCES))[0][::HIDDEN_STEP]
    # Rolled by one, so that each cover shows the skin of another mouth.
    mouths, others = data.pixels[held_out], data.pixels[np.roll(held_out, 1)]
    grey = np.rint(mouths @ np.array(LUMINANCE))[..., None].astype(np.uint8)
    squares = {
        "mouths hidden by a blob or a mask": occluded_mouths(mouths, others, 11),
        "crops next to the mouth": off_mouth_crops(mouths, 12),
        "the same mouths in grey": np.repeat(grey, 3, 3),
    }
    rates: dict[str, list[float]] = {name: [] for name in squares}
    limit = abstention_threshold(thresholds, ERROR)
    for predict, logits in zip(networks, predictions.logits, strict=True):
        for name, pixels in squares.items():
            found = predict(pixels)
            if "grey" in name:
                rates[name].append(float((found.argmax(1) == logits[held_out].argmax(1)).mean()))
            else:
                rates[name].append(float((softmax(found, temperature).max(1) < limit).mean()))
    return [
        share_row(
            name, "same predicted label" if "grey" in name else "abstained", shares, len(held_out)
        )
        for name, shares in rates.items()
    ]


def group_rows(predictions: HeldOutPredictions) -> list[dict[str, Any]]:
    """Return score rows by group, age, sex and light, on the held-out part of UTKFace."""
    data = predictions.data
    people = held_out_utkface(data)
    tags = [mouth.tags for mouth in data.mouths]
    ages = np.array([int(t["age"]) if t.get("age", "").isdigit() else -1 for t in tags])
    light = data.pixels[:, 28:84, 28:84].mean((1, 2, 3))
    dark, bright = np.quantile(light[people], [1 / 3, 2 / 3])
    slices: dict[str, Mask] = {
        **{group: _tagged(tags, "ethnicity", group) for group in GROUPS},
        **{sex: _tagged(tags, "gender", sex) for sex in ("male", "female")},
        "children": (ages >= 0) & (ages < ADULT),
        f"aged {OLD} and older": ages >= OLD,
        "the darkest third": light < dark,
        "the brightest third": light > bright,
    }
    rows = []
    for name, where in slices.items():
        here = people & where
        counts = np.bincount(data.labels[here & (data.labels >= 0)], minlength=len(LABELS))
        rows.append(predictions.score(f"UTKFace, {name}", here, "accuracy"))
        rows += [
            predictions.score(f"UTKFace, {name}", here, f"recall of {label}")
            for label, count in zip(LABELS, counts, strict=True)
            if count
        ]
    none = data.labels == LABELS.index("none")
    for group in GROUPS:
        at_rest = people & none & slices[group] & (ages >= ADULT)
        rows.append(predictions.predicted_pout(f"{group} adults at rest", at_rest))
    return rows


def _tagged(tags: list[dict[str, str]], name: str, value: str) -> Mask:
    return np.array([tag.get(name) == value for tag in tags])
