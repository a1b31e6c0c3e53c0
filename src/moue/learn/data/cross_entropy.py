"""The data of the figure `cross-entropy`: mouths that a model is sure or unsure of."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from moue.learn import data
from moue.learn.pack import pack, unpack
from moue.learn.source import Source


def compute(source: Source, query: Mapping[str, str]) -> bytes:
    """Return up to four mouths with the probabilities of a model that did not see them.

    They are the surest right one, the least sure right one, the least sure wrong one and the surest
    wrong one, as far as they exist.
    """
    found = data.answer("confusion", source, {})
    assert isinstance(found, bytes)
    values, arrays = unpack(found)
    probabilities, targets = arrays["probabilities"], arrays["targets"]
    highest = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == targets
    order = np.argsort(highest, kind="stable")
    groups = (order[right[order]][::-1], order[right[order]], order[~right[order]][::-1])
    rows = list(dict.fromkeys(int(group[0]) for group in groups if len(group)))
    kept = {"names": [values["names"][row] for row in rows], "labels": values["labels"]}
    return pack(
        {**kept, "model": values["model"], "source": source.kind},
        {name: np.ascontiguousarray(array[rows]) for name, array in arrays.items()},
    )
