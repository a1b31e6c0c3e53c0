"""Several models on one and the same test set, compared in pairs."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from moue.errors import DataError
from moue.evaluation.comparison import Comparison, compare
from moue.evaluation.metrics import Proportion, as_plain
from moue.evaluation.summary_lines import compared
from moue.evaluation.test_set import (
    LabelledMouth,
    examples,
    load_model_for,
    load_test_set,
    predict_logits,
)
from moue.files import read_json
from moue.workspace.context import Context
from moue.workspace.workspace import MOUTHS


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranked:
    """One model's place.

    Attributes:
        against_first: the first model beside this one; None for the first.
        words: on that comparison.
    """

    run: str
    accuracy: Proportion
    against_first: Comparison | None
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking:
    """Models on one set of mouths, the most accurate first.

    Attributes:
        split: that the mouths are of.
        count: of the mouths.
        notes: on what was left out.
    """

    split: str
    count: int
    ranked: tuple[Ranked, ...]
    notes: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return as_plain(self)  # type: ignore[no-any-return]


def mouths_used_by(folder: Path) -> set[str]:
    """Return the mouths that a run was trained on or chosen by; none for a model file."""
    try:
        return set((folder / MOUTHS).read_text(encoding="utf-8").split())
    except OSError:
        return set()


def unseen(judged: Sequence[LabelledMouth], folders: Collection[Path]) -> list[LabelledMouth]:
    """Return the mouths that none of these runs learnt from."""
    learnt = set[str]().union(*map(mouths_used_by, folders))
    return [one for one in judged if one.mouth.name not in learnt]


def known_unseen(folder: Path, judged: Sequence[LabelledMouth]) -> bool:
    """Whether it is known that a model has seen none of these mouths before.

    It is for a run that lists what it learnt from and began with fresh weights. What a shipped
    model, or any model file, learnt from cannot be compared with them.
    """
    try:
        fresh = read_json(folder / "settings.json").get("fine_tune") is None
    except (OSError, DataError):
        return False
    learnt = mouths_used_by(folder)
    return fresh and bool(learnt) and not any(one.mouth.name in learnt for one in judged)


def rank(context: Context, folders: Sequence[Path]) -> Ranking:
    """Judge models on the mouths of the present test set that none of them learnt from.

    Raises:
        DataError: nothing is split, no mouth is left, or a model does not know a label.
        ModelError: no model there.
    """
    workspace = context.workspace
    split, everything = load_test_set(workspace, context.catalog)
    # The validation set chose each run's epoch: leaving it out would leave nothing.
    judged = unseen(everything, folders) if split == "test" else everything
    notes = []
    if len(judged) < len(everything):
        left = len(everything) - len(judged)
        notes.append(f"{left} of {len(everything)} mouths are left out: a run learnt from them")
    if not judged:
        raise DataError(
            "every test mouth was in the training set of one of these runs; "
            "compare fewer of them, or add pictures"
        )
    if split != "test":
        notes.append("there is no test set: this set also chose each model, so it flatters them")
    shown = examples(workspace, judged)
    given = {}
    for folder in folders:
        model = load_model_for(folder, judged)
        logits = predict_logits(model, judged, f"evaluate {folder.name}", context.progress)
        given[folder] = [model.spec.labels[index] for index in logits.argmax(axis=1)]
    right = {
        folder: sum(a == b.label for a, b in zip(rows, shown, strict=True))
        for folder, rows in given.items()
    }
    order = sorted(given, key=lambda folder: -right[folder])
    ranked = []
    for folder in order:
        comparison = None
        if folder != order[0]:
            names = (order[0].name, folder.name)
            comparison = compare(shown, given[order[0]], given[folder], names)
        ranked.append(
            Ranked(
                run=folder.name,
                accuracy=Proportion(right=right[folder], count=len(shown)),
                against_first=comparison,
                words="" if comparison is None else compared(comparison),
            )
        )
    return Ranking(split=split, count=len(shown), ranked=tuple(ranked), notes=tuple(notes))
