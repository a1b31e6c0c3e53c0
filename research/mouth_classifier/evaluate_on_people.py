"""Measure bundled classifiers on labelled mouths of people, by source, with intervals.

Only for models that were never trained on these people, such as those of the free set.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from moue.face.mouth_crop import CROP_SCALE
from moue.model.classifier import Classifier
from moue.progress import Progress
from moue.workspace.types import LABELS
from research.mouth_classifier.crops import CROP, SIDE, load_crops
from research.mouth_classifier.development_data import GENERATED_TABLES, Mouth, mouths
from research.mouth_classifier.evaluate_classifier import accuracy, f1, recall

MOST = 120
"""Maximum number of mouths of one label and source."""
DRAWS = 1000


def evaluate_on_people(data: Path, work: Path, models: list[str]) -> None:
    """Print accuracy, macro-F1 and recall of each model on a sample of the labelled mouths."""
    chosen = _sample(mouths(data))
    pixels = load_crops(data, chosen, work, Progress())
    margin = (SIDE - CROP) // 2
    crops = list(pixels[:, margin : SIDE - margin, margin : SIDE - margin])
    targets = np.array([LABELS.index(str(mouth.label)) for mouth in chosen])
    sources = np.array([mouth.source for mouth in chosen])
    for model in models:
        classifier = Classifier.load(model)
        if classifier.spec.crop_scale != CROP_SCALE or classifier.spec.labels != LABELS:
            raise SystemExit(f"{model}: has another crop scale or other labels")
        given = classifier.probabilities(crops).argmax(1)
        for source in ("all", *sorted(set(sources))):
            here = (sources == source) | (source == "all")
            _report(f"{model}, {source}", targets[here], given[here])


def _sample(known: list[Mouth]) -> list[Mouth]:
    """Return at most `MOST` labelled mouths of people for each label and source."""
    groups: dict[tuple[str, str], list[Mouth]] = {}
    for mouth in known:
        if mouth.label and mouth.source not in GENERATED_TABLES.values():
            groups.setdefault((mouth.source, mouth.label), []).append(mouth)
    rng = np.random.default_rng(0)
    orders = [(group, rng.permutation(len(group))[:MOST]) for group in groups.values()]
    return [group[i] for group, order in orders for i in order]


def _report(name: str, targets: npt.NDArray[np.int64], given: npt.NDArray[np.int64]) -> None:
    rng = np.random.default_rng(0)
    picks = [rng.integers(len(targets), size=len(targets)) for _ in range(DRAWS)]
    low, high = np.quantile([f1(targets[p], given[p]) for p in picks], [0.025, 0.975])
    recalls = " / ".join(f"{recall(n)(targets, given):.2f}" for n in range(len(LABELS)))
    print(
        f"{name}: {len(targets)} mouths, accuracy {accuracy(targets, given):.3f}, macro-F1 "
        f"{f1(targets, given):.3f} ({low:.3f} to {high:.3f}), recall {recalls}"
    )
