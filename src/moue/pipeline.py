"""The whole way in order: what `moue run` does, and where data set meets model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

from moue.catalog import Catalog
from moue.config import Config
from moue.dataset.clean import CleanSettings, clean
from moue.dataset.collect import CollectSettings, collect
from moue.dataset.convert import ConvertSettings, convert
from moue.dataset.dedupe import DedupeSettings, dedupe
from moue.dataset.folder import build_folder
from moue.dataset.label import label_from_sources
from moue.dataset.leakage import leakage
from moue.dataset.mouths import CropSettings, crop
from moue.dataset.split import SplitSettings, split
from moue.dataset.table import label_from_csv
from moue.evaluation.run import evaluate_run
from moue.experiment import Pause, train_split
from moue.face.locate import FaceSettings
from moue.model.settings import TrainSettings
from moue.progress import Progress, Summary
from moue.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Job:
    """What every stage is handed.

    Attributes:
        pause: gives the workspace's lock back while it is open.
        command: that is at work, for the messages of others.
    """

    workspace: Workspace
    catalog: Catalog
    config: Config
    progress: Progress
    workers: int = 0
    pause: Pause = nullcontext
    command: str = ""


def run(job: Job, sources: Sequence[Path], labels: Path | None) -> Iterator[Summary]:
    """Do, in order, all that is not done yet; yield what each stage did.

    Args:
        sources: folders, lists, videos or pictures to collect first; may be empty.
        labels: a CSV file with labels, besides the names of the folders.

    Raises:
        MoueError: the first thing that cannot go on, with what to do about it.
    """
    if sources:
        settings = job.config.get(CollectSettings)
        yield collect(job.workspace, job.catalog, sources, settings, job.progress)
    yield run_convert(job)
    yield run_clean(job)
    yield dedupe(job.catalog, job.config.get(DedupeSettings), job.progress)
    yield run_crop(job)
    yield label_from_sources(job.catalog)
    if labels is not None:
        yield label_from_csv(job.catalog, labels)
    yield run_split(job)
    trained = run_train(job)
    yield trained
    yield evaluate_run(job.workspace, job.catalog, trained.files[0], job.progress)


def run_train(job: Job) -> Summary:
    """Stage 8."""
    settings, face = job.config.get(TrainSettings), job.config.get(FaceSettings)
    return train_split(
        job.workspace, job.catalog, settings, face, job.progress, job.pause, job.command
    )


def run_convert(job: Job) -> Summary:
    """Stage 2."""
    settings = job.config.get(ConvertSettings)
    return convert(job.workspace, job.catalog, settings, job.progress, job.workers)


def run_clean(job: Job) -> Summary:
    """Stage 3."""
    settings, face = job.config.get(CleanSettings), job.config.get(FaceSettings)
    return clean(job.workspace, job.catalog, settings, face, job.progress, job.workers)


def run_crop(job: Job) -> Summary:
    """Stage 5."""
    settings, face = job.config.get(CropSettings), job.config.get(FaceSettings)
    return crop(job.workspace, job.catalog, settings, face, job.progress, job.workers)


def run_split(job: Job) -> Summary:
    """Stage 7, with the built folder and the leakage report."""
    summary = split(job.catalog, job.config.get(SplitSettings))
    build_folder(job.workspace, job.catalog, job.progress)
    report = job.workspace.reports / "leakage.json"
    found = leakage(job.catalog, report)
    summary.notes.append(
        f"leakage: {found.straddling} groups and {found.same_bytes} files in two splits; "
        f"a plain shuffle would have put {found.shuffled:.1f} of {found.groups} groups in both"
    )
    summary.files += [job.workspace.dataset, report]
    return summary
