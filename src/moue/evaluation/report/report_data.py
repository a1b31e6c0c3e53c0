"""The data that a report shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from moue.dataset.leakage import Leakage
from moue.evaluation.comparison import Comparison
from moue.evaluation.evaluate import Evaluation
from moue.evaluation.robustness import Curve
from moue.training.run_log import Epoch
from moue.workspace.types import Image


@dataclass(frozen=True, slots=True, kw_only=True)
class Dropped:
    """The pictures that were dropped for one reason.

    Attributes:
        reason: drop reason, a key of `DROP_REASONS`.
        meaning: description of the drop reason.
        count: number of dropped pictures.
        pictures: a few of the pictures, each with a caption.
    """

    reason: str
    meaning: str
    count: int
    pictures: Sequence[tuple[Image, str]] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportData:
    """The data of one report. The page omits values that are empty or None.

    Attributes:
        run: name of the run.
        created: time of the evaluation, as text.
        version: version of moue.
        evaluation: evaluation of the model.
        split_name: evaluated split: `test`, or `val` without a test set.
        unseen: True if the model is known not to have been trained on any of the mouths.
        settings: settings of the training.
        environment: machine, packages and data of the training.
        epochs: finished epochs of the training.
        best: number of the epoch whose weights were kept.
        counts: number of labelled mouths, by split and label.
        funnel: stages of the pipeline, each with the number of pictures left after the stage.
        dropped: dropped pictures by reason.
        crops: crops of the mouths in `evaluation.mistakes` and `comparison`, by name; a mouth
            without a crop is not shown.
        crop_files: URLs of the crop files relative to the page, by name; may be empty.
        examples: crops of a few mouths of each label.
        leakage: leakage between the splits.
        commands: commands that reproduce the run.
        robustness: accuracy by corruption and severity.
        corrupted: crops of one mouth at each point of each curve of `robustness`; may be empty.
        comparison: comparison with another model.
    """

    run: str
    created: str
    version: str
    evaluation: Evaluation
    split_name: str
    unseen: bool = False
    settings: Mapping[str, Any] = field(default_factory=dict)
    environment: Mapping[str, Any] = field(default_factory=dict)
    epochs: Sequence[Epoch] = ()
    best: int | None = None
    counts: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    funnel: Sequence[tuple[str, int]] = ()
    dropped: Sequence[Dropped] = ()
    crops: Mapping[str, Image] = field(default_factory=dict)
    crop_files: Mapping[str, str] = field(default_factory=dict)
    examples: Mapping[str, Sequence[Image]] = field(default_factory=dict)
    leakage: Leakage | None = None
    commands: Sequence[str] = ()
    robustness: Sequence[Curve] = ()
    corrupted: Sequence[Sequence[Image]] = ()
    comparison: Comparison | None = None
