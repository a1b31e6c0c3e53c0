"""`moue evaluate`: a model's numbers, as JSON and as a page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from moue.evaluation.comparison import compare
from moue.evaluation.corruptions import CropFunction, corrupt
from moue.evaluation.evaluate import evaluate
from moue.evaluation.metrics import as_plain
from moue.evaluation.previous_run import compare_with_previous
from moue.evaluation.rank_models import known_unseen, unseen
from moue.evaluation.robustness import Curve, robustness
from moue.evaluation.summary_lines import conclusion
from moue.evaluation.test_set import (
    LabelledMouth,
    crop_function_of,
    examples,
    load_model_for,
    load_test_set,
    predict_logits,
)
from moue.model.classifier import Classifier
from moue.model.example import digest_of_examples
from moue.model.spec import Floats
from moue.progress import Progress, Summary
from moue.workspace.context import Context
from moue.workspace.owned_files import put_json, put_text
from moue.workspace.types import Image
from moue.workspace.workspace import Workspace


def evaluate_run(
    context: Context,
    folder: Path,
    *,
    against: Path | None = None,
    with_corruptions: bool = False,
) -> Summary:
    """Judge a model on the test set; write `evaluation.json` beside it, and a report.

    Where the test set is not the one that the run before was judged by, both runs are compared
    on the present one. Where the split has no test set the validation set is used, and the
    report says so.

    Args:
        folder: a run folder, or any model file.
        against: another one, to compare with on the same pictures.
        with_corruptions: also judge it by pictures that are made worse.

    Raises:
        DataError: nothing is split, or a model does not know a label.
        ModelError: no model there.
    """
    from moue.evaluation.report.collect_data import collect_report_data
    from moue.evaluation.report.page import render

    workspace, catalog, progress = context.workspace, context.catalog, context.progress
    split, judged = load_test_set(workspace, catalog)
    model = load_model_for(folder, judged)
    other = load_model_for(against, judged) if against else None
    shown = examples(workspace, judged)
    logits = predict_logits(model, judged, f"evaluate {split}", progress)
    result = evaluate(logits, shown, model.spec.labels, model.spec.temperature)
    comparison = None
    if other is not None and against is not None:
        theirs = predict_logits(other, judged, f"evaluate {against.stem}", progress)
        names = _names(folder, against)
        comparison = compare(shown, _labels(model, logits), _labels(other, theirs), names)
    test_set, notes = digest_of_examples(shown), list[str]()
    if comparison is None and split == "test":
        earlier = compare_with_previous(
            workspace, folder, test_set, judged, shown, _labels(model, logits), progress
        )
        comparison, notes = earlier.comparison, earlier.notes
    elif comparison is not None and against is not None and split == "test":
        learnt = len(judged) - len(unseen(judged, [folder, against]))
        if learnt:
            notes.append(
                f"{learnt} of these mouths are ones that one of the two learnt from; that flatters "
                "it, and `moue runs compare` leaves them out"
            )
    curves = _robustness(workspace, model, judged, progress) if with_corruptions else ()

    home = folder if folder.is_dir() else workspace.reports
    data = collect_report_data(
        workspace, catalog, home, split, result, comparison, folder, known_unseen(folder, judged)
    )
    if curves:
        mouth = _mouth(workspace, judged, _labels(model, logits))
        data = replace(data, robustness=curves, corrupted=mouth)
    report = workspace.reports / f"{folder.stem}.html"
    put_text(catalog, report, render(data), "evaluate")
    found: dict[str, Any] = {"split": split, "set": test_set} | result.to_dict()
    if comparison:
        found["comparison"] = comparison.to_dict()
    if curves:
        found["robustness"] = as_plain(curves)
    put_json(catalog, home / "evaluation.json", found, "evaluate", anywhere=True)
    return Summary(
        stage="evaluate",
        done=len(judged),
        counts={"pictures": len(judged)},
        notes=conclusion(result, split, comparison, curves, notes),
        files=[report],
        result=found,
    )


def _labels(model: Classifier, logits: Floats) -> list[str]:
    return [model.spec.labels[index] for index in logits.argmax(axis=1)]


def _names(first: Path, second: Path) -> tuple[str, str]:
    """Names that tell two models apart: their stems, or paths where these are the same."""
    if first.stem != second.stem:
        return first.stem, second.stem
    return str(first), str(second)


def _robustness(
    workspace: Workspace, model: Classifier, judged: Sequence[LabelledMouth], progress: Progress
) -> tuple[Curve, ...]:
    targets = np.array([model.spec.labels.index(one.label) for one in judged], np.int64)
    alone = 0

    def cuts() -> Iterator[CropFunction]:
        nonlocal alone
        for one in progress.track(judged, "robustness", len(judged)):
            cut, around = crop_function_of(workspace, one)
            alone += not around
            yield cut

    curves = robustness(model.logits, cuts(), targets, model.spec.labels)
    if alone:
        progress.say(
            f"robustness: {alone} of {len(judged)} mouths have no picture around them; "
            "where they are shifted, turned or cut wider, their border is repeated"
        )
    return curves


def _mouth(
    workspace: Workspace, judged: Sequence[LabelledMouth], given: Sequence[str]
) -> list[list[Image]]:
    """The first mouth that the model got right, corrupted, as an example to look at."""
    right = [one.label == label for one, label in zip(judged, given, strict=True)]
    number = right.index(True) if any(right) else 0
    return corrupt(crop_function_of(workspace, judged[number])[0], number=number)
