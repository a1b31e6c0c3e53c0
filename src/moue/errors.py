"""The errors a person may meet.

MoueError                 ends a command with one line: what, where, what to do
├── ConfigError           a setting is unknown, missing or out of range
├── DataError             the data cannot be used as asked
│   ├── ImageError        a picture cannot be decoded or encoded
│   ├── CatalogError      the catalog is missing, locked or of another version
│   └── SplitError        labels or groups cannot fill the splits asked for
├── SourceError           a folder, list, video or camera gave no picture
│   └── EngineError       a search engine gave none; one of five outcomes:
│       Blocked, LayoutChanged, NoResults, RateLimited, Offline
├── ModelError
│   ├── CheckpointError   a file is not a model of ours, or of another version
│   └── ExportError       the exported model disagrees with the trained one
├── MissingGuard          a script starts processes outside `if __name__ == "__main__":`
└── MissingExtra          an optional dependency is not installed

A problem with one picture is no error: it is a drop reason in the catalog. A wrong call
(shape, dtype, sign) stays ValueError or TypeError, so that it is never caught with these.
"""

from __future__ import annotations

from moue.extras import how_to_install

__all__ = [
    "Blocked", "CatalogError", "CheckpointError", "ConfigError", "DataError", "EngineError",
    "ExportError", "FileTaken", "ImageError", "LayoutChanged", "MissingExtra", "MissingGuard",
    "ModelError", "MoueError", "NoResults", "Offline", "RateLimited", "SourceError", "SplitError",
]  # fmt: skip


class MoueError(Exception):
    """Base of all errors that are shown to a person as one line."""


class ConfigError(MoueError):
    """A setting is unknown, missing or out of range."""


class DataError(MoueError):
    """The data cannot be used as asked."""


class ImageError(DataError):
    """One picture cannot be decoded or encoded; `reason` is its drop reason."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail

    def __reduce__(self) -> tuple[type[ImageError], tuple[str, str]]:
        return (ImageError, (self.reason, self.detail))


class CatalogError(DataError):
    """The catalog is missing, locked or of another version."""


class SplitError(DataError):
    """There are too few labelled mouths or groups for the requested splits."""


class SourceError(MoueError):
    """A folder, list, video or camera gave no picture."""


class EngineError(SourceError):
    """A search engine gave no picture; `outcome` says in a word what happened."""

    outcome = "failed"


class Blocked(EngineError):  # noqa: N818  the outcome's own name
    """The engine does not want to be asked by a program; this is respected."""

    outcome = "blocked"


class LayoutChanged(EngineError):  # noqa: N818
    """The engine's answer is none that the parser knows: the parser must be mended."""

    outcome = "layout changed"


class NoResults(EngineError):  # noqa: N818
    """The engine says itself that it knows no such picture."""

    outcome = "no results"


class RateLimited(EngineError):  # noqa: N818
    """The engine asked to be left alone for a while."""

    outcome = "rate limited"


class Offline(EngineError):  # noqa: N818
    """The engine cannot be reached, or fails."""

    outcome = "offline"


class FileTaken(MoueError):  # noqa: N818
    """A file stands where moue would write, and moue did not write it."""


class ModelError(MoueError):
    """A model cannot be found, read or used."""


class CheckpointError(ModelError):
    """A file is not a model of ours, or of another version."""


class ExportError(ModelError):
    """The exported model disagrees with the trained one."""


class MissingGuard(MoueError):  # noqa: N818  beside MissingExtra
    """A script starts processes outside `if __name__ == "__main__":`."""

    def __init__(self) -> None:
        super().__init__(
            "worker processes import the script that starts them; put the code that runs moue "
            'below `if __name__ == "__main__":`, or use workers=1'
        )


class MissingExtra(MoueError):  # noqa: N818  the design's own name
    """An optional dependency is not installed; the message holds the line that installs it."""

    def __init__(self, what: str, extra: str) -> None:
        super().__init__(
            f"{what} needs the extra {extra!r}, which is not installed: {how_to_install(extra)}"
        )
        self.what = what
        self.extra = extra
