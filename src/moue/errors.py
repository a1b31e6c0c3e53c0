"""The errors that moue raises.

MoueError                 ends a command with one line: what, where, what to do
├── ConfigError           a setting is unknown, missing or out of range
├── DataError             the data cannot be used as asked
│   ├── ImageError        a picture cannot be decoded or encoded
│   ├── CatalogError      the catalog is missing, locked or of another version
│   └── SplitError        labels or groups cannot fill the splits asked for
├── SourceError           a folder, list, video or camera gave no picture
│   └── EngineError       a search engine gave no picture; five outcomes:
│       Blocked, LayoutChanged, NoResults, RateLimited, Offline
├── ModelError            a model cannot be found, read or used
│   ├── CheckpointError   a file is not a model of moue, or of another version
│   └── ExportError       the exported model disagrees with the trained one
├── MissingGuard          a script starts processes outside `if __name__ == "__main__":`
└── MissingExtra          an optional dependency is not installed

A problem with one picture is not an error, but a drop reason in the catalog. A wrong call (shape,
dtype, sign) raises ValueError or TypeError, so that no handler of MoueError hides it.
"""

from __future__ import annotations

from moue.extras import how_to_install

__all__ = [
    "Blocked", "CatalogError", "CheckpointError", "ConfigError", "DataError", "EngineError",
    "ExportError", "FileTaken", "ImageError", "LayoutChanged", "MissingExtra", "MissingGuard",
    "ModelError", "MoueError", "NoResults", "Offline", "RateLimited", "SourceError", "SplitError",
]  # fmt: skip


class MoueError(Exception):
    """Base class of all errors that the CLI prints as one line."""


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
    """A search engine gave no picture; `outcome` is the reason in a few words."""

    outcome = "failed"


class Blocked(EngineError):  # noqa: N818  the outcome's own name
    """The engine refuses requests from programs; moue respects that."""

    outcome = "blocked"


class LayoutChanged(EngineError):  # noqa: N818
    """The parser does not know the format of the engine's answer and must be updated."""

    outcome = "layout changed"


class NoResults(EngineError):  # noqa: N818
    """The engine reports that it has no such picture."""

    outcome = "no results"


class RateLimited(EngineError):  # noqa: N818
    """The engine asks for a pause between requests."""

    outcome = "rate limited"


class Offline(EngineError):  # noqa: N818
    """The engine cannot be reached, or its server fails."""

    outcome = "offline"


class FileTaken(MoueError):  # noqa: N818
    """moue would overwrite a file that it did not write."""


class ModelError(MoueError):
    """A model cannot be found, read or used."""


class CheckpointError(ModelError):
    """A file is not a model of moue, or of another version."""


class ExportError(ModelError):
    """The exported model disagrees with the trained one."""


class MissingGuard(MoueError):  # noqa: N818  named like MissingExtra
    """A script starts processes outside `if __name__ == "__main__":`."""

    def __init__(self) -> None:
        super().__init__(
            "worker processes import the script that starts them; put the code that runs moue "
            'below `if __name__ == "__main__":`, or use workers=1'
        )


class MissingExtra(MoueError):  # noqa: N818  the name says enough
    """An optional dependency is not installed; the message has the command that installs it."""

    def __init__(self, what: str, extra: str) -> None:
        super().__init__(
            f"{what} needs the extra {extra!r}, which is not installed: {how_to_install(extra)}"
        )
        self.what = what
        self.extra = extra
