"""Many trainings over the cores, each kept, so that a stopped step goes on where it was."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from moue.progress import NullProgress, Progress
from moue.training.checkpoint import Checkpoint, save
from research.mouth_classifier.fit_network import (
    Logits,
    SoftLabels,
    TrainingSet,
    fit,
    logits,
    one_hot,
    training_set,
)
from research.mouth_classifier.student_dataset import (
    PARTS,
    STUDENT,
    Data,
    Mask,
    generated_training_set,
    student_training_set,
    teachers,
)
from research.mouth_classifier.teachers import SAMPLES_PER_EPOCH, TEACHER

WEB = ("web", "stage")
HELD_OUT_SOURCES = ("helen", "portraits", "talking", *WEB)
"""Sources that a scored network never sees. They helped to choose the recipe: it is flattered."""
THIRDS = 3
"""One third of UTKFace is left out too: its ages and groups of people are known."""
CORES = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One training to be scored.

    Attributes:
        parts: of `PARTS`, what it learns from beside the labels; or only `gan` and `3d`.
    """

    parts: tuple[str, ...] = PARTS
    epochs: int = STUDENT.epochs
    seed: int = 0


def held_out_mouths(data: Data) -> Mask:
    """Return (N,) the mouths that no scored network learns from."""
    return held_out_utkface(data) | np.isin(data.sources, HELD_OUT_SOURCES)


def held_out_utkface(data: Data) -> Mask:
    """Return (N,) the part of UTKFace that is left out."""
    return np.asarray((data.sources == "utk") & data.part(1, THIRDS), np.bool_)


def said(folder: Path, work: Path) -> SoftLabels:
    """Return what teachers that saw nothing left out say of every mouth."""
    data = Data.load(folder, work, NullProgress())
    may = ~held_out_mouths(data)
    path = (
        work
        / f"teachers-{_mark(repr(TEACHER).encode(), may.tobytes(), data.features.tobytes())}.npy"
    )
    if not path.exists():
        _save(path, teachers(data, may, PARTS, 0, lambda _: None))
    return np.asarray(np.load(path))


def run_all(folder: Path, work: Path, runs: Sequence[Run], progress: Progress) -> list[Logits]:
    """Return the (N, K) logits of every mouth by each run."""
    if any("teachers" in run.parts for run in runs):
        with progress.task("ask the teachers", 1) as advance:
            said(folder, work)
            advance("")
    jobs = [(folder, work, run) for run in runs]
    with ProcessPoolExecutor(CORES, mp_context=get_context("spawn")) as pool:
        return list(progress.track(pool.map(_run, jobs), "train", len(jobs)))


def _run(job: tuple[Path, Path, Run]) -> Logits:
    folder, work, run = job
    torch.set_num_threads(1)
    data = Data.load(folder, work, NullProgress())
    path = kept(data, work, run)
    if not path.exists():
        recipe = dataclasses.replace(STUDENT, epochs=run.epochs)
        # The last epoch's average is judged: what it is validated on has no say.
        judge = training_set(data.pixels[:8], one_hot(["none"] * 8), recipe)
        network = fit(_learn(data, folder, work, run), judge, recipe, run.seed, SAMPLES_PER_EPOCH)
        weights = Checkpoint(spec=network.spec, weights=network.eval_network.state_dict())
        save(weights, path.with_suffix(".pt"))
        _save(path, logits(network, data.pixels))
    return np.asarray(np.load(path))


def kept(data: Data, work: Path, run: Run) -> Path:
    """Return where the logits of a run are kept; beside them, as `.pt`, are its weights."""
    return work / f"run-{_mark(repr((STUDENT, run)).encode(), data.features.tobytes())}.npy"


def _learn(data: Data, folder: Path, work: Path, run: Run) -> TrainingSet:
    alone = tuple(part for part in run.parts if part in ("gan", "3d"))
    if alone:
        return generated_training_set(data, ~held_out_mouths(data), alone, STUDENT)
    soft_labels = said(folder, work) if "teachers" in run.parts else None
    return student_training_set(data, ~held_out_mouths(data), STUDENT, run.parts, soft_labels)


def _mark(*parts: bytes) -> str:
    return hashlib.sha256(b"".join(parts)).hexdigest()[:12]


def _save(path: Path, values: npt.NDArray[np.float32]) -> None:
    part = path.with_suffix(".part.npy")
    np.save(part, values)
    part.replace(path)
