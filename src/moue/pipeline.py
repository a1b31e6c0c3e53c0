"""The pipeline of `moue run`, and the steps that need both the data set and a model."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from moue.config import labels_line, with_labels
from moue.dataset.class_folders import class_names
from moue.dataset.clean import clean
from moue.dataset.collect.collect_files import CollectSettings, collect
from moue.dataset.collect_history import record_collect_call
from moue.dataset.contact_sheets import draw_duplicate_sheets
from moue.dataset.convert import ConvertSettings, convert
from moue.dataset.crop import crop
from moue.dataset.dataset_folder import build_dataset_folder
from moue.dataset.dedupe import DedupeSettings, dedupe, dropped_across
from moue.dataset.label import require_known, unlabelled
from moue.dataset.label_class_folders import label_from_class_folders
from moue.dataset.label_csv import label_from_csv
from moue.dataset.label_folders_write import LabelSuggestions, write_label_folders
from moue.dataset.leakage import leakage_notes, measure_leakage
from moue.dataset.predefined_split import NO_SPLITS, PredefinedSplits, predefined_splits
from moue.dataset.split import SplitSettings, split
from moue.errors import ConfigError, DataError, ModelError
from moue.evaluation.evaluate_run import evaluate_run
from moue.evaluation.label_errors import check_labels
from moue.evaluation.presort import suggest_labels
from moue.evaluation.suggestions import predict_all_mouths
from moue.files import write_bytes
from moue.model.runs import choose, resolve
from moue.progress import Summary
from moue.training.train_split import check_fine_tuning, train_split
from moue.workspace.context import Context
from moue.workspace.label_set import LabelSet, folded
from moue.workspace.types import LABELS

STAGES = ("convert", "clean", "dedupe", "crop", "label", "split", "train", "evaluate")
"""Names of the stages after `collect`, in order."""
LAST = STAGES[-1]


def run(
    context: Context,
    sources: Sequence[Path],
    labels: Path | None,
    *,
    from_folders: bool = False,
    until: str = LAST,
) -> Iterator[Summary]:
    """Run the stages in order, each on the new samples only, and yield their summaries.

    Args:
        context: workspace, catalog and settings of the command.
        sources: folders, lists, videos or pictures to collect first; may be empty.
        labels: CSV file with labels, which override those of the class folders; None for no file.
        from_folders: True to use the names of the class folders as the labels of the workspace.
        until: name of the last stage to run, one of `STAGES`.

    Raises:
        MoueError: a stage failed; the message names the cause and the remedy.
    """
    check_fine_tuning(context)  # a refused model is an error before any work
    for summary in _all_stages(context, sources, labels, from_folders):
        yield summary
        if summary.stage == until:
            return


def _all_stages(
    context: Context, sources: Sequence[Path], labels: Path | None, from_folders: bool
) -> Iterator[Summary]:
    if sources:
        settings = context.config.get(CollectSettings)
        limit = context.config.get(ConvertSettings).max_bytes
        yield collect(context, sources, limit)
        record_collect_call(context.catalog, sources, settings, labels)
    if from_folders:
        context, note = labels_from_folders(context)
        context.progress.say(note)
    yield convert(context)
    yield clean(context)
    yield run_dedupe(context)
    yield crop(context)
    yield run_label(context, labels)
    yield run_split(context)
    trained = train_split(context)
    yield trained
    yield evaluate_run(context, trained.files[0])


def run_dedupe(context: Context) -> Summary:
    """Drop duplicates, and draw contact sheets of the groups of near-duplicates."""
    uses_predefined = context.config.get(SplitSettings).predefined
    predefined = _predefined(context) if uses_predefined else NO_SPLITS
    summary = dedupe(context, predefined)
    summary.files += draw_duplicate_sheets(context)
    return summary


def labels_from_folders(context: Context) -> tuple[Context, str]:
    """Write the names of the class folders into `moue.toml` as the labels of the workspace.

    Returns:
        The context with the new labels, and a sentence that lists them.

    Raises:
        ConfigError: there are fewer than two class folders, the name of a folder is not a valid
            label, or `moue.toml` lists other labels.
    """
    path = context.workspace.settings
    counts = class_names(context.catalog, context.labels)
    names = sorted(counts)
    if {folded(name) for name in names} <= set(LABELS):
        names = list(LABELS)
    found = LabelSet.of(names, "--labels-from-folders")
    listing = ", ".join(f"{name} ({counts[name]:,})" for name in found.names)
    if set(found.names) == set(context.labels.names):
        return context, f"labels from class folders: {listing}"
    if context.config.lists_labels:
        raise ConfigError(
            f"{path} lists the labels {', '.join(context.labels.names)}, but the class folders "
            f"are {listing}; change one of the two lists, or omit --labels-from-folders"
        )
    _add_labels(path, found)
    config = context.config.with_listed_labels(found)
    return replace(context, config=config), f"labels from class folders: {listing}; saved in {path}"


def _add_labels(path: Path, labels: LabelSet) -> None:
    """Add the line `labels = [...]` to a `moue.toml`, and keep its symbolic link and permissions.

    Raises:
        ConfigError: the file is not writable; the message contains the line.
    """
    target = path.resolve()
    try:
        text = target.read_bytes().decode("utf-8-sig") if target.exists() else ""
        mode = target.stat().st_mode if target.exists() else None
        if mode is not None and not os.access(target, os.W_OK):
            raise PermissionError
        write_bytes(target, with_labels(text, labels).encode())
        if mode is not None:
            target.chmod(mode)
    except OSError as error:
        raise ConfigError(
            f"{path} is not writable, so the labels were not saved; add this line at the top of "
            f"the file: {labels_line(labels)}"
        ) from error


def run_label(context: Context, table: Path | None) -> Summary:
    """Label mouths from the CSV file `table` (None for no file), then from the class folders."""
    before = None
    if table is not None:
        before = label_from_csv(context.catalog, table, context.labels)
    summary = label_from_class_folders(context.catalog, context.labels)
    if before is not None:
        summary.done += before.done
        own = [note for note in before.notes if note not in unlabelled(before.counts)]
        summary.notes = list(dict.fromkeys((*own, *summary.notes)))
    return summary


def run_to_folders(context: Context, folder: Path, model: Path | None) -> Summary:
    """Copy the mouth crops into label folders, and pre-sort unlabelled crops with a model.

    Args:
        context: workspace, catalog and settings of the command.
        folder: parent folder of the label folders.
        model: path of a model file or name of a run; None for the default model.
    """
    chosen = _model(context, model)

    def presort() -> LabelSuggestions:
        return suggest_labels(context, chosen)

    return write_label_folders(context, folder, presort)


def run_check(context: Context, model: Path | None, most: int = 20) -> Summary:
    """Return a summary with up to `most` likely label errors, by the predictions of a model."""
    return check_labels(context, _model(context, model), most)


def run_suggest(context: Context, model: Path | None) -> Summary:
    """Predict all mouths with a model, and save the predictions for the studio."""
    return predict_all_mouths(context, _model(context, model))


def check_labels_if_possible(context: Context, model: Path | None) -> Summary | None:
    """Return a summary with up to five likely label errors; None if no model can find them."""
    try:
        return run_check(context, model, most=5)
    except (DataError, ModelError):
        if model is not None:
            raise
        return None


def _model(context: Context, named: Path | None) -> Path | None:
    """Return the path of the named model or default run; None if only the bundled model exists."""
    if named is not None:
        return resolve(context.workspace, named)
    choice = choose(context.workspace)
    return None if choice is None else choice.run.folder


def _predefined(context: Context) -> PredefinedSplits:
    return predefined_splits(context.catalog, context.labels, exported=True)


def run_split(context: Context) -> Summary:
    """Split the labelled mouths, write `dataset/`, and measure leakage."""
    require_known(context.catalog, context.labels)
    settings = context.config.get(SplitSettings)
    if settings.predefined and (across := dropped_across(context.catalog, _predefined(context))):
        context.progress.say(
            f"{across:,} pictures were dropped as duplicates of pictures in another split; "
            "they are in use again"
        )
        for stage in (run_dedupe, crop):
            stage(context)
        run_label(context, None)
    summary = split(context.catalog, settings, context.labels)
    build_dataset_folder(context)
    report = context.workspace.reports / "leakage.json"
    found = measure_leakage(context.catalog, report, context.config.get(DedupeSettings).radius)
    summary.notes += leakage_notes(found)
    summary.files += [context.workspace.dataset, report]
    return summary
