"""Measure bundled classifiers on labelled mouths of people, by source, with intervals.

Only for models that were never trained on these people, such as those of the free set.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from moue.face.mouth_crop import crop_square, mouth_box
from moue.files import write_json
from moue.model.classifier import Classifier
from moue.workspace.types import LABELS
from research.common.video_frames import read_picture
from research.mouth_classifier.development_data import Mouth, mouths
from research.mouth_classifier.holdout_scores import MEASURES
from research.mouth_classifier.train_free import NAME, SCORES

MOST, LEAST = 120, 100
"""Maximum number of mouths of one label and source; minimum of a group that is reported."""
DRAWS = 1000


def evaluate_on_people(data: Path, models: list[str]) -> None:
    """Measure each model on a sample of the labelled mouths, and keep the scores of `free`."""
    chosen = _sample(mouths(data))
    targets = np.array([LABELS.index(str(mouth.label)) for mouth in chosen])
    for name in models:
        given = _predictions(Classifier.load(name), data, chosen)
        rows = [row for where, mask in _groups(chosen).items()
                for row in _scores(where, targets[mask], given[mask])]  # fmt: skip
        for row in rows:
            print(f"{name}, {row['on']}: {row['measure']} {row['value']:.3f} "
                  f"({row['low']:.3f} to {row['high']:.3f}), {row['count']} mouths")  # fmt: skip
        if name == NAME:
            write_json(SCORES, rows)


def _predictions(classifier: Classifier, data: Path, chosen: list[Mouth]) -> npt.NDArray[np.int64]:
    found = []
    for mouth in chosen:
        assert mouth.lips is not None
        box = mouth_box(mouth.lips, classifier.spec.crop_scale)
        crop = crop_square(read_picture(data, mouth.file), box)
        found.append(int(classifier.probabilities([crop])[0].argmax()))
    return np.array(found)


def _sample(known: list[Mouth]) -> list[Mouth]:
    """Return at most `MOST` labelled mouths with a lip box for each label and source."""
    groups: dict[tuple[str, str], list[Mouth]] = {}
    for mouth in known:
        if mouth.label and mouth.lips is not None and not mouth.source_is_square:
            groups.setdefault((mouth.source, mouth.label), []).append(mouth)
    rng = np.random.default_rng(0)
    orders = [(group, rng.permutation(len(group))[:MOST]) for group in groups.values()]
    sample = [group[i] for group, order in orders for i in order]
    # Sets of mouth crops show too little for a model that needs the whole face.
    return [mouth for mouth in sample if mouth.lips is not None]


def _groups(chosen: list[Mouth]) -> dict[str, npt.NDArray[np.bool_]]:
    """Return the masks of the reported groups, by name."""
    sources = np.array([mouth.source for mouth in chosen])
    groups = {"mouths of people, at most 120 of each label and source": np.ones(len(chosen), bool)}
    groups["the same, agreeing labels of dev4"] = np.array(
        [mouth.file.startswith("dev4/") for mouth in chosen]
    )
    for source in sorted(set(sources)):
        if (sources == source).sum() >= LEAST:
            groups[f"the same, {source}"] = sources == source
    return groups


def _scores(
    where: str, targets: npt.NDArray[np.int64], given: npt.NDArray[np.int64]
) -> list[dict[str, Any]]:
    """Return the score rows of one group, with bootstrap intervals over the mouths."""
    rng = np.random.default_rng(0)
    picks = [rng.integers(len(targets), size=len(targets)) for _ in range(DRAWS)]
    rows = []
    for measure, metric in MEASURES.items():
        value = metric(targets, given)
        low, high = np.quantile([metric(targets[p], given[p]) for p in picks], [0.025, 0.975])
        rows.append({
            "on": where, "measure": measure, "value": round(value, 4),
            "low": round(min(float(low), value), 4), "high": round(max(float(high), value), 4),
            "count": len(targets), "command": "python -m research evaluate-on-people DATA free",
        })  # fmt: skip
    return rows
