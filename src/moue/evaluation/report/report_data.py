"""The data of a report, collected by its caller."""

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
    """Pictures that were dropped for one reason.

    Attributes:
        reason: a key of `DROP_REASONS`.
        pictures: a few of them, each with a caption.
    """

    reason: str
    meaning: str
    count: int
    pictures: Sequence[tuple[Image, str]] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportData:
    """All that one report shows. The page leaves out what is empty or None.

    Attributes:
        run: the name of the run.
        created: the time of the evaluation, as text.
        version: of moue.
        split_name: `test`, or `val` without a test set.
        unseen: whether the model is known to have seen none of these mouths in training.
        best: the number of the epoch whose weights were kept.
        counts: labelled mouths by split, then by label.
        funnel: the stages of the pipeline, each with the number of pictures left after it.
        crops: the mouths of `evaluation.mistakes`, by name; a mistake without one is not shown.
        crop_files: the addresses of their files, relative to the page, by name; may be empty.
        examples: a few mouths of each label.
        commands: the commands that reproduce the run.
        robustness: accuracy under corruptions.
        corrupted: one mouth at each point of each of these curves; may be empty.
        comparison: with another model.
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
