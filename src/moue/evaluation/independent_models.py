"""Choose for each labelled mouth a model that was not trained on it.

A model repeats the labels of its training mouths, even wrong labels. Therefore the model of a run
checks only the test and validation sets and newer mouths, and the bundled model checks the training
mouths with a label that it has.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np

from moue.errors import ModelError
from moue.evaluation.labelled_mouths import LabelledMouths
from moue.evaluation.rank_models import mouths_used_by
from moue.model import bundled
from moue.model.classifier import Classifier
from moue.model.licence import Licence
from moue.predict.load_classifier import load_classifier
from moue.workspace.catalog import Catalog
from moue.workspace.columns import Numbers, mouth_numbers
from moue.workspace.workspace import MOUTHS

ENVIRONMENT = "environment.json"
"""File in a run folder that contains, among others, the number of pictures in each set."""


@dataclass(frozen=True, slots=True)
class IndependentModel:
    """A model, and the mouths that it checks because it was not trained on them.

    Attributes:
        model: model.
        name: name of the run, or description of the bundled model.
        mouths: mouths to check; the model has their labels.
        is_bundled: True for the bundled model.
    """

    model: Classifier
    name: str
    mouths: LabelledMouths
    is_bundled: bool


def independent_models(
    catalog: Catalog,
    run: Path | None,
    licence: Licence,
    mouths: LabelledMouths,
    notes: list[str],
) -> tuple[list[IndependentModel], LabelledMouths]:
    """Assign each labelled mouth to the first model that was not trained on it.

    Args:
        catalog: open catalog.
        run: run folder or other model; None to use the bundled model only.
        licence: allowed licences of models, `free` or `any`.
        mouths: mouths with a label.
        notes: list that receives a note on each model.

    Returns:
        The models with their mouths, and the mouths that no model can check.
    """
    rest = mouths
    found = []
    for model, trained_on, is_bundled in _models(catalog, run, licence, notes):
        fits = rest.label_indices(model.spec.labels) >= 0
        if trained_on is not None:
            fits &= ~np.isin(rest.numbers, trained_on)
        mine, rest = rest.some(fits), rest.some(~fits)
        if len(mine):
            independence = _independence(None if is_bundled else run, trained_on)
            is_run = run is not None and run.is_dir() and not is_bundled
            name = run.name if run is not None and is_run else model.where
            notes.append(f"{len(mine):,} mouths were checked by {name}{independence}")
            found.append(IndependentModel(model, name, mine, is_bundled))
    return found, rest


def _models(
    catalog: Catalog, run: Path | None, licence: Licence, notes: list[str]
) -> Iterable[tuple[Classifier, Numbers | None, bool]]:
    """Yield each usable model, its training mouths if known, and True for a bundled model."""
    if run is not None:
        yield load_classifier(run, licence=licence), training_mouths(catalog, run), False
    if run is None or bundled.model_names():
        try:
            yield load_classifier(licence=licence), None, True
        except ModelError as error:
            notes.append(str(error))


def training_mouths(catalog: Catalog, run: Path) -> Numbers | None:
    """Return the row numbers of the training mouths of a run; None for a model file.

    The list in the run folder starts with the training set. The validation set follows, which only
    selected the best epoch.
    """
    try:
        counts = json.loads((run / ENVIRONMENT).read_text(encoding="utf-8"))["counts"]["train"]
        count = sum(counts.values())
        with (run / MOUTHS).open(encoding="utf-8") as file:
            return mouth_numbers(catalog, (line.rstrip("\n") for line in islice(file, count)))
    except OSError:
        return mouths_used_by(catalog, run)
    except (ValueError, KeyError, TypeError, AttributeError):
        return mouths_used_by(catalog, run)  # without counts: the validation set too


def _independence(run: Path | None, trained_on: Numbers | None) -> str:
    if trained_on is not None:
        return ", which was not trained on them"
    return "; its training data is unknown" if run else ", a bundled model"
