"""The results of a run on the current test set, from logits that are computed once."""

from __future__ import annotations

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
from moue.workspace.conditions import LABELLED
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
class LikelyError:
    """A mouth whose label is likely wrong, with the probabilities of the model by label."""

    name: str
    predicted: str
    probabilities: dict[str, float]
    lead: float


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
            names = (mouth.name for mouth in catalog.mouths_in_use(LABELLED))
            return self._cache.missing(model.key, names)

    def likely_errors(self, name: str) -> list[LikelyError]:
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
        found: list[LikelyError] = []
        for check in checks:
            model = check.model
            key = model.where if check.is_bundled else self._models.load(name).key
            names = list(check.mouths.names())
            known = self._cache.get(key, model, names)
            there = np.array([one in known.logits for one in names])
            if not there.any():
                continue
            names = [one for one in names if one in known.logits]
            rows = softmax(np.array([known.logits[one] for one in names]), model.spec.temperature)
            current = check.mouths.some(there).label_indices(model.spec.labels)
            for i in suspected(rows, current).tolist():
                best = int(rows[i].argmax())
                found.append(
                    LikelyError(
                        name=names[i], predicted=model.spec.labels[best],
                        probabilities=dict(zip(model.spec.labels, rows[i].tolist(), strict=True)),
                        lead=float(rows[i, best] - rows[i, current[i]]),
                    )
                )  # fmt: skip
        return sorted(found, key=lambda one: -one.lead)

    def _evaluated(
        self, model: NamedModel, folder: Path, split: str, mouths: LabelledMouths
    ) -> EvaluatedRun:
        check_labels_of(model.classifier, folder, mouths)
        names = list(mouths.names())
        known = self._cache.get(model.key, model.classifier, names)
        there = mouths.some(np.array([name in known.logits for name in names], bool))
        if not len(there):
            raise DataError("no mouth of the test set is left that can be evaluated")
        rows = [known.logits[name] for name in names if name in known.logits]
        examples = make_examples(there, known.colours)
        missing = len(mouths) - len(there)
        return EvaluatedRun(model, split, there, examples, np.array(rows, np.float32), missing)
