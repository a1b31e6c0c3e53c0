"""Rank several models on the same test set, each compared with the best."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from moue.errors import DataError
from moue.evaluation.comparison import Comparison, compare
from moue.evaluation.metrics import Proportion, as_plain
from moue.evaluation.summary_lines import comparison_summary
from moue.evaluation.test_set import (
    LabelledMouth,
    load_model_for,
    load_test_set,
    make_examples,
    predict_logits,
)
from moue.files import read_json
from moue.workspace.context import Context
from moue.workspace.workspace import MOUTHS


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranked:
    """The result of one model.

    Attributes:
        against_first: the comparison of the best model with this one; None for the best.
        summary: that comparison as text.
    """

    run: str
    accuracy: Proportion
    against_first: Comparison | None
    summary: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking:
    """Models on one set of mouths, the most accurate first.

    Attributes:
        split: `test`, or `val` without a test set.
        count: number of mouths.
        notes: what was left out.
    """

    split: str
    count: int
    ranked: tuple[Ranked, ...]
    notes: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return as_plain(self)  # type: ignore[no-any-return]


def mouths_used_by(folder: Path) -> set[str]:
    """Return the names of a run's training and validation mouths; empty for a model file."""
    try:
        return set((folder / MOUTHS).read_text(encoding="utf-8").split())
    except OSError:
        return set()


def unseen(mouths: Sequence[LabelledMouth], folders: Collection[Path]) -> list[LabelledMouth]:
    """Return the mouths that none of these runs used for training or validation."""
    used = set[str]().union(*map(mouths_used_by, folders))
    return [one for one in mouths if one.mouth.name not in used]


def known_unseen(folder: Path, mouths: Sequence[LabelledMouth]) -> bool:
    """Return whether a model is known to have seen none of these mouths in training.

    Only a run from random weights lists all its training mouths. The training mouths of a bundled
    model, or of a model file, are unknown.
    """
    try:
        fresh = read_json(folder / "settings.json").get("fine_tune") is None
    except (OSError, DataError):
        return False
    used = mouths_used_by(folder)
    return fresh and bool(used) and not any(one.mouth.name in used for one in mouths)


def rank(context: Context, folders: Sequence[Path]) -> Ranking:
    """Rank models on the test mouths that none of them used for training or validation.

    Raises:
        DataError: nothing is split, no mouth is left, or a model does not know a label.
        ModelError: no such model.
    """
    workspace = context.workspace
    split, everything = load_test_set(workspace, context.catalog)
    # All runs use the validation set to choose an epoch: leaving it out would leave nothing.
    mouths = unseen(everything, folders) if split == "test" else everything
    notes = []
    if len(mouths) < len(everything):
        left = len(everything) - len(mouths)
        notes.append(f"{left} of {len(everything)} mouths are left out: a run was trained on them")
    if not mouths:
        raise DataError(
            "every test mouth was in the training set of one of these runs; "
            "compare fewer of them, or add pictures"
        )
    if split != "test":
        notes.append(
            "there is no test set: the validation set also chose each model, so the results "
            "are too good"
        )
    examples = make_examples(workspace, mouths)
    predicted = {}
    for folder in folders:
        model = load_model_for(folder, mouths)
        logits = predict_logits(model, mouths, f"evaluate {folder.name}", context.progress)
        predicted[folder] = [model.spec.labels[index] for index in logits.argmax(axis=1)]
    right = {
        folder: sum(a == b.label for a, b in zip(rows, examples, strict=True))
        for folder, rows in predicted.items()
    }
    order = sorted(predicted, key=lambda folder: -right[folder])
    ranked = []
    for folder in order:
        comparison = None
        if folder != order[0]:
            names = (order[0].name, folder.name)
            comparison = compare(examples, predicted[order[0]], predicted[folder], names)
        ranked.append(
            Ranked(
                run=folder.name,
                accuracy=Proportion(right=right[folder], count=len(examples)),
                against_first=comparison,
                summary="" if comparison is None else comparison_summary(comparison),
            )
        )
    return Ranking(split=split, count=len(examples), ranked=tuple(ranked), notes=tuple(notes))
