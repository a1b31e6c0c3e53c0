"""The logits of models for mouth crops, computed once for each crop and model."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from moue.dataset.attributes import colour_of
from moue.errors import ImageError
from moue.model.classifier import BATCH, Classifier
from moue.model.spec import Floats
from moue.predict.model_crops import read_model_crop
from moue.workspace.browse import crop_digests
from moue.workspace.catalog import batched
from moue.workspace.workspace import Workspace

MAX_MODELS = 6
"""Maximum number of models whose logits are kept."""

Stamp = tuple[int, int] | str
"""Modification time and size of a crop file, or the SHA-256 of an object."""


@dataclass(frozen=True, slots=True)
class CropLogits:
    """Logits and colours by name of the mouth; a crop that cannot be read is left out."""

    logits: Mapping[str, Floats]
    colours: Mapping[str, str]


class LogitsCache:
    """Computes and keeps logits. `get` may be called from any thread; it computes one at a time."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._lock = threading.Lock()
        self._logits: OrderedDict[str, dict[str, tuple[Stamp, Floats]]] = OrderedDict()
        self._colours: dict[str, tuple[Stamp, str]] = {}

    def get(self, key: str, classifier: Classifier, names: Iterable[str]) -> CropLogits:
        """Return the logits of a model for mouths.

        Args:
            key: identifier of the content of the model.
            classifier: model.
            names: names of the mouths.
        """
        with self._lock:
            known = self._logits.setdefault(key, {})
            self._logits.move_to_end(key)
            while len(self._logits) > MAX_MODELS:
                self._logits.popitem(last=False)
            stamps = self._stamps(names)
            missing = [
                name
                for name, stamp in stamps.items()
                if any(
                    cached is None or cached[0] != stamp
                    for cached in (known.get(name), self._colours.get(name))
                )
            ]
            for batch in batched(missing, BATCH):
                self._compute(classifier, known, {name: stamps[name] for name in batch})
            return CropLogits(
                {name: known[name][1] for name in stamps if name in known},
                {name: self._colours[name][1] for name in stamps if name in known},
            )

    def missing(self, key: str, names: Iterable[str]) -> int:
        """Return the number of mouths whose logits are not known yet."""
        with self._lock:
            known = self._logits.get(key, {})
            return sum(name not in known for name in names)

    def _compute(
        self,
        classifier: Classifier,
        known: dict[str, tuple[Stamp, Floats]],
        stamps: dict[str, Stamp],
    ) -> None:
        crops, scale = {}, classifier.spec.crop_scale
        with self._workspace.reading() as catalog:
            pairs = list(catalog.with_samples(catalog.mouths(name=list(stamps))))
        for mouth, sample in pairs:
            try:
                crops[mouth.name] = read_model_crop(self._workspace, sample, mouth, scale)
            except (ImageError, OSError):
                known.pop(mouth.name, None)
        if not crops:
            return
        rows = classifier.logits(list(crops.values()))
        for (name, crop), row in zip(crops.items(), rows, strict=True):
            known[name] = stamps[name], np.array(row)
            self._colours[name] = stamps[name], colour_of(crop)

    def _stamps(self, names: Iterable[str]) -> dict[str, Stamp]:
        """Return the stamps of the crops by name of the mouth; missing crops are left out."""
        if self._workspace.store.is_object_store:
            with self._workspace.reading() as catalog:
                return dict(crop_digests(catalog, names))
        return {name: stamp for name in names if (stamp := self._stamp(name)) is not None}

    def _stamp(self, name: str) -> Stamp | None:
        crop = self._workspace.mouth(name)
        try:
            status = crop.stat() if isinstance(crop, Path) else None
        except OSError:
            return None
        return status and (status.st_mtime_ns, status.st_size)
