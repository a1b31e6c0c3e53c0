"""Answers of data functions with a cache, and the numbers in the text of chapters."""

from __future__ import annotations

import json
import re
import threading
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

from moue.errors import MoueError
from moue.learn import data
from moue.learn.pack import unpack
from moue.learn.source import Source
from moue.workspace.workspace import CATALOG, Workspace

_KEPT = 64
"""Maximum number of answers in the cache."""
UNKNOWN = "–"
"""Text of a number that cannot be computed."""


class Answers:
    """The answers for a workspace, or for the bundled pictures; safe for use in threads.

    A change of the catalog of the workspace ends the validity of its answers.
    """

    def __init__(self, workspace: Workspace | None = None) -> None:
        self._workspace = workspace
        self._kept: OrderedDict[tuple[str, ...], dict[str, Any] | bytes] = OrderedDict()
        # One computation at a time: two would share the cores, and often compute the same.
        self._lock = threading.Lock()
        self._source: Source | None = None
        self._version: tuple[int, ...] = ()

    def source(self) -> Source:
        """Return the source of the pictures in its current state."""
        version = _version(self._workspace)
        if self._source is None or version != self._version:
            self._version = version
            self._source = Source.of(self._workspace) if self._workspace else Source.bundled()
            self._kept.clear()
        return self._source

    def get(self, name: str, query: Mapping[str, str] | None = None) -> dict[str, Any] | bytes:
        """Return the answer of a data function.

        Args:
            name: name of the function.
            query: its parameters.

        Raises:
            MoueError: there is no such function, or it cannot compute its answer.
        """
        key = (name, *(f"{k}={v}" for k, v in sorted((query or {}).items())))
        with self._lock:
            source = self.source()
            if key not in self._kept:
                self._kept[key] = data.answer(name, source, query or {})
                if len(self._kept) > _KEPT:
                    self._kept.popitem(last=False)
            self._kept.move_to_end(key)
            return self._kept[key]

    def number(self, path: str, form: str = "") -> str:
        """Return a number in an answer as text, or `UNKNOWN` if it cannot be computed.

        Args:
            path: name of a data function, then keys and indices into its answer, with dots between
                them, such as `cascade.left.0`.
            form: Python format, such as `.1%`. Without one, integers get separators between
                thousands, and other numbers three significant digits.
        """
        name, *keys = path.split(".")
        try:
            answer = self.get(name)
        except (MoueError, OSError):  # such as a crop that a command is writing again
            return UNKNOWN
        value: Any = answer
        if isinstance(answer, bytes):
            values, arrays = unpack(answer)
            value = {**values, **{key: array.tolist() for key, array in arrays.items()}}
        for key in keys:
            value = value[int(key)] if isinstance(value, list | tuple) else value[key]
        return number_text(value, form)


def number_text(value: Any, form: str = "") -> str:
    """Return a number or a text of an answer as text.

    Args:
        value: an integer, a real number or a text.
        form: Python format; empty for the default of `Answers.number`.
    """
    if form or isinstance(value, str):
        return format(value, form)
    if isinstance(value, float) and not value.is_integer():
        return re.sub(r"e([+-])0*", r"e\1", f"{value:.3g}")
    return f"{value:,.0f}"


def as_bytes(answer: dict[str, Any] | bytes) -> tuple[bytes, str]:
    """Return an answer as bytes, and the end of the name of its file: `json` or `bin`."""
    if isinstance(answer, bytes):
        return answer, "bin"
    text = json.dumps(answer, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.encode(), "json"


def _version(workspace: Workspace | None) -> tuple[int, ...]:
    """Return numbers that change when the catalog or the runs of a workspace change."""
    if workspace is None:
        return ()
    places = [workspace.root / name for name in (CATALOG, f"{CATALOG}-wal", "runs")]
    states = [place.stat() for place in places if place.exists()]
    return tuple(n for state in states for n in (state.st_mtime_ns, state.st_size))
