"""The logits of models for mouth crops, computed once for each crop and model."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from moue.dataset.attributes import colour_of
from moue.errors import ImageError
from moue.evaluation.labelled_mouths import LabelledMouths
from moue.model.classifier import BATCH, Classifier
from moue.model.spec import Floats
from moue.predict.model_crops import read_model_crop
from moue.workspace.browse import crop_digests
from moue.workspace.catalog import batched
from moue.workspace.columns import Numbers
from moue.workspace.types import Image
from moue.workspace.workspace import Workspace

MAX_MODELS = 6
"""Maximum number of models whose logits are kept."""
_PAGE = 500
"""Number of crops whose versions are read at a time."""
_MISSING = 0
"""Version of a crop that does not exist."""

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class CropLogits:
    """Logits and colours of mouths.

    Attributes:
        there: (N,) mask of the mouths whose crop can be read.
        logits: (M, K) logits of the mouths that are there, in their order.
        grey: (M,) True for each of them whose crop is grey; see `colour_of`.
    """

    there: Mask
    logits: Floats
    grey: Mask

    def colours(self) -> Iterator[str]:
        """Yield the colours of the mouths that are there, as `colour_of` names them."""
        return ("grey" if grey else "colour" for grey in self.grey)


@dataclass(frozen=True, slots=True)
class _Table:
    """Versions, logits and colours of crops, in the order of the row numbers of their mouths.

    Attributes:
        numbers: (N,) row numbers of the mouths.
        versions: (N,) versions of the crops.
        logits: (N, K) logits.
        grey: (N,) True for a grey crop.
    """

    numbers: Numbers
    versions: npt.NDArray[np.int64]
    logits: Floats
    grey: Mask

    @classmethod
    def empty(cls, labels: int) -> _Table:
        numbers = np.empty(0, np.int64)
        return cls(numbers, numbers, np.empty((0, labels), np.float32), np.empty(0, bool))

    def find(self, numbers: Numbers, versions: npt.NDArray[np.int64]) -> tuple[Numbers, Mask]:
        """Return (N,) positions of mouths, and True where the crop has this version."""
        if not len(self.numbers):
            return np.zeros(len(numbers), np.int64), np.zeros(len(numbers), bool)
        at = np.minimum(np.searchsorted(self.numbers, numbers), len(self.numbers) - 1)
        return at, (self.numbers[at] == numbers) & (self.versions[at] == versions)

    def merged(self, new: _Table) -> _Table:
        """Return a table with the rows of both; those of `new` replace rows of the same mouths."""
        kept = ~np.isin(self.numbers, new.numbers)
        numbers = np.concatenate([self.numbers[kept], new.numbers])
        order = np.argsort(numbers, kind="stable")
        return _Table(
            numbers[order],
            np.concatenate([self.versions[kept], new.versions])[order],
            np.concatenate([self.logits[kept], new.logits])[order],
            np.concatenate([self.grey[kept], new.grey])[order],
        )


class LogitsCache:
    """Computes and keeps logits. `get` may be called from any thread; it computes one at a time.

    A mouth takes about 40 bytes for each model.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._lock = threading.Lock()
        self._tables: OrderedDict[str, _Table] = OrderedDict()

    def get(self, key: str, classifier: Classifier, mouths: LabelledMouths) -> CropLogits:
        """Return the logits of a model for mouths.

        Args:
            key: identifier of the content of the model.
            classifier: model.
            mouths: mouths with a label.
        """
        with self._lock:
            table = self._tables.setdefault(key, _Table.empty(len(classifier.spec.labels)))
            self._tables.move_to_end(key)
            while len(self._tables) > MAX_MODELS:
                self._tables.popitem(last=False)
            versions = self._versions(mouths)
            wanted = np.nonzero(~table.find(mouths.numbers, versions)[1] & (versions != _MISSING))
            parts = [table]
            try:
                for batch in batched(wanted[0].tolist(), BATCH):
                    parts += self._computed(
                        classifier, mouths.some(np.array(batch)), versions[batch]
                    )
            finally:
                table = self._tables[key] = _joined(parts)
            at, there = table.find(mouths.numbers, versions)
            return CropLogits(there, table.logits[at[there]], table.grey[at[there]])

    def missing(self, key: str, mouths: LabelledMouths) -> int:
        """Return the number of mouths whose logits are not known yet."""
        with self._lock:
            known = self._tables[key].numbers if key in self._tables else mouths.numbers[:0]
            return int((~np.isin(mouths.numbers, known)).sum())

    def _computed(
        self, classifier: Classifier, mouths: LabelledMouths, versions: npt.NDArray[np.int64]
    ) -> Iterator[_Table]:
        """Yield the rows of the crops that can be read."""
        scale = classifier.spec.crop_scale
        crops: list[Image] = []
        read: list[int] = []
        for position, one in enumerate(mouths):
            try:
                crops.append(read_model_crop(self._workspace, one.sample, one.mouth, scale))
            except (ImageError, OSError):
                continue  # the results state the number of mouths that are left out
            read.append(position)
        if crops:
            grey = np.array([colour_of(crop) == "grey" for crop in crops])
            logits = np.asarray(classifier.logits(crops), np.float32)
            yield _Table(mouths.numbers[read], versions[read], logits, grey)

    def _versions(self, mouths: LabelledMouths) -> npt.NDArray[np.int64]:
        """Return (N,) versions of the crops; `_MISSING` for a crop that does not exist."""
        versions = np.empty(len(mouths), np.int64)
        for start in range(0, len(mouths), _PAGE):
            part = np.arange(start, min(start + _PAGE, len(mouths)))
            versions[part] = self._of_names(list(mouths.some(part).names()))
        return versions

    def _of_names(self, names: list[str]) -> list[int]:
        if not self._workspace.store.is_object_store:
            return [self._stamp(name) for name in names]
        with self._workspace.reading() as catalog:
            digests = dict(crop_digests(catalog, names))
        return [int(digests[name][:15], 16) if name in digests else _MISSING for name in names]

    def _stamp(self, name: str) -> int:
        crop = self._workspace.mouth(name)
        try:
            status = crop.stat() if isinstance(crop, Path) else None
        except OSError:
            return _MISSING
        return _MISSING if status is None else hash((status.st_mtime_ns, status.st_size))


def _joined(parts: list[_Table]) -> _Table:
    """Return the first table with the rows of the others, which have different mouths."""
    table, *new = parts
    if not new:
        return table
    columns = (
        np.concatenate([getattr(part, name) for part in new])
        for name in ("numbers", "versions", "logits", "grey")
    )
    return table.merged(_Table(*columns))
