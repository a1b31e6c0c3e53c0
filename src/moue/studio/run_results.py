"""The results of a run on the current test set, from logits that are computed once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from moue.errors import DataError
from moue.evaluation.comparison import Comparison, compare
from moue.evaluation.example_table import ExampleTable
from moue.evaluation.independent_models import independent_models
from moue.evaluation.label_errors import suspected
from moue.evaluation.labelled_mouths import LabelledMouths, load_labelled_mouths
from moue.evaluation.rank_models import unseen
from moue.evaluation.test_set import (
    check_labels_of,
    load_test_set,
    make_examples,
)
from moue.face.backends import FaceSettings
from moue.model.calibration import softmax
from moue.model.spec import Floats
from moue.studio.crop_logits import LogitsCache
from moue.studio.models import Models, NamedModel, config_of
from moue.workspace.columns import Numbers
from moue.workspace.workspace import Workspace


@dataclass(frozen=True, slots=True)
class EvaluatedRun:
    """The predictions of a run for the current test set.

    Attributes:
        model: model of the run.
        split: `test`, or `val` without a test set.
        mouths: mouths of the set whose crops can be read.
        examples: `mouths` with attributes.
        logits: (N, K) logits, in the order of `mouths`.
        unreadable: number of mouths that were left out because their crops cannot be read.
    """

    model: NamedModel
    split: str
    mouths: LabelledMouths
    examples: ExampleTable
    logits: Floats
    unreadable: int

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels of the model."""
        return self.model.classifier.spec.labels

    @property
    def probabilities(self) -> npt.NDArray[np.float64]:
        """The probabilities (N, K), with the temperature of the model."""
        return softmax(self.logits, self.model.classifier.spec.temperature)

    @property
    def targets(self) -> npt.NDArray[np.int64]:
        """The labels (N,) as indices into `labels`."""
        return self.mouths.label_indices(self.labels)

    @property
    def predicted(self) -> list[str]:
        """The predicted labels."""
        return [self.labels[i] for i in self.logits.argmax(axis=1).tolist()]


@dataclass(frozen=True, slots=True)
class Shown:
    """A mouth with the probabilities of its model by label."""

    number: int
    probabilities: dict[str, float]


class LikelyErrors:
    """Mouths whose label is likely wrong, the most likely error first.

    Args:
        found: labels of a model, row numbers (M,), probabilities (M, K) and current labels (M,) as
            column indices, for each model.
    """

    def __init__(
        self, found: Sequence[tuple[Sequence[str], Numbers, npt.NDArray[np.float64], Numbers]]
    ) -> None:
        self._labels = [labels for labels, *_ in found]
        self._rows = [rows for _, _, rows, _ in found]
        nothing = np.empty(0, np.int64)
        sizes = [len(numbers) for _, numbers, _, _ in found]
        models = np.repeat(np.arange(len(found)), sizes)
        places = np.concatenate([nothing, *(np.arange(size) for size in sizes)])
        leads = [rows.max(axis=1) - rows[np.arange(len(rows)), now] for _, _, rows, now in found]
        order = np.argsort(-np.concatenate([nothing, *leads]), kind="stable")
        self.numbers = np.concatenate([nothing, *(numbers for _, numbers, *_ in found)])[order]
        self._models, self._places = models[order], places[order]

    def __len__(self) -> int:
        return len(self.numbers)

    def page(self, start: int, count: int) -> list[Shown]:
        """Return some of the mouths with the probabilities of the models that checked them."""
        part = slice(start, start + count)
        return [
            Shown(number, dict(zip(self._labels[m], self._rows[m][at].tolist(), strict=True)))
            for number, m, at in zip(
                self.numbers[part].tolist(), self._models[part].tolist(),
                self._places[part].tolist(), strict=True,
            )
        ]  # fmt: skip


class RunResults:
    """Evaluates runs of a workspace. All methods may be called from any thread."""

    def __init__(self, workspace: Workspace, models: Models) -> None:
        self._workspace, self._models = workspace, models
        self._cache = LogitsCache(workspace)

    def evaluated(self, name: str) -> EvaluatedRun:
        """Evaluate a run on the current test set.

        Raises:
            ApiError: there is no finished run of this name.
            DataError: test and validation set are empty, or the model does not have their labels.
        """
        folder = self._models.run_folder(name)
        model = self._models.load(name)
        with self._workspace.reading() as catalog:
            split, mouths = load_test_set(self._workspace, catalog)
        return self._evaluated(model, folder, split, mouths)

    def compared(self, first: str, second: str) -> tuple[Comparison, str, int]:
        """Compare two runs on the test mouths that neither was trained on.

        Returns:
            The comparison, the split, and the number of mouths that were left out.

        Raises:
            ApiError: one of the runs does not exist.
            DataError: there are no mouths to compare on, or a model does not have their labels.
        """
        folders = [self._models.run_folder(name) for name in (first, second)]
        with self._workspace.reading() as catalog:
            split, everything = load_test_set(self._workspace, catalog)
            mouths = everything
            if split == "test":
                # Both runs used the validation set to choose an epoch, so none would be left.
                mouths = everything.some(unseen(catalog, everything, folders))
        runs = [
            self._evaluated(self._models.load(name), folder, split, mouths)
            for name, folder in zip((first, second), folders, strict=True)
        ]
        a, b = runs
        found = compare(a.examples, a.predicted, b.predicted, (first, second))
        return found, split, len(everything) - len(a.mouths)

    def to_check(self, name: str) -> int:
        """Return the number of labelled mouths whose logits `likely_errors` must compute first."""
        model = self._models.load(name)
        with self._workspace.reading() as catalog:
            labelled = load_labelled_mouths(self._workspace, catalog)
        return self._cache.missing(model.key, labelled)

    def likely_errors(self, name: str) -> LikelyErrors:
        """Return the mouths whose label is likely wrong, the most likely error first.

        The rule is that of `moue label --check`: the run checks only the mouths that it was not
        trained on, and the bundled model checks the others.
        """
        folder = self._models.run_folder(name)
        config = config_of(self._workspace)
        labels, licence = config.labels.names, config.get(FaceSettings).licence
        with self._workspace.reading() as catalog:
            labelled = load_labelled_mouths(self._workspace, catalog)
            mouths = labelled.some(labelled.label_indices(labels) >= 0)
            checks, _ = independent_models(catalog, folder, licence, mouths, [])
        found = []
        for check in checks:
            model = check.model
            key = model.where if check.is_bundled else self._models.load(name).key
            known = self._cache.get(key, model, check.mouths)
            if not known.there.any():
                continue
            there = check.mouths.some(known.there)
            rows = softmax(known.logits, model.spec.temperature)
            current = there.label_indices(model.spec.labels)
            wrong = suspected(rows, current)
            found.append((model.spec.labels, there.numbers[wrong], rows[wrong], current[wrong]))
        return LikelyErrors(found)

    def _evaluated(
        self, model: NamedModel, folder: Path, split: str, mouths: LabelledMouths
    ) -> EvaluatedRun:
        check_labels_of(model.classifier, folder, mouths)
        known = self._cache.get(model.key, model.classifier, mouths)
        there = mouths.some(known.there)
        if not len(there):
            raise DataError("no mouth of the test set is left that can be evaluated")
        examples = make_examples(there, known.colours())
        return EvaluatedRun(model, split, there, examples, known.logits, len(mouths) - len(there))
