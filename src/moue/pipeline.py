"""The whole way in order: what `moue run` does, and where data set meets model."""

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
from moue.dataset.predefined_split import predefined_splits
from moue.dataset.split import SplitSettings, split
from moue.errors import ConfigError, DataError, ModelError
from moue.evaluation.evaluate_run import evaluate_run
from moue.evaluation.label_errors import check_labels
from moue.evaluation.presort import suggest_labels
from moue.files import write_bytes
from moue.model.runs import choose, resolve
from moue.progress import Summary
from moue.training.train_split import train_split
from moue.workspace.context import Context
from moue.workspace.label_set import LabelSet, folded
from moue.workspace.types import LABELS


def run(
    job: Context, sources: Sequence[Path], labels: Path | None, *, from_folders: bool = False
) -> Iterator[Summary]:
    """Do, in order, all that is not done yet; yield what each stage did.

    Args:
        sources: folders, lists, videos or pictures to collect first; may be empty.
        labels: a CSV file with labels, besides the names of the folders.
        from_folders: make the names of the class folders the labels of the workspace.

    Raises:
        MoueError: the first thing that cannot go on, with what to do about it.
    """
    if sources:
        settings, limit = job.config.get(CollectSettings), job.config.get(ConvertSettings).max_bytes
        yield collect(job, sources, limit)
        record_collect_call(job.catalog, sources, settings, labels)
    if from_folders:
        job, note = labels_from_folders(job)
        job.progress.say(note)
    yield convert(job)
    yield clean(job)
    yield run_dedupe(job)
    yield crop(job)
    yield run_label(job, labels)
    yield run_split(job)
    trained = train_split(job)
    yield trained
    yield evaluate_run(job, trained.files[0])


def run_dedupe(job: Context) -> Summary:
    """Stage 4, with the contact sheets of what belongs together."""
    predefined = _predefined(job) if job.config.get(SplitSettings).predefined else {}
    summary = dedupe(job, predefined)
    summary.files += draw_duplicate_sheets(job)
    return summary


def labels_from_folders(job: Context) -> tuple[Context, str]:
    """Make the names of the class folders the labels of the workspace, in its `moue.toml`.

    Returns:
        The job with these labels, and a sentence that says which they are.

    Raises:
        ConfigError: there are fewer than two such folders, a name cannot be a label, or
            `moue.toml` lists other labels already.
    """
    path = job.workspace.settings
    counts = class_names(job.catalog, job.config.labels)
    names = sorted(counts)
    if {folded(name) for name in names} <= set(LABELS):
        names = list(LABELS)
    found = LabelSet.of(names, "--labels-from-folders")
    told = ", ".join(f"{name} ({counts[name]:,})" for name in found.names)
    if set(found.names) == set(job.config.labels.names):
        return job, f"labels, from the folders: {told}"
    if job.config.lists_labels:
        raise ConfigError(
            f"{path}: lists the labels {', '.join(job.config.labels.names)}, but the folders are "
            f"{told}; change one of them, or omit --labels-from-folders"
        )
    _add_labels(path, found)
    config = job.config.with_listed_labels(found)
    return replace(job, config=config), f"labels, from the folders: {told}; now in {path}"


def _add_labels(path: Path, labels: LabelSet) -> None:
    """Add a line to a settings file, which is a person's: its links and rights stay too.

    Raises:
        ConfigError: it cannot be written; the message holds the line.
    """
    target = path.resolve()
    try:
        text = target.read_bytes().decode() if target.exists() else ""
        mode = target.stat().st_mode if target.exists() else None
        if mode is not None and not os.access(target, os.W_OK):
            raise PermissionError
        write_bytes(target, with_labels(text, labels).encode())
        if mode is not None:
            target.chmod(mode)
    except OSError as error:
        raise ConfigError(
            f"{path}: is not writable; add this line at its top: {labels_line(labels)}"
        ) from error


def run_label(job: Context, table: Path | None) -> Summary:
    """Stage 6, without a person: a CSV file where there is one, then the folders."""
    before = None
    if table is not None:
        before = label_from_csv(job.catalog, table, job.config.labels)
    summary = label_from_class_folders(job.catalog, job.config.labels)
    if before is not None:
        summary.done += before.done
        own = [note for note in before.notes if note not in unlabelled(before.counts)]
        summary.notes = list(dict.fromkeys((*own, *summary.notes)))
    return summary


def run_to_folders(job: Context, folder: Path, model: Path | None) -> Summary:
    """Lay the crops out to be sorted by hand, those without a label as a model guesses.

    Args:
        model: as a person named it; None for the usual one.
    """
    chosen = _model(job, model)

    def presort(mouths: Sequence[str]) -> LabelSuggestions:
        return suggest_labels(job, mouths, chosen)

    return write_label_folders(job, folder, presort)


def run_check(job: Context, model: Path | None, most: int = 20) -> Summary:
    """List the labels that are likely wrong."""
    return check_labels(job, _model(job, model), most)


def check_labels_if_possible(job: Context, model: Path | None) -> Summary | None:
    """List a few labels that are likely wrong; None where no model can say."""
    try:
        return run_check(job, model, most=5)
    except (DataError, ModelError):
        if model is not None:
            raise
        return None


def _model(job: Context, named: Path | None) -> Path | None:
    """Return the model that a person named, else the usual run; None for the one that ships."""
    if named is not None:
        return resolve(job.workspace, named)
    choice = choose(job.workspace)
    return None if choice is None else choice.run.folder


def _predefined(job: Context) -> dict[str, str]:
    return predefined_splits(job.catalog, job.config.labels)


def run_split(job: Context) -> Summary:
    """Stage 7, with the built folder and the leakage report."""
    require_known(job.catalog, job.config.labels)
    settings = job.config.get(SplitSettings)
    if settings.predefined and (across := dropped_across(job.catalog, _predefined(job))):
        job.progress.say(
            f"{across:,} pictures were set aside as copies of pictures in another split; they "
            "are used again"
        )
        for stage in (run_dedupe, crop):
            stage(job)
        run_label(job, None)
    summary = split(job.catalog, settings, job.config.labels)
    build_dataset_folder(job)
    report = job.workspace.reports / "leakage.json"
    found = measure_leakage(job.catalog, report, job.config.get(DedupeSettings).radius)
    summary.notes += leakage_notes(found)
    summary.files += [job.workspace.dataset, report]
    return summary
