"""`moue train --seeds --folds --recipes`: train several models, and report mean and spread.

The trainings measure how much the accuracy depends on the seed, on the choice of the validation
set and on the recipe. They write no run; `moue train` trains the model to use.
"""

from __future__ import annotations

import dataclasses
import statistics
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from itertools import product
from pathlib import Path
from typing import Any

from moue.dataset.label import require_known
from moue.engine import SERIAL
from moue.errors import MissingExtra
from moue.face.backends import FaceSettings
from moue.files import read_json
from moue.model.example import digest_of_examples
from moue.progress import Summary
from moue.settings import fingerprint
from moue.training.fold_sets import FoldSets, load_fold_sets
from moue.training.recipes import RecipeName
from moue.training.train_settings import TrainSettings
from moue.training.train_split import check_fine_tuning, crop_backend
from moue.workspace.context import Context
from moue.workspace.owned_files import put_json

REPORT = "trainings.json"
"""File in `reports/` with the results of all trainings."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The trainings to do: each seed with each fold and each recipe.

    Attributes:
        seeds: random seeds.
        folds: number of validation sets; 1 uses the split of the workspace.
        recipes: names of the recipes.
    """

    seeds: tuple[int, ...]
    folds: int
    recipes: tuple[RecipeName, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Training:
    """One training of a plan.

    Attributes:
        key: hash of everything that determines the result.
        fold: number of the validation set, from 1.
        settings: settings with the seed and the recipe.
        labels: labels of the model.
        crop_scale: crop scale of the crops.
        backend: face backend of the crops; None if unknown.
    """

    key: str
    fold: int
    settings: TrainSettings
    labels: tuple[str, ...]
    crop_scale: float
    backend: str | None


def train_one(sets: FoldSets, training: Training) -> dict[str, Any]:
    """Train in a temporary folder, and return the metrics of the best epoch as plain data."""
    from moue.training.train import train

    train_set, val_set = sets.train_set(training.fold - 1), sets.val_set(training.fold - 1)
    with tempfile.TemporaryDirectory(prefix="moue-training-") as folder:
        result = train(
            train_set, val_set, training.settings, Path(folder),
            labels=training.labels, crop_scale=training.crop_scale, face_backend=training.backend,
        )  # fmt: skip
    return {
        "key": training.key,
        "recipe": training.settings.recipe,
        "seed": training.settings.seed,
        "fold": training.fold,
        "train pictures": len(train_set),
        "val pictures": len(val_set),
        "best epoch": result.best.number,
        "val accuracy": result.best.val_accuracy,
        "val recall": result.best.val_recall,
    }


def train_several(context: Context, plan: Plan) -> Summary:
    """Do all trainings of a plan that the report does not contain yet.

    On a cluster, each training is one task. After each training, its result is saved, so that an
    interrupted call continues.

    Raises:
        CatalogError: another process is training in the workspace.
        DataError: there are too few labelled groups for the folds, or a mouth has an unknown label.
        MissingExtra: torch is not installed.
    """
    if find_spec("torch") is None:
        raise MissingExtra("training", "train")
    check_fine_tuning(context)
    require_known(context.catalog, context.labels)
    report = context.workspace.reports / REPORT
    with context.workspace.training(context.command):
        sets = load_fold_sets(context.place, context.catalog, plan.folds)
        trainings = list(plan_trainings(context, plan, sets))
        known = read_json(report) if report.is_file() else {}
        missing = [one for one in trainings if one.key not in known]
        for result in _results(context, sets, missing):
            known[result.pop("key")] = result
            put_json(context.catalog, report, known, "train")
    rows = [known[one.key] for one in trainings]
    summary = Summary(stage="train", done=len(missing), counts={"trainings": len(rows)})
    summary.tables["trainings"] = summarise(rows)
    summary.result = {"trainings": rows}
    summary.files = [report]
    summary.notes.append(
        "the accuracy is that of the best epoch on the validation set, which also selects this "
        "epoch, so it is slightly too high; `moue train` trains a model to use"
    )
    return summary


def _results(
    context: Context, sets: FoldSets, trainings: Sequence[Training]
) -> Iterator[dict[str, Any]]:
    """Yield the result of each training; the lock of the workspace is released meanwhile."""
    engine = context.engine if context.engine.is_remote else SERIAL
    total = len(trainings)
    with context.node_probe() as reads:
        # A cluster gets the sets once, not with each training.
        results = engine.map(partial(train_one, sets), trainings, total, reads=reads, chunk=1)
        tracked = context.progress.track(results, "trainings", total, engine.describe)
        while True:
            with context.pause():
                result = next(tracked, None)
            if result is None:
                return
            yield result


def plan_trainings(context: Context, plan: Plan, sets: FoldSets) -> Iterator[Training]:
    """Yield the trainings of a plan: for each recipe, each fold with each seed."""
    catalog, settings = context.catalog, context.config.get(TrainSettings)
    scale, backend = context.config.get(FaceSettings).crop_scale, crop_backend(catalog)
    known = [_of_fold(sets, fold, context.labels.names) for fold in range(len(sets))]
    for recipe, (fold, (labels, digests)), seed in product(
        plan.recipes, enumerate(known, 1), plan.seeds
    ):
        own = dataclasses.replace(settings, recipe=recipe, seed=seed)
        yield Training(
            key=fingerprint(own, *digests, *labels, str(scale), str(backend)),
            fold=fold,
            settings=own,
            labels=labels,
            crop_scale=scale,
            backend=backend,
        )


def _of_fold(
    sets: FoldSets, fold: int, names: Sequence[str]
) -> tuple[tuple[str, ...], tuple[str, str]]:
    """Return the labels of a fold in the order of `names`, and the digests of its two sets."""
    train_set, val_set = sets.train_set(fold), sets.val_set(fold)
    present = train_set.labels()
    digests = digest_of_examples(train_set), digest_of_examples(val_set)
    return tuple(label for label in names if label in present), digests


def summarise(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return one row per recipe: number of trainings, mean, standard deviation and range.

    Args:
        rows: results of `train_one`.
    """
    accuracies: dict[str, list[float]] = defaultdict(list)
    for row in rows:
        accuracies[row["recipe"]].append(row["val accuracy"])
    return [
        {
            "recipe": recipe,
            "trainings": len(found),
            "mean val accuracy": f"{statistics.fmean(found):.2%}",
            "standard deviation": f"{statistics.stdev(found):.2%}" if len(found) > 1 else "",
            "lowest": f"{min(found):.2%}",
            "highest": f"{max(found):.2%}",
        }
        for recipe, found in accuracies.items()
    ]
