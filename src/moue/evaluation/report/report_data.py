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
    """Pictures that a stage set aside for one reason.

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
    """All that one report shows. What is empty or None is left out of the page.

    Attributes:
        run: its name.
        created: when the page was made, as text.
        version: of moue.
        split_name: `test`, or `val` where there is no test set; the page then says that this
            set chose the model.
        unseen: whether it is known that the model learnt from none of these mouths; never so for
            a model that came from elsewhere.
        best: number of the epoch that was kept.
        counts: labelled mouths by split, then by label.
        funnel: the pipeline's steps in order, and how many were left after each.
        crops: the mouths of `evaluation.mistakes`, by name; a mistake without one is not shown.
        examples: a few mouths of each label.
        commands: what to type to make this again.
        robustness: how it did on pictures made worse.
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
    examples: Mapping[str, Sequence[Image]] = field(default_factory=dict)
    leakage: Leakage | None = None
    commands: Sequence[str] = ()
    robustness: Sequence[Curve] = ()
    corrupted: Sequence[Sequence[Image]] = ()
    comparison: Comparison | None = None
