"""Rank several models by accuracy on the same test set and compare each with the best model."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from moue.errors import DataError
from moue.evaluation.comparison import Comparison, compare
from moue.evaluation.labelled_mouths import LabelledMouths
from moue.evaluation.metrics import Proportion, as_plain
from moue.evaluation.summary_lines import comparison_summary
from moue.evaluation.test_set import (
    load_model_for,
    load_test_set,
    make_examples,
    predict_logits,
)
from moue.face.backends import FaceSettings
from moue.files import read_json
from moue.workspace.catalog import Catalog
from moue.workspace.columns import Numbers, mouth_numbers
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


def mouths_used_by(catalog: Catalog, folder: Path) -> Numbers | None:
    """Return the row numbers of a run's training and validation mouths, in rising order.

    The result is None for a model file, whose mouths are unknown.
    """
    try:
        with (folder / MOUTHS).open(encoding="utf-8") as file:
            return mouth_numbers(catalog, (line.rstrip("\n") for line in file))
    except (FileNotFoundError, NotADirectoryError):
        return None


def unknown_training_note(folders: Collection[Path]) -> list[str]:
    """Return a note on the models whose training mouths are unknown; empty without such models."""
    names = [folder.name for folder in folders if not (folder / MOUTHS).is_file()]
    if not names:
        return []
    return [
        f"it is unknown on which mouths {', '.join(names)} was trained; mouths of this set that "
        "were among them make its accuracy too high"
    ]


def unseen(
    catalog: Catalog, mouths: LabelledMouths, folders: Collection[Path]
) -> npt.NDArray[np.bool_]:
    """Return an (N,) mask of the mouths that no run in `folders` was trained or validated on."""
    fresh = np.ones(len(mouths), bool)
    for folder in folders:
        used = mouths_used_by(catalog, folder)
        if used is not None:
            fresh &= ~np.isin(mouths.numbers, used)
    return fresh


def known_unseen(catalog: Catalog, folder: Path, mouths: LabelledMouths) -> bool:
    """Return True if a model is known not to have been trained on any of the mouths.

    All training mouths are known only for a run that was trained from random weights. Those of a
    bundled model or a model file are unknown.
    """
    try:
        fresh = read_json(folder / "settings.json").get("fine_tune") is None
    except (OSError, DataError):
        return False
    used = mouths_used_by(catalog, folder)
    return fresh and used is not None and not np.isin(mouths.numbers, used).any()


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
    mouths = everything
    if split == "test":
        mouths = everything.some(unseen(context.catalog, everything, folders))
    notes = list[str]()
    if len(mouths) < len(everything):
        left = len(everything) - len(mouths)
        notes.append(f"{left} of {len(everything)} mouths are left out, because a run used them")
    notes += unknown_training_note(folders)
    if not len(mouths):
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
        folder: sum(a == b for a, b in zip(rows, examples.labels(), strict=True))
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
