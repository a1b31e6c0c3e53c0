"""The training mouths that are nearest to a mouth in the features of the network."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from moue.errors import ImageError
from moue.evaluation.independent_models import training_mouths
from moue.evaluation.labelled_mouths import load_labelled_mouths
from moue.model.classifier import BATCH, Classifier
from moue.predict.model_crops import read_model_crop
from moue.workspace.catalog import Catalog, batched
from moue.workspace.types import Image, Mouth, Sample
from moue.workspace.workspace import Workspace

Advance: TypeAlias = Callable[[int], None]
"""A function that is called with the number of mouths so far."""
MAX_INDEXED = 20_000
"""Maximum number of mouths in an index: 58 MB for the network of the bundled model."""


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A training mouth near another mouth.

    Attributes:
        name: name of the mouth.
        distance: cosine distance of the penultimate features, from 0 (equal) to 2.
    """

    name: str
    distance: float


class FeatureIndex:
    """The penultimate features of many mouths.

    Args:
        names: names of the mouths.
        features: (N, F) features, in the order of `names`.

    Attributes:
        names: names of the mouths.
    """

    def __init__(self, names: Sequence[str], features: npt.NDArray[np.floating]) -> None:
        self.names = tuple(names)
        # float16 halves the memory; its error is far below the distances of different mouths.
        self._features = _unit(features).astype(np.float16)

    def nearest(
        self, feature: npt.NDArray[np.floating], count: int = 8, without: Collection[str] = ()
    ) -> list[Neighbour]:
        """Return the nearest mouths, the nearest first.

        Args:
            feature: (F,) features of a mouth.
            count: maximum number of mouths.
            without: names of mouths to leave out, such as that of the mouth itself.
        """
        if not self.names:
            return []
        distances = np.empty(len(self.names), np.float32)
        unit = _unit(feature[None])[0]
        for start in range(0, len(self.names), 4096):
            part = slice(start, start + 4096)
            distances[part] = 1 - self._features[part].astype(np.float32) @ unit
        order = np.argsort(distances, kind="stable")[: count + len(without)].tolist()
        found = [Neighbour(self.names[i], max(0.0, float(distances[i]))) for i in order]
        return [one for one in found if one.name not in without][:count]


def index_of(
    classifier: Classifier,
    workspace: Workspace,
    catalog: Catalog,
    names: Sequence[str],
    advance: Advance | None = None,
) -> FeatureIndex:
    """Compute the features of mouths; mouths whose crop cannot be read are left out.

    Args:
        classifier: model.
        workspace: workspace of the mouths.
        catalog: catalog of the workspace.
        names: names of the mouths.
        advance: function that is called after each batch.
    """
    kept: list[str] = []
    parts: list[npt.NDArray[np.float32]] = []
    for batch in batched(names, BATCH):
        pairs = catalog.with_samples(map(catalog.mouth, batch))
        crops = [(mouth.name, _crop(workspace, s, mouth, classifier)) for mouth, s in pairs]
        there = [(name, crop) for name, crop in crops if crop is not None]
        if there:
            kept += [name for name, _ in there]
            parts.append(classifier.features([crop for _, crop in there]))
        if advance is not None:
            advance(len(kept))
    features = np.concatenate(parts) if parts else np.empty((0, 1), np.float32)
    return FeatureIndex(kept, features)


def mouths_to_index(
    workspace: Workspace, catalog: Catalog, run: Path | None, most: int = MAX_INDEXED
) -> tuple[list[str], int]:
    """Return the names of the training mouths of a run, and their number.

    For a model that is not a run of this workspace, these are the labelled mouths in use. If there
    are more than `most` mouths, evenly spaced ones are returned.

    Args:
        workspace: workspace of the mouths.
        catalog: open catalog.
        run: run folder; None for another model.
        most: maximum number of names.
    """
    usable = load_labelled_mouths(workspace, catalog)
    trained = None if run is None else training_mouths(catalog, run)
    if trained is not None and len(trained):
        usable = usable.some(np.isin(usable.numbers, trained))
    total = len(usable)
    chosen = np.unique(np.linspace(0, total - 1, min(most, total)).astype(int))
    return list(usable.some(chosen).names()), total


def _crop(workspace: Workspace, sample: Sample, mouth: Mouth, model: Classifier) -> Image | None:
    try:
        return read_model_crop(workspace, sample, mouth, model.spec.crop_scale, model.where)
    except (ImageError, OSError):
        return None


def _unit(features: npt.NDArray[np.floating]) -> npt.NDArray[np.float32]:
    """Scale rows to length 1; a row of zeros stays zero."""
    length = np.linalg.norm(features, axis=1, keepdims=True)
    return np.asarray(features / np.maximum(length, 1e-12), np.float32)
