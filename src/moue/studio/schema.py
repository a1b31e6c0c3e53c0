"""The requests and responses of the API; `openapi.py` describes them from these classes.

This file has the classes that several areas share, and those of the overview, the settings and the
jobs. `schema_*.py` have those of the other areas.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

from moue.errors import MoueError
from moue.i18n.translate import translations_of
from moue.studio.jobs.job import Job

Name = Annotated[str, msgspec.Meta(pattern=r"^[\w.-]+$", max_length=255)]
"""Name of a sample, mouth, run or job."""
Text = Annotated[str, msgspec.Meta(max_length=4096)]
"""A text that a person typed."""


class Request(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Base class of queries and bodies: an unknown field is an error."""


class WorkspaceInfo(msgspec.Struct):
    """The workspace of the studio."""

    name: str
    root: str


class Counts(msgspec.Struct):
    """Numbers that the stages of the pipeline left; see `moue.workspace.overview.Overview`."""

    found: int
    readable: int
    with_face: int
    unique: int
    crops: int
    labelled: int
    split: int


class Dropped(msgspec.Struct):
    """A drop reason with the number of its pictures."""

    reason: str
    title: str
    count: int


class Tabs(msgspec.Struct):
    """Counts in the navigation tabs of the page."""

    pictures: int
    dropped: int
    unlabelled: int
    clusters: int
    disputes: int
    runs: int


class LockHolder(msgspec.Struct):
    """The command that locks the workspace."""

    command: str
    pid: int


class ModelInfo(msgspec.Struct):
    """The model that predictions use: a run of the workspace, or a bundled model.

    Attributes:
        name: name of the run or bundled model.
        licence: licence of a bundled model; None for a run.
        why: reason for the choice, for a run.
    """

    name: str
    licence: str | None
    why: str = ""


class State(msgspec.Struct):
    """What the header, the tabs and the overview show.

    Attributes:
        version: version of moue.
        workspace: name and folder of the workspace.
        labels: labels of the workspace, in the order of the digit keys.
        language: language of this machine, `en` or `zh`.
        counts: number of pictures or mouths after each stage.
        dropped: number of dropped pictures by reason, the largest first.
        label_counts: number of mouths by label.
        split_counts: number of labelled mouths by split.
        tabs: numbers in the tabs.
        job: running job, else the last job.
        jobs: all running jobs.
        lock: another process that locks the workspace.
        queued: number of edits that wait for the lock.
        queue_reason: reason why they wait.
        model: model that predictions use; None if there is no model.
        changed: number that rises with each change of the catalog.
        order: number that rises with each count. A page ignores a state with a lower number than
            the state that it shows.
        problem: why `moue.toml` cannot be used; None if it is valid.
        can_undo: True if the catalog has an edit that can be undone.
        can_redo: True if the latest undone edit can be repeated.
    """

    version: str
    workspace: WorkspaceInfo
    labels: list[str]
    language: str
    counts: Counts
    dropped: list[Dropped]
    label_counts: dict[str, int]
    split_counts: dict[str, int]
    tabs: Tabs
    job: Job | None
    jobs: list[Job]
    lock: LockHolder | None
    queued: int
    queue_reason: str
    model: ModelInfo | None
    changed: int
    order: int
    problem: Message | None
    can_undo: bool
    can_redo: bool


class Message(msgspec.Struct):
    """A message of a command for the reader.

    Attributes:
        text: message in English.
        translations: message by language, such as `zh`.
    """

    text: str
    translations: dict[str, str]

    @classmethod
    def of(cls, error: MoueError) -> Message:
        """Return the message of an error."""
        return cls(str(error), dict(translations_of(str(error))))


class Link(msgspec.Struct):
    """A link that opens the page once."""

    link: str


class JobRequest(Request, frozen=True):
    """Start a command. The options are its settings by name, and further options."""

    command: Literal[
        "collect", "convert", "clean", "dedupe", "crop", "label", "people", "split", "train",
        "evaluate", "suggest", "run",
    ]  # fmt: skip
    options: dict[Annotated[str, msgspec.Meta(max_length=80)], Any] = {}


class JobList(msgspec.Struct):
    """The jobs of the workspace, the newest first."""

    jobs: list[Job]
