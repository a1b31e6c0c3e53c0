"""The feature indexes of the studio: computed once for each model and set of training mouths."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from dataclasses import dataclass

from moue.explain.neighbours import FeatureIndex, index_of, mouths_to_index
from moue.studio.models import NamedModel
from moue.workspace.workspace import Workspace

MAX_INDEXES = 2
"""Maximum number of indexes in memory, each of at most `explain.neighbours.MAX_INDEXED` mouths."""


@dataclass(frozen=True, slots=True)
class KnownIndex:
    """An index, and the number of training mouths of its model."""

    index: FeatureIndex
    total: int


class NeighbourIndexes:
    """Computes and keeps the feature indexes. All methods may be called from any thread."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._known: OrderedDict[str, KnownIndex] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, model: NamedModel) -> KnownIndex:
        """Return the index of the training mouths of a model; compute it if they have changed.

        Only one index is computed at a time; a second caller waits for it.
        """
        with self._lock:
            with self._workspace.reading() as catalog:
                names, total = mouths_to_index(self._workspace, catalog, model.run)
            digest = hashlib.sha256("\n".join(names).encode("utf-8", "surrogateescape"))
            key = f"{model.key} {digest.hexdigest()}"
            if key not in self._known:
                with self._workspace.reading() as catalog:
                    index = index_of(model.classifier, self._workspace, catalog, names)
                self._known[key] = KnownIndex(index, total)
            self._known.move_to_end(key)
            while len(self._known) > MAX_INDEXES:
                self._known.popitem(last=False)
            return self._known[key]
