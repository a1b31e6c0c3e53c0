"""How good it is on sources that training never saw."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from moue.files import write_json
from moue.model.metrics import bootstrap_f1, confusion_matrix, macro_f1, wilson
from moue.progress import Progress
from training.course import PUPIL, Data, Mask, teach
from training.fit import logits
from training.weights import SCORES

CHOOSE = ("helen", "portraits", "talking")
REPORT = ("web", "stage")
"""Two groups of sources that a scored network never sees. The first helped to choose the recipe,
so it is flattered; the second did not."""
COMMAND = "python -m training scores DATA"


def leave_out(folder: Path, work: Path, progress: Progress) -> None:
    """Train without both groups, judge on each, and keep the scores for the card."""
    data = Data.load(folder, work, progress)
    held = np.isin(data.sources, CHOOSE + REPORT)
    known = held & (data.labels >= 0)
    with progress.task("train without the held-out sources", PUPIL.epochs) as advance:
        # What it is validated on has no say: the last epoch's average is judged.
        network = teach(data, ~held, known, PUPIL, told=advance)
    found = []
    groups = {
        "held-out sources that helped to choose the recipe": np.isin(data.sources, CHOOSE),
        "web pictures, a source that chose nothing": np.isin(data.sources, REPORT),
    }
    for name, group in groups.items():
        here = known & group
        given = logits(network, data.pixels[here]).argmax(1)
        found += _scores(name, data, here, given)
    for score in found:
        progress.say(f"{score['on']}: {score['measure']} {score['value']:.3f}")
    write_json(SCORES, found)


def _scores(name: str, data: Data, here: Mask, given: np.ndarray) -> list[dict[str, object]]:
    targets = data.labels[here]
    right, count = int((given == targets).sum()), len(targets)
    scores: list[dict[str, object]] = []
    rows = [("accuracy", right / count, wilson(right, count))]
    if len(np.unique(targets)) == 4:
        f1 = macro_f1(confusion_matrix(targets, given, 4))
        rows.append(("macro-F1", f1 or 0.0, bootstrap_f1(targets, given, 4)))
    for measure, value, interval in rows:
        low, high = interval or (0.0, 1.0)
        scores.append(
            {"on": name, "measure": measure, "value": round(value, 4), "low": round(low, 4),
             "high": round(high, 4), "count": count, "command": COMMAND}
        )  # fmt: skip
    return scores
