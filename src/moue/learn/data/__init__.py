"""The data of the figures: one function per figure, in a module of the same name."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any, Protocol

from moue.errors import DataError
from moue.learn.source import Source

NAMES = ("cascade",)
"""Names of the figures that need data of the reader or the bundled pictures."""


class Compute(Protocol):
    """Type of the function of a figure."""

    def __call__(self, source: Source, query: Mapping[str, str]) -> dict[str, Any] | bytes:
        """Return the data as plain values for JSON, or as a pack (see `moue.learn.pack`)."""


def answer(name: str, source: Source, query: Mapping[str, str]) -> dict[str, Any] | bytes:
    """Return the data of a figure.

    Args:
        name: name of the figure.
        source: pictures, mouths and runs to use.
        query: parameters of the figure, such as `{"picture": "face-002-open"}`.

    Raises:
        DataError: no figure has this name, or the source lacks what the figure shows.
    """
    if name not in NAMES:
        raise DataError(f"no figure of the course needs data named {name!r}")
    module = importlib.import_module(f"moue.learn.data.{name.replace('-', '_')}")
    compute: Compute = module.compute
    return compute(source, query)
