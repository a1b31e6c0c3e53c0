"""`moue train --seeds --folds --recipes`: train several models, and report mean and spread.

The trainings measure how much the accuracy depends on the seed, on the choice of the validation
set and on the recipe. They write no run; `moue train` trains the model to use.
"""

from __future__ import annotations

import dataclasses
import hashlib
import statistics
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import product
from pathlib import Path
from typing import Any

from moue.dataset.label import require_known
from moue.engine import SERIAL
from moue.errors import DataError, MissingExtra
from moue.face.backends import FaceSettings
from moue.files import read_json
from moue.model.example import Example, digest_of_examples
from moue.progress import Summary
from moue.settings import fingerprint
from moue.training.recipes import RecipeName
from moue.training.train_settings import TrainSettings
from moue.training.train_split import check_fine_tuning, crop_backend
from moue.workspace.context import Context
from moue.workspace.owned_files import put_json
from moue.workspace.queries import dataset_mouths

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
        fold: number of the validation set, from 1.
        settings: settings with the seed and the recipe.
        train_set: labelled crops to train on.
        val_set: labelled crops to validate on.
        labels: labels of the model.
        crop_scale: crop scale of the crops.
        backend: face backend of the crops; None if unknown.
    """

    fold: int
    settings: TrainSettings
    train_set: tuple[Example, ...]
    val_set: tuple[Example, ...]
    labels: tuple[str, ...]
    crop_scale: float
    backend: str | None

    @property
    def key(self) -> str:
        """A hash of everything that determines the result."""
        sets = (digest_of_examples(self.train_set), digest_of_examples(self.val_set))
        more = (*self.labels, str(self.crop_scale), str(self.backend))
        return fingerprint(self.settings, *sets, *more)


def train_one(training: Training) -> dict[str, Any]:
    """Train in a temporary folder, and return the metrics of the best epoch as plain data."""
    from moue.training.train import train

    with tempfile.TemporaryDirectory(prefix="moue-training-") as folder:
        result = train(
            training.train_set, training.val_set, training.settings, Path(folder),
            labels=training.labels, crop_scale=training.crop_scale, face_backend=training.backend,
        )  # fmt: skip
    return {
        "key": training.key,
        "recipe": training.settings.recipe,
        "seed": training.settings.seed,
        "fold": training.fold,
        "train pictures": len(training.train_set),
        "val pictures": len(training.val_set),
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
        trainings = list(_trainings(context, plan))
        known = read_json(report) if report.is_file() else {}
        missing = [one for one in trainings if one.key not in known]
        for result in _results(context, missing):
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


def _results(context: Context, trainings: Sequence[Training]) -> Iterator[dict[str, Any]]:
    """Yield the result of each training; the lock of the workspace is released meanwhile."""
    engine = context.engine if context.engine.is_remote else SERIAL
    total = len(trainings)
    with context.node_probe() as reads:
        results = engine.map(train_one, trainings, total, reads=reads, chunk=1)
        tracked = context.progress.track(results, "trainings", total, engine.describe)
        while True:
            with context.pause():
                result = next(tracked, None)
            if result is None:
                return
            yield result


def _trainings(context: Context, plan: Plan) -> Iterator[Training]:
    catalog, settings = context.catalog, context.config.get(TrainSettings)
    scale, backend = context.config.get(FaceSettings).crop_scale, crop_backend(catalog)
    sets = list(_sets(context, plan.folds))
    for recipe, (fold, (train_set, val_set)), seed in product(
        plan.recipes, enumerate(sets, 1), plan.seeds
    ):
        present = {example.label for example in train_set}
        yield Training(
            fold=fold,
            settings=dataclasses.replace(settings, recipe=recipe, seed=seed),
            train_set=train_set,
            val_set=val_set,
            labels=tuple(label for label in context.labels.names if label in present),
            crop_scale=scale,
            backend=backend,
        )


def _sets(
    context: Context, folds: int
) -> Iterator[tuple[tuple[Example, ...], tuple[Example, ...]]]:
    """Yield the training and the validation set of each fold; the test set is never used.

    Raises:
        DataError: there are no training pictures, or fewer groups than folds.
    """
    groups: dict[str, list[Example]] = defaultdict(list)
    split: dict[str, list[Example]] = defaultdict(list)
    for mouth, sample in dataset_mouths(context.catalog):
        if mouth.split not in ("train", "val"):
            continue
        file = context.place.mouth(mouth.name)
        one = Example(name=mouth.name, file=file, label=str(mouth.label), attributes=sample.tags)
        split[mouth.split].append(one)
        groups[sample.group or sample.name].append(one)
    if not split["train"]:
        raise DataError("there are no training pictures; label mouths, then run `moue split`")
    if folds == 1:
        yield tuple(split["train"]), tuple(split["val"])
        return
    if len(groups) < folds:
        raise DataError(
            f"--folds {folds}: the training and validation sets have only {len(groups)} groups of "
            "pictures; collect more pictures, or use fewer folds"
        )
    parts = make_folds(groups, folds)
    for number in range(folds):
        others = (one for i, part in enumerate(parts) if i != number for one in part)
        yield tuple(others), tuple(parts[number])


def make_folds(groups: dict[str, list[Example]], folds: int) -> list[list[Example]]:
    """Divide groups of examples among folds with similar counts of each label.

    The largest groups are assigned first, each to the fold with the fewest examples of its labels.
    The result depends only on names and labels, not on the order of the groups.

    Args:
        groups: examples of each group, by name of the group.
        folds: number of folds, at most the number of groups.
    """
    parts: list[list[Example]] = [[] for _ in range(folds)]
    counts = [Counter[str]() for _ in range(folds)]

    def order(name: str) -> tuple[int, str]:
        return -len(groups[name]), hashlib.sha256(name.encode(errors="replace")).hexdigest()

    for name in sorted(groups, key=order):
        labels = [one.label for one in groups[name]]
        fold = min(
            range(folds), key=lambda i: (sum(counts[i][label] for label in labels), len(parts[i]))
        )
        parts[fold] += groups[name]
        counts[fold].update(labels)
    return parts


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
