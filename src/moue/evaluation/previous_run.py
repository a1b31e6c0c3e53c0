"""A run beside the one before it, where the test set has changed in between."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from moue.errors import DataError, ModelError
from moue.evaluation.comparison import Comparison, compare
from moue.evaluation.rank_models import unseen
from moue.evaluation.test_set import LabelledMouth, load_model_for, predict_logits
from moue.model.example import Example
from moue.model.runs import Run, finished
from moue.progress import Progress
from moue.workspace.workspace import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviousComparison:
    """What can be said of an earlier number.

    Attributes:
        comparison: on the present test set; None where there can be none.
        notes: sentences for people.
    """

    comparison: Comparison | None
    notes: list[str]


def compare_with_previous(
    workspace: Workspace,
    folder: Path,
    test_set: str,
    judged: Sequence[LabelledMouth],
    shown: Sequence[Example],
    given: Sequence[str],
    progress: Progress,
) -> PreviousComparison:
    """Compare a run with the one before it, if that was judged by another test set.

    Only mouths that neither run learnt from count.

    Args:
        folder: of the run; any other model has no earlier one.
        test_set: digest of `shown`.
        shown: the mouths of `judged`, as `given` in their order.
        given: the run's labels.
    """
    earlier = _earlier(workspace, folder)
    if earlier is None or earlier.test is None or earlier.test_set == test_set:
        return PreviousComparison(comparison=None, notes=[])
    then = f"{earlier.test:.1%} of {earlier.count} mouths"
    changed = f"the test set has changed: the {then} of {earlier.name} cannot be compared with this"
    fair = {one.mouth.name for one in unseen(judged, [folder, earlier.folder])}
    kept = [number for number, example in enumerate(shown) if example.name in fair]
    if not kept:
        why = "one of the two runs learnt from each mouth of the present test set"
        return PreviousComparison(comparison=None, notes=[f"{changed}; {why}"])
    some = [judged[number] for number in kept]
    try:
        model = load_model_for(earlier.folder, some)
        logits = predict_logits(model, some, f"evaluate {earlier.name}", progress)
    except (DataError, ModelError) as error:
        unusable = f"{changed}; {earlier.name} cannot be used: {error}"
        return PreviousComparison(comparison=None, notes=[unusable])
    comparison = compare(
        [shown[number] for number in kept],
        [given[number] for number in kept],
        [model.spec.labels[index] for index in logits.argmax(axis=1)],
        (folder.name, earlier.name),
    )
    here, there = (share.value or 0.0 for share in comparison.accuracy)
    which = "" if len(kept) == len(shown) else " that neither learnt from"
    fairly = (
        f"on the {len(kept)} present test mouths{which}: {folder.name} {here:.1%}, "
        f"{earlier.name} {there:.1%}"
    )
    return PreviousComparison(comparison=comparison, notes=[changed, fairly])


def _earlier(workspace: Workspace, folder: Path) -> Run | None:
    """Return the last run before this one; None where this is no run of the workspace."""
    known = finished(workspace)
    this = next((run for run in known if run.folder.resolve() == folder.resolve()), None)
    if this is None:
        return None
    before = [run for run in known if run.number < this.number]
    return before[-1] if before else None
