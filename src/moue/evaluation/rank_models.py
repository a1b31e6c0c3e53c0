"""Rank several models by accuracy on the same test set and compare each with the best model."""

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
from moue.face.backends import FaceSettings
from moue.files import read_json
from moue.workspace.context import Context
from moue.workspace.workspace import MOUTHS


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranked:
    """The result of one model in a ranking.

    Attributes:
        run: name of the model.
        accuracy: accuracy of the model.
        against_first: comparison of the best model with this model; None for the best model.
        summary: `against_first` as text; empty for the best model.
    """

    run: str
    accuracy: Proportion
    against_first: Comparison | None
    summary: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking:
    """The ranking of models on one set of mouths.

    Attributes:
        split: split of the mouths: `test`, or `val` without a test set.
        count: number of mouths.
        ranked: results of the models, sorted by descending accuracy.
        notes: sentences for the user, such as the number of mouths that were left out.
    """

    split: str
    count: int
    ranked: tuple[Ranked, ...]
    notes: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the ranking as a JSON-serialisable dict."""
        return as_plain(self)  # type: ignore[no-any-return]


def mouths_used_by(folder: Path) -> set[str]:
    """Return the names of a run's training and validation mouths; empty for a model file."""
    try:
        return set((folder / MOUTHS).read_text(encoding="utf-8").split())
    except OSError:
        return set()


def unseen(mouths: Sequence[LabelledMouth], folders: Collection[Path]) -> list[LabelledMouth]:
    """Return the mouths that no run in `folders` used for training or validation."""
    used = set[str]().union(*map(mouths_used_by, folders))
    return [one for one in mouths if one.mouth.name not in used]


def known_unseen(folder: Path, mouths: Sequence[LabelledMouth]) -> bool:
    """Return True if a model is known not to have been trained on any of the mouths.

    All training mouths are known only for a run that was trained from random weights. Those of a
    bundled model or a model file are unknown.
    """
    try:
        fresh = read_json(folder / "settings.json").get("fine_tune") is None
    except (OSError, DataError):
        return False
    used = mouths_used_by(folder)
    return fresh and bool(used) and not any(one.mouth.name in used for one in mouths)


def rank(context: Context, folders: Sequence[Path]) -> Ranking:
    """Rank models on the test mouths that none of them used for training or validation.

    Args:
        context: workspace, catalog and progress of the call.
        folders: run folders or model files.

    Raises:
        DataError: the test and validation sets are empty, no mouth is left, or a model does not
            have a label of the set.
        ModelError: a model does not exist.
    """
    workspace = context.workspace
    split, everything = load_test_set(workspace, context.catalog)
    # All runs use the validation set to choose an epoch, so no mouth of it would be left.
    mouths = unseen(everything, folders) if split == "test" else everything
    notes = []
    if len(mouths) < len(everything):
        left = len(everything) - len(mouths)
        notes.append(f"{left} of {len(everything)} mouths are left out, because a run used them")
    if not mouths:
        raise DataError(
            "every test mouth was in the training set of one of these runs; compare fewer runs, "
            "or add pictures to the test set"
        )
    if split != "test":
        notes.append(
            "there is no test set; the results on the validation set are overestimated, since "
            "this set also selected the best epoch of each model"
        )
    examples = make_examples(mouths)
    predicted = {}
    for folder in folders:
        model = load_model_for(folder, mouths, context.config.get(FaceSettings).licence)
        logits = predict_logits(model, mouths, f"evaluate {folder.name}", context.progress)
        predicted[folder] = [model.spec.labels[index] for index in logits.argmax(axis=1)]
    right = {
        folder: sum(a == b.label for a, b in zip(rows, examples, strict=True))
        for folder, rows in predicted.items()
    }
    # The sort is stable: equal models keep the order of `folders`.
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
