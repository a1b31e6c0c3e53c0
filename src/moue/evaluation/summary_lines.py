"""Summaries of evaluations and comparisons as lines of text."""

from __future__ import annotations

from collections.abc import Sequence

from moue.evaluation.comparison import Comparison
from moue.evaluation.evaluate import Evaluation
from moue.evaluation.robustness import Curve
from moue.workspace.label_set import missing, one_of, untested_words

WORSE = 0.01
"""Minimum increase of the expected calibration error that is reported."""


def conclusion(
    result: Evaluation,
    split: str,
    comparison: Comparison | None,
    curves: Sequence[Curve],
    comparison_notes: Sequence[str] = (),
) -> list[str]:
    """Return the result of an evaluation as lines of text, the accuracy first.

    Args:
        result: evaluation.
        split: name of the evaluated split.
        comparison: comparison with a second model; None if there is no second model.
        curves: robustness of the model; empty if it was not measured.
        comparison_notes: lines that are printed before the comparison.
    """
    notes = ["; ".join([_scores(split, result), *_not_tested(result)])]
    tested = missing(result.labels, result.untested)
    notes += untested_words(split, result.untested, tested)
    if split != "test":
        notes.append(
            "there is no test set; the result on the validation set is overestimated, since "
            "this set also selected the best epoch"
        )
    notes += comparison_notes
    before, after = result.calibration_error_before, result.calibration_error
    if before is not None and after is not None and after > before + WORSE:
        notes.append(
            f"on this set the temperature of {result.temperature:.2f} makes the calibration "
            f"worse: ECE {after:.3f} with it, {before:.3f} without it"
        )
    if comparison is not None:
        notes += _compared(comparison)
    means = [(c.mean_accuracy, c.name) for c in curves if c.mean_accuracy is not None]
    if means:
        listed = ", ".join(f"{name} {mean:.0%}" for mean, name in sorted(means))
        notes.append(f"mean accuracy on corrupted pictures: {listed}")
    return notes


def _scores(split: str, result: Evaluation) -> str:
    """Return the accuracy and the macro-F1 as text; no macro-F1 if one label of several was tested.

    Each form is one text, since a catalog translates whole texts.
    """
    share, macro = result.accuracy, result.macro_f1
    low, high = share.interval or (0.0, 1.0)
    value, interval, count = f"{share.value:.1%}", f"{low:.1%} to {high:.1%}", share.count
    labels, tested = len(result.labels), len(result.labels) - len(result.untested)
    if macro is None or (tested == 1 and labels > 1):
        return f"{split} accuracy {value} ({interval}, {count} pictures)"
    f1 = f"{macro:.3f}"
    if tested == labels:
        return f"{split} accuracy {value} ({interval}, {count} pictures), macro-F1 {f1}"
    return (
        f"{split} accuracy {value} ({interval}, {count} pictures), "
        f"macro-F1 {f1} over {tested} of {labels} labels"
    )


def _not_tested(result: Evaluation) -> list[str]:
    """Return a text that names the labels without test pictures, if there are any."""
    if not result.untested or not result.accuracy.count:
        return []
    names = one_of(result.untested, "and")
    if len(result.untested) == 1:
        return [f"{names} was not tested"]
    return [f"{names} were not tested"]


def _compared(found: Comparison) -> list[str]:
    other, accuracy = found.models[1], found.accuracy_difference
    low, high = accuracy.interval or (0.0, 0.0)
    return [
        f"accuracy minus that of {other}: {_points(accuracy.value)} points "
        f"({_points(low)} to {_points(high)}), McNemar p = {found.p_value:.3g}",
        f"only this model is right on {len(found.only_first)} pictures, "
        f"only {other} on {len(found.only_second)}",
    ]


def comparison_summary(found: Comparison) -> str:
    """Return the difference in accuracy of two models, with interval and p-value, as text."""
    low, high = found.accuracy_difference.interval or (0.0, 0.0)
    luck = "" if found.p_value < 0.05 else "; this may be chance"
    return (
        f"{found.models[0]} is ahead by {_points(found.accuracy_difference.value)} points "
        f"({_points(low)} to {_points(high)}, p = {found.p_value:.2g}{luck})"
    )


def _points(share: float | None) -> str:
    return f"{100 * (share or 0.0):+.1f}"
