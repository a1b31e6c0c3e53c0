"""Compare a run with the previous run if the test set has changed between the two runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from moue.errors import DataError, ModelError
from moue.evaluation.comparison import Comparison, compare
from moue.evaluation.example_table import ExampleTable
from moue.evaluation.labelled_mouths import LabelledMouths
from moue.evaluation.rank_models import unseen
from moue.evaluation.test_set import load_model_for, predict_logits
from moue.model.example import Example
from moue.model.licence import Licence
from moue.model.runs import Run, finished
from moue.progress import Progress
from moue.workspace.catalog import Catalog
from moue.workspace.workspace import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviousComparison:
    """The comparison of a run with the previous run.

    Attributes:
        comparison: comparison on the current test set; None if the runs were not compared.
        notes: sentences for the user.
    """

    comparison: Comparison | None
    notes: list[str]


def compare_with_previous(
    workspace: Workspace,
    catalog: Catalog,
    folder: Path,
    test_set: str,
    mouths: LabelledMouths,
    examples: Sequence[Example],
    predicted: Sequence[str],
    progress: Progress,
    licence: Licence,
) -> PreviousComparison:
    """Compare a run with the previous run if the latter was evaluated on another test set.

    Mouths that either run was trained on are left out.

    Args:
        workspace: workspace of the runs.
        catalog: open catalog of the workspace.
        folder: run folder; a model file has no previous run.
        test_set: digest of `examples`.
        mouths: current test set.
        examples: examples of `mouths`, in the same order.
        predicted: labels that the run predicts for `mouths`, in the same order.
        progress: progress bar of the evaluation.
        licence: allowed licences of models, `free` or `any`.
    """
    previous = _previous(workspace, folder)
    if previous is None or previous.test is None or previous.test_set == test_set:
        return PreviousComparison(comparison=None, notes=[])
    then = f"{previous.name} ({previous.test:.1%} of {previous.count} mouths)"
    changed = f"the test set has changed, so the accuracy of {then} is not comparable"
    kept = np.flatnonzero(unseen(catalog, mouths, [folder, previous.folder]))
    if not len(kept):
        why = "each mouth of the current test set was used to train one of the two runs"
        return PreviousComparison(comparison=None, notes=[f"{changed}; {why}"])
    some = mouths.some(kept)
    try:
        model = load_model_for(previous.folder, some, licence)
        logits = predict_logits(model, some, f"evaluate {previous.name}", progress)
    except (DataError, ModelError) as error:
        unusable = f"{changed}; {previous.name} cannot be evaluated again: {error}"
        return PreviousComparison(comparison=None, notes=[unusable])
    comparison = compare(
        ExampleTable(examples[number] for number in kept.tolist()),
        [predicted[number] for number in kept.tolist()],
        [model.spec.labels[index] for index in logits.argmax(axis=1)],
        (folder.name, previous.name),
    )
    here, there = (share.value or 0.0 for share in comparison.accuracy)
    which = "" if len(kept) == len(examples) else " that neither run was trained on"
    fairly = (
        f"accuracy on {len(kept)} current test mouths{which}: {folder.name} {here:.1%}, "
        f"{previous.name} {there:.1%}"
    )
    return PreviousComparison(comparison=comparison, notes=[changed, fairly])


def _previous(workspace: Workspace, folder: Path) -> Run | None:
    """Return the finished run with the next lower number; None if no such run exists."""
    known = finished(workspace)
    this = next((run for run in known if run.folder.resolve() == folder.resolve()), None)
    if this is None:
        return None
    before = [run for run in known if run.number < this.number]
    return before[-1] if before else None
