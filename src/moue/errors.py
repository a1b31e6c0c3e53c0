"""The errors that moue raises.

MoueError                 base class; the command prints one line: cause, place, remedy
├── ConfigError           a setting is unknown, missing or out of range
├── DataError             the data are damaged, or unsuitable for the command
│   ├── ImageError        a picture cannot be decoded or encoded
│   ├── CatalogError      the catalog is missing, damaged, locked or of an unsupported version
│   └── SplitError        there are too few labels or groups for the requested splits
├── SourceError           a folder, list, video or camera returned no picture
│   └── EngineError       a search engine returned no picture; five outcomes:
│       Blocked, LayoutChanged, NoResults, RateLimited, Offline
├── ModelError            a model cannot be found, read or used
│   ├── CheckpointError   a file is not a moue model, or has an unsupported version
│   └── ExportError       the probabilities of the exported and the trained model differ
├── OutputError           a program that takes the results of live video cannot be reached
├── FileTaken             an output file exists and may not be overwritten
├── StoreError            the object store cannot be reached, or refuses a request
├── ClusterError          the cluster cannot be reached, or a node cannot do the work
├── MissingGuard          a script starts worker processes outside `if __name__ == "__main__":`
└── MissingExtra          an optional dependency is not installed

A problem with one picture is not an error, but a drop reason in the catalog. An invalid argument
(shape, dtype, sign) raises ValueError or TypeError, so that no handler of MoueError hides it.
"""

from __future__ import annotations

from moue.extras import how_to_install

__all__ = [
    "Blocked", "CatalogError", "CheckpointError", "ClusterError", "ConfigError", "DataError",
    "EngineError", "ExportError", "FileTaken", "ImageError", "LayoutChanged", "MissingExtra",
    "MissingGuard", "ModelError", "MoueError", "NoResults", "Offline", "OutputError",
    "RateLimited", "SourceError", "SplitError", "StoreError", "reason_of",
]  # fmt: skip


class MoueError(Exception):
    """Base class of all errors that moue raises; the CLI prints them as one line."""


class ConfigError(MoueError):
    """A setting is unknown, missing or out of range."""


class DataError(MoueError):
    """The data are damaged, or unsuitable for the command."""


class ImageError(DataError):
    """A picture cannot be decoded or encoded.

    Attributes:
        reason: drop reason, a key of `DROP_REASONS`.
        detail: description of the problem, for the user.
    """

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail

    def __reduce__(self) -> tuple[type[ImageError], tuple[str, str]]:
        return (ImageError, (self.reason, self.detail))


class CatalogError(DataError):
    """The catalog is missing, damaged, locked or of an unsupported version."""


class SplitError(DataError):
    """There are too few labelled mouths or groups for the requested splits."""


class SourceError(MoueError):
    """A folder, list, video or camera returned no picture."""


class EngineError(SourceError):
    """A search engine returned no picture.

    Attributes:
        outcome: kind of problem, such as `blocked`; every subclass has its own value.
    """

    outcome = "failed"


class Blocked(EngineError):  # noqa: N818  the name of the outcome
    """The search engine refuses automated requests; moue does not try to evade this."""

    outcome = "blocked"


class LayoutChanged(EngineError):  # noqa: N818
    """The search engine changed the format of its responses; the parser must be updated."""

    outcome = "layout changed"


class NoResults(EngineError):  # noqa: N818
    """The search engine has no results for the query."""

    outcome = "no results"


class RateLimited(EngineError):  # noqa: N818
    """The search engine rejected a request because it had received too many requests."""

    outcome = "rate limited"


class Offline(EngineError):  # noqa: N818
    """The search engine cannot be reached, or its server returns an error."""

    outcome = "offline"


class OutputError(MoueError):
    """A program that takes the results of live video cannot be reached."""


class FileTaken(MoueError):  # noqa: N818
    """An output file exists and may not be overwritten."""


class ModelError(MoueError):
    """A model cannot be found, read or used."""


class CheckpointError(ModelError):
    """A file is not a moue model, or has an unsupported version."""


class ExportError(ModelError):
    """The probabilities of the exported model differ from those of the trained model."""


class StoreError(MoueError):
    """The object store cannot be reached, or refuses a request."""


class ClusterError(MoueError):
    """The cluster cannot be reached, or one of its nodes cannot do the work."""


class MissingGuard(MoueError):  # noqa: N818  named like MissingExtra
    """A script starts worker processes outside `if __name__ == "__main__":`."""

    def __init__(self) -> None:
        super().__init__(
            "worker processes import the script that starts them, so the code that runs moue must "
            'stand below `if __name__ == "__main__":`; move it there, or use workers=1'
        )


class MissingExtra(MoueError):  # noqa: N818  the name says enough
    """An optional dependency is not installed.

    Attributes:
        what: feature that needs the dependency.
        extra: name of the extra that contains the dependency, such as `video`.
    """

    def __init__(self, what: str, extra: str) -> None:
        super().__init__(
            f"{what} needs the extra {extra!r}, which is not installed: {how_to_install(extra)}"
        )
        self.what = what
        self.extra = extra


def reason_of(error: BaseException) -> str:
    """Return the text of an error; for a system error, without its number and file name."""
    return getattr(error, "strerror", None) or str(error)
