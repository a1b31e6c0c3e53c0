"""Collect the data of a report from the catalog, the run folder and the evaluation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import quote

import moue
from moue.dataset.contact_sheets import read_thumbnail
from moue.dataset.leakage import Leakage
from moue.errors import ImageError
from moue.evaluation.comparison import Comparison
from moue.evaluation.evaluate import Evaluation
from moue.evaluation.report.report_data import Dropped, ReportData
from moue.evaluation.report.reproduce_commands import commands
from moue.files import damaged, read_json
from moue.media.image import read_image, resize_to_fit
from moue.store import Location, StoredObject
from moue.training import run_log
from moue.workspace.catalog import Catalog
from moue.workspace.conditions import DROPPED, IN_SPLIT, LABELLED
from moue.workspace.drop_reasons import DROP_REASONS
from moue.workspace.types import SPLITS, Image
from moue.workspace.workspace import Workspace

_EXAMPLES = 8
_DROPPED = 8
_MISTAKES = 24
_APART = 6
_SIDE = 160


def collect_report_data(
    workspace: Workspace,
    catalog: Catalog,
    folder: Path,
    split: str,
    evaluation: Evaluation,
    comparison: Comparison | None = None,
    model: Path | None = None,
    unseen: bool = False,
) -> ReportData:
    """Return the data of the report of one evaluation.

    Args:
        workspace: workspace of the run.
        catalog: catalog of the workspace.
        folder: run folder; missing files are skipped.
        split: name of the evaluated split.
        evaluation: evaluation of the model.
        comparison: comparison with another model; None if there is no other model.
        model: path of the model as given by the user; defaults to `folder`.
        unseen: True if the model is known not to have been trained on any of the mouths.
    """
    named = folder if model is None else model
    shown = [one.name for one in evaluation.mistakes[:_MISTAKES]]
    if comparison is not None:
        for apart in (comparison.only_first, comparison.only_second):
            shown += [one.name for one in apart[:_APART]]
    return ReportData(
        run=folder.name,
        created=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        version=moue.__version__,
        settings=_json(folder / "settings.json"),
        environment=_json(folder / "environment.json"),
        epochs=run_log.read_log(folder),
        evaluation=evaluation,
        split_name=split,
        unseen=unseen,
        counts=_counts(catalog, evaluation.labels),
        best=_json(folder / "result.json").get("best epoch"),
        funnel=_funnel(catalog),
        dropped=_dropped(workspace, catalog),
        crops={name: resize_to_fit(read_image(workspace.mouth(name)), _SIDE) for name in shown},
        crop_files={name: _link(workspace, workspace.mouth(name)) for name in shown},
        examples={label: _examples(workspace, catalog, label) for label in evaluation.labels},
        leakage=_leakage(workspace),
        commands=commands(workspace, catalog, named),
        comparison=comparison,
    )


def _link(workspace: Workspace, file: Location) -> str:
    """Return the URL of a crop: relative to a page in `reports/` if it is in the workspace."""
    if isinstance(file, StoredObject):
        return file.url
    if file.is_relative_to(workspace.root):
        return quote(f"../{file.relative_to(workspace.root).as_posix()}")
    return file.as_uri()


def _counts(catalog: Catalog, labels: Sequence[str]) -> dict[str, dict[str, int]]:
    seen = {split: catalog.count_in_use("label", LABELLED, split=split) for split in SPLITS}
    others = sorted({str(label) for counts in seen.values() for label in counts} - set(labels))
    return {
        split: {label: counts.get(label, 0) for label in (*labels, *others)}
        for split, counts in seen.items()
    }


def _funnel(catalog: Catalog) -> list[tuple[str, int]]:
    """Return the names of the pipeline stages with the number of pictures left after each."""
    by = Counter(catalog.count("samples", "decided_by", DROPPED))
    left = catalog.total()
    stages = [("collected", left)]
    for stage, name in (("convert", "readable"), ("clean", "usable face"), ("dedupe", "unique")):
        left -= by.pop(stage, 0) + (by.pop("collect", 0) if stage == "convert" else 0)
        stages.append((name, left))
    left -= sum(by.values())
    mouths = catalog.total_in_use()
    return [*stages, ("mouths", mouths), ("labelled", catalog.total_in_use(LABELLED, IN_SPLIT))]


def _dropped(workspace: Workspace, catalog: Catalog) -> list[Dropped]:
    """Return the dropped pictures by reason, the most frequent first, with a few examples each."""
    samples = catalog.count("samples", "dropped", DROPPED)
    mouths = catalog.count("mouths", "dropped", dropped="by_hand")
    return [
        Dropped(
            reason=reason,
            meaning=DROP_REASONS[reason],
            count=count,
            pictures=list(islice(_pictures(workspace, catalog, reason), _DROPPED)),
        )
        for reason, count in (Counter(samples) + Counter(mouths)).most_common()
    ]


def _pictures(workspace: Workspace, catalog: Catalog, reason: str) -> Iterator[tuple[Image, str]]:
    for sample in catalog.samples(dropped=reason):
        picture = _picture(workspace.image(sample.name))
        if picture is not None:
            yield picture, Path(sample.source).name
    for mouth in catalog.mouths(dropped=reason):
        picture = _picture(workspace.mouth(mouth.name))
        if picture is not None:
            yield picture, mouth.name


def _picture(path: Location) -> Image | None:
    try:
        return resize_to_fit(read_image(path), _SIDE)
    except (ImageError, OSError):
        return None


def _examples(workspace: Workspace, catalog: Catalog, label: str) -> list[Image]:
    mouths = catalog.mouths_in_use(label=label, split="train")
    every = list(islice(mouths, 2000))
    chosen = every[:: max(1, len(every) // _EXAMPLES)][:_EXAMPLES]
    return [read_thumbnail(workspace.mouth(mouth.name), _SIDE) for mouth in chosen]


def _leakage(workspace: Workspace) -> Leakage | None:
    data = _json(workspace.reports / "leakage.json")
    if not data:
        return None
    try:
        return Leakage.from_dict(data)
    except (KeyError, TypeError) as error:
        raise damaged(workspace.reports / "leakage.json", error) from error


def _json(path: Path) -> dict[str, Any]:
    try:
        return read_json(path)
    except FileNotFoundError:
        return {}
