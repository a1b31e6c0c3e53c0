"""The results of runs: the data of the report, its mouths, and the comparison of two runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec
import numpy as np

from moue.errors import DataError
from moue.evaluation.coverage import coverage_curve
from moue.evaluation.evaluate import evaluate
from moue.evaluation.metrics import Proportion, as_plain
from moue.evaluation.rank_models import known_unseen
from moue.evaluation.slices import slice_members
from moue.files import read_json
from moue.http_api.endpoint import Empty, Endpoint
from moue.http_api.errors import ApiError, _
from moue.model.example import digest_of_examples
from moue.model.runs import EVALUATION
from moue.studio.endpoint import Call
from moue.studio.run_results import EvaluatedRun, Shown
from moue.studio.schema_results import (
    Bin,
    Bins,
    Compared,
    CompareQuery,
    ConfusionMatrix,
    CoverageRow,
    Disagreeing,
    LabelRow,
    Rate,
    Results,
    RunMouth,
    RunMouths,
    RunMouthsQuery,
    Score,
    SeverityCurve,
    SliceRow,
)
from moue.studio.studio import Studio
from moue.workspace import browse
from moue.workspace.columns import Numbers

CHECK_AT_ONCE = 3000
"""Maximum number of mouths that are checked for label errors before the results are returned."""
DISAGREEING = 500
"""Maximum number of mouths in each list of a comparison."""


def results(call: Call[Empty, None]) -> Results:
    """Return the results of a run on the current test set."""
    studio, name = call.studio, call.path["name"]
    run = studio.results.evaluated(name)
    found = evaluate(run.logits, run.examples, run.labels, run.model.classifier.spec.temperature)
    folder = studio.models.run_folder(name)
    with studio.workspace.reading() as catalog:
        never_seen = known_unseen(catalog, folder, run.mouths)
    curves, stale = _robustness(folder, digest_of_examples(run.examples))
    errors = None
    if studio.results.to_check(name) <= CHECK_AT_ONCE:
        errors = len(studio.results.likely_errors(name))
    return Results(
        run=name, split=run.split, unseen=never_seen,
        unreadable=run.unreadable, accuracy=_rate(found.accuracy),
        macro_f1=Score(found.macro_f1, found.macro_f1_interval), ece=found.calibration_error,
        ece_before=found.calibration_error_before, temperature=found.temperature,
        untested=list(found.untested),
        confusion=ConfusionMatrix(list(found.labels), [list(row) for row in found.confusion]),
        per_label=[
            LabelRow(one.label, one.support, _rate(one.precision), _rate(one.recall), one.f1)
            for one in found.per_label
        ],
        calibration=Bins([msgspec.convert(as_plain(one), Bin) for one in found.calibration]),
        slices=[
            SliceRow(attribute, value, _rate(one.accuracy), one.macro_f1)
            for attribute, values in found.slices.items()
            for value, one in values.items()
        ],
        coverage=[
            msgspec.convert(as_plain(one), CoverageRow)
            for one in coverage_curve(run.probabilities, run.targets)
        ],
        robustness=curves, stale=stale, label_errors=errors,
    )  # fmt: skip


def mouths(call: Call[RunMouthsQuery, None]) -> RunMouths:
    """Return the mouths of a part of the results; likely label errors come first."""
    studio, query = call.studio, call.query
    run = studio.results.evaluated(call.path["name"])
    if query.errors:
        found = studio.results.likely_errors(call.path["name"])
        total, shown = len(found), found.page(query.offset, query.limit)
        likely = found.numbers
    else:
        order, likely = _part(run, query, studio, call.path["name"])
        part = order[query.offset : query.offset + query.limit].tolist()
        total, probabilities = len(order), run.probabilities
        shown = [
            Shown(
                int(run.mouths.numbers[i]),
                dict(zip(run.labels, probabilities[i].tolist(), strict=True)),
            )
            for i in part
        ]
    items = _items(studio, shown, likely, run.labels)
    return RunMouths(total, query.offset, list(run.labels), items)


def comparison(call: Call[CompareQuery, None]) -> Compared:
    """Return two runs side by side, with the interval of the difference."""
    found, split, left_out = call.studio.results.compared(call.query.a, call.query.b)
    first, second = found.only_first, found.only_second
    some = replace(found, only_first=first[:DISAGREEING], only_second=second[:DISAGREEING])
    values = some.to_dict()
    for key in ("only_first", "only_second"):
        values[key] = [
            Disagreeing(**one, thumbnail=_thumbnail(one["name"], "")) for one in values[key]
        ]
    more = {
        "split": split, "count": found.accuracy[0].count, "left_out": left_out,
        "disagreeing": (len(first), len(second)),
    }  # fmt: skip
    return msgspec.convert(values | more, Compared)


def _part(
    run: EvaluatedRun, query: RunMouthsQuery, studio: Studio, name: str
) -> tuple[Numbers, Numbers]:
    """Return the positions of the mouths of a part, and the row numbers of likely label errors.

    Likely label errors come first, then mistakes, each with the most confident prediction first.
    """
    best = run.logits.argmax(axis=1)
    chosen = np.ones(len(run.mouths), bool)
    if query.label:
        chosen &= run.mouths.label_indices([query.label]) == 0
    if query.predicted:
        chosen &= np.array([label == query.predicted for label in run.labels])[best]
    if query.slice:
        chosen &= _in_slice(run, query.slice)
    wrong = run.targets != best
    if query.mistakes:
        chosen &= wrong
    errors = np.empty(0, np.int64)
    if studio.results.to_check(name) <= CHECK_AT_ONCE:
        errors = studio.results.likely_errors(name).numbers
    likely = np.isin(run.mouths.numbers, errors)
    places = np.nonzero(chosen)[0]
    top = run.probabilities.max(axis=1)
    return places[np.lexsort((-top[places], ~wrong[places], ~likely[places]))], errors


def _in_slice(run: EvaluatedRun, text: str) -> Any:
    attribute, _equal, value = text.partition("=")
    found = slice_members(run.examples).get(attribute, {}).get(value)
    if found is None:
        raise ApiError(404, "not_found", _("there is no slice {name}"), name=text)
    inside = np.zeros(len(run.mouths), bool)
    inside[found] = True
    return inside


def _items(
    studio: Studio, shown: Sequence[Shown], likely: Numbers, labels: Sequence[str]
) -> list[RunMouth]:
    with studio.workspace.reading() as catalog:
        found = browse.mouth_rows(catalog, [one.number for one in shown])
        numbers = browse.numbers_of(catalog, "mouths", [row.name for row in found])
    rows = dict(zip(numbers, found, strict=True))
    items = []
    for one in shown:
        row = rows.get(one.number)
        if row is None:  # forgotten meanwhile
            continue
        by_label, ranked = one.probabilities, sorted(one.probabilities.values(), reverse=True)
        items.append(RunMouth(
            name=row.name, sample=row.sample, label=row.label, label_by=row.label_by,
            split=row.split, width=row.width, dropped=row.dropped,
            predicted=max(by_label, key=by_label.__getitem__),
            probability=ranked[0], probabilities=[by_label.get(label, 0.0) for label in labels],
            margin=ranked[0] - ranked[1], likely_error=bool((likely == one.number).any()),
            thumbnail=_thumbnail(row.name, row.sha256), version=row.version,
        ))  # fmt: skip
    return items


def _robustness(folder: Path, test_set: str) -> tuple[list[SeverityCurve], bool]:
    """Return the curves of the last evaluation, and whether its test set was another one."""
    try:
        data = read_json(folder / EVALUATION)
        curves = msgspec.convert(data.get("robustness", []), list[SeverityCurve])
    except (DataError, OSError, msgspec.ValidationError):
        return [], False
    return curves, bool(curves) and data.get("set") != test_set


def _rate(one: Proportion) -> Rate:
    return Rate(one.value, one.interval, one.right, one.count)


def _thumbnail(name: str, sha256: str) -> str:
    version = f"&v={sha256[:16]}" if sha256 else ""
    return f"api/v1/thumbnails/mouths/{quote(name)}.webp?side=96{version}"


ROUTES = (
    Endpoint(
        method="GET", path="/runs/{name}/results", handler=results, response=Results,
        errors=(400, 404, 409), summary="Return the results of a run on the current test set.",
    ),
    Endpoint(
        method="GET", path="/runs/{name}/mouths", handler=mouths, query=RunMouthsQuery,
        response=RunMouths, errors=(400, 404, 409),
        summary="Return the mouths of a part of the results, with their predictions.",
    ),
    Endpoint(
        method="GET", path="/compare", handler=comparison, query=CompareQuery, response=Compared,
        errors=(400, 404, 409), summary="Compare two runs on the same test mouths.",
    ),
)  # fmt: skip
