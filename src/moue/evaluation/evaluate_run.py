"""`moue evaluate`: evaluate a model on the test set and write `evaluation.json` and a report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from moue.engine import SERIAL
from moue.evaluation.comparison import Comparison, compare
from moue.evaluation.corruptions import corrupt
from moue.evaluation.evaluate import evaluate
from moue.evaluation.example_table import ExampleTable
from moue.evaluation.labelled_mouths import LabelledMouth, LabelledMouths
from moue.evaluation.metrics import as_plain
from moue.evaluation.previous_run import compare_with_previous
from moue.evaluation.rank_models import known_unseen, unknown_training_note, unseen
from moue.evaluation.robustness import Curve, curves_of, predict_corrupted
from moue.evaluation.summary_lines import conclusion
from moue.evaluation.test_set import (
    crop_function_of,
    load_model_for,
    load_test_set,
    make_examples,
    predict_logits,
)
from moue.face.backends import FaceSettings
from moue.model.classifier import Classifier
from moue.model.example import Example, digest_of_examples
from moue.model.spec import Floats
from moue.progress import Progress, Summary
from moue.workspace.context import Context
from moue.workspace.owned_files import put_json, put_text
from moue.workspace.types import Image


def evaluate_run(
    context: Context,
    folder: Path,
    *,
    against: Path | None = None,
    with_corruptions: bool = False,
) -> Summary:
    """Evaluate a model on the test set; write `evaluation.json` and a report.

    If the previous run was evaluated on another test set, both runs are compared on the current
    test set. Without a test set, the validation set is used, and the report says so.

    Args:
        context: workspace, catalog, labels and progress of the call.
        folder: run folder or model file.
        against: second model, which is compared with the first on the same pictures.
        with_corruptions: True to measure the robustness to corruptions.

    Returns:
        A summary with the evaluation as its result.

    Raises:
        DataError: test and validation set are empty, or a model does not have a label of the set.
        ModelError: a model does not exist.
    """
    from moue.evaluation.report.collect_data import collect_report_data
    from moue.evaluation.report.page import render

    workspace, catalog, progress = context.workspace, context.catalog, context.progress
    split, mouths = load_test_set(workspace, catalog)
    licence = context.config.get(FaceSettings).licence
    model = load_model_for(folder, mouths, licence)
    examples = make_examples(mouths)
    logits = predict_logits(model, mouths, f"evaluate {split}", progress)
    result = evaluate(logits, examples, model.spec.labels, model.spec.temperature)
    test_set, predicted = digest_of_examples(examples), _labels(model, logits)
    comparison, notes = None, list[str]()
    if against is not None:
        comparison = _compare_with(
            load_model_for(against, mouths, licence),
            against,
            folder,
            mouths,
            examples,
            predicted,
            progress,
        )
        used = len(mouths) - int(unseen(catalog, mouths, [folder, against]).sum())
        if split == "test" and used:
            notes.append(
                f"one of the two models was trained on {used} of the test mouths, so its accuracy "
                "is overestimated; `moue runs compare` leaves these mouths out"
            )
        notes += unknown_training_note([folder, against])
    elif split == "test":
        previous = compare_with_previous(
            workspace, catalog, folder, test_set, mouths, examples, predicted, progress, licence
        )
        comparison, notes = previous.comparison, previous.notes
    curves = _robustness(context, model, mouths) if with_corruptions else ()

    target = folder if folder.is_dir() else workspace.reports
    never_seen = known_unseen(catalog, folder, mouths)
    data = collect_report_data(
        workspace, catalog, target, split, result, comparison, folder, never_seen
    )
    if curves:
        corrupted = _corrupted_example(mouths, examples, predicted, model.spec.crop_scale)
        data = replace(data, robustness=curves, corrupted=corrupted)
    report = workspace.reports / f"{folder.stem}.html"
    put_text(catalog, report, render(data), "evaluate")
    output: dict[str, Any] = {"split": split, "set": test_set} | result.to_dict()
    if comparison:
        output["comparison"] = comparison.to_dict()
    if curves:
        output["robustness"] = as_plain(curves)
    put_json(catalog, target / "evaluation.json", output, "evaluate", anywhere=True)
    return Summary(
        stage="evaluate",
        done=len(mouths),
        counts={"pictures": len(mouths)},
        notes=conclusion(result, split, comparison, curves, notes),
        files=[report],
        result=output,
    )


def _compare_with(
    model: Classifier,
    against: Path,
    folder: Path,
    mouths: LabelledMouths,
    examples: Sequence[Example],
    predicted: Sequence[str],
    progress: Progress,
) -> Comparison:
    """Return the comparison of the predicted labels with those of the model `against`."""
    logits = predict_logits(model, mouths, f"evaluate {against.stem}", progress)
    return compare(examples, predicted, _labels(model, logits), _names(folder, against))


def _labels(model: Classifier, logits: Floats) -> list[str]:
    return [model.spec.labels[index] for index in logits.argmax(axis=1)]


def _names(first: Path, second: Path) -> tuple[str, str]:
    """Return distinct names of two models: the file stems, or the paths if the stems are equal."""
    if first.stem != second.stem:
        return first.stem, second.stem
    return str(first), str(second)


def _robustness(context: Context, model: Classifier, mouths: LabelledMouths) -> tuple[Curve, ...]:
    targets = mouths.label_indices(model.spec.labels)
    progress, total = context.progress, len(mouths)
    engine = context.engine if context.engine.is_remote else SERIAL
    jobs = enumerate(replace(one, workspace=context.place) for one in mouths)
    with context.node_probe() as reads:
        work = partial(_predict_corrupted, model)
        results = engine.map(work, jobs, total, reads=reads)
        found = list(progress.track(results, "robustness", total, engine.describe))
    curves = curves_of([row for row, _ in found], targets, model.spec.labels)
    without_picture = sum(not has_picture for _, has_picture in found)
    if without_picture:
        progress.say(
            f"robustness: the pictures of {without_picture} of {len(mouths)} mouths are not "
            "available; shifted, rotated and enlarged crops of these mouths repeat the border of "
            "the crop"
        )
    return curves


def _predict_corrupted(
    model: Classifier, numbered: tuple[int, LabelledMouth]
) -> tuple[npt.NDArray[np.int64], bool]:
    """Return the labels of a mouth under all corruptions, and True if its picture was used."""
    number, mouth = numbered
    crop, has_picture = crop_function_of(mouth, model.spec.crop_scale)
    return predict_corrupted(model.logits, crop, number), has_picture


def _corrupted_example(
    mouths: LabelledMouths, examples: ExampleTable, predicted: Sequence[str], crop_scale: float
) -> list[list[Image]]:
    """Return the crops of the first correctly classified mouth for every corruption."""
    pairs = enumerate(zip(examples.labels(), predicted, strict=True))
    number = next((number for number, (label, found) in pairs if label == found), 0)
    return corrupt(crop_function_of(mouths[number], crop_scale)[0], number=number)
