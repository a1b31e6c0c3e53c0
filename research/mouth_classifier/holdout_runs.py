"""Train without the held-out people and sources; finished runs are cached."""

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

from moue.progress import Progress
from moue.training.checkpoint import Checkpoint, save
from research.mouth_classifier.fit_network import Logits, fit, logits, training_set
from research.mouth_classifier.student_dataset import (
    SAMPLES_PER_EPOCH,
    STUDENT,
    Data,
    Mask,
    student_training_set,
)
from research.mouth_classifier.teacher_outputs import HELD_OUT, load_teacher

FOLDS = (
    ("helen", "talking", "fbplab/MEBeauty-database", "Muneeb-Ahmed-Khan/Yawn-Detection"),
    (
        "web",
        "stage",
        "yawn",
        "yousan",
        "portraits",
        "balajisrinivas/Gender-Detection",
        "Karimashraf01/Face-Mask-Detection-using-MobilenetV2",
    ),
)
"""Held-out sources in two folds; thresholds are fitted on one fold and checked on the other."""
HELD_OUT_SOURCES = tuple(source for fold in FOLDS for source in fold)
WEB = ("web", "stage")
THIRDS = 3
"""One part of this many of UTKFace is held out; ages and groups of its people are known."""
CORES = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One training for evaluation, from a seed."""

    epochs: int = STUDENT.epochs
    seed: int = 0


def held_out_mouths(data: Data) -> Mask:
    """Return the (N,) mask of the held-out mouths."""
    return held_out_utkface(data) | np.isin(data.sources, HELD_OUT_SOURCES)


def held_out_utkface(data: Data) -> Mask:
    """Return the (N,) mask of the held-out part of UTKFace."""
    return np.asarray((data.sources == "utk") & data.part(1, THIRDS), np.bool_)


def run_all(folder: Path, work: Path, runs: Sequence[Run], progress: Progress) -> list[Logits]:
    """Return (N, K) logits of all mouths for each run."""
    jobs = [(folder, work, run) for run in runs]
    with ProcessPoolExecutor(CORES, mp_context=get_context("spawn")) as pool:
        return list(progress.track(pool.map(_run, jobs), "train", len(jobs)))


def _run(job: tuple[Path, Path, Run]) -> Logits:
    folder, work, run = job
    torch.set_num_threads(1)
    data = Data.load(folder, work, Progress())
    path = kept(data, work, run)
    if not path.exists():
        recipe = dataclasses.replace(STUDENT, epochs=run.epochs)
        # The EMA weights of the last epoch are evaluated, so any validation set will do.
        val = training_set(data.pixels[:8], data.targets[:8], recipe)
        teacher = load_teacher(HELD_OUT, data.mouths)
        train_set = student_training_set(data, ~held_out_mouths(data), teacher)
        network = fit(train_set, val, recipe, run.seed, SAMPLES_PER_EPOCH)
        weights = Checkpoint(spec=network.spec, weights=network.eval_network.state_dict())
        save(weights, path.with_suffix(".pt"))
        _save(path, logits(network, data.pixels))
    return np.asarray(np.load(path))


def kept(data: Data, work: Path, run: Run) -> Path:
    """Return the cache file of the logits of a run; its weights have the suffix `.pt`."""
    rendered = data.heads.soft_labels.tobytes()
    mark = _mark(repr((STUDENT, run)).encode(), data.targets.tobytes(), rendered)
    return work / f"run-{mark}.npy"


def _mark(*parts: bytes) -> str:
    return hashlib.sha256(b"".join(parts)).hexdigest()[:12]


def _save(path: Path, values: npt.NDArray[np.float32]) -> None:
    part = path.with_suffix(".part.npy")
    np.save(part, values)
    part.replace(path)
