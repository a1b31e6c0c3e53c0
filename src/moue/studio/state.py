"""The state of the workspace: counted when the catalog changes, and sent to all open pages."""

from __future__ import annotations

import locale
import os
import sqlite3
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress

import moue
from moue.config import Config
from moue.errors import ConfigError, MoueError
from moue.model import bundled
from moue.model.runs import choose, runs
from moue.studio.events import Hub
from moue.studio.jobs.manager import Jobs
from moue.studio.schema import (
    Counts,
    Dropped,
    LockHolder,
    Message,
    ModelInfo,
    State,
    Tabs,
    WorkspaceInfo,
)
from moue.workspace import edit_log
from moue.workspace.drop_reasons import DROP_REASONS
from moue.workspace.label_set import DEFAULT
from moue.workspace.lock import Lock
from moue.workspace.overview import Overview, overview
from moue.workspace.workspace import LOCK, TRAINING, Workspace

_PAUSE = 0.4
"""Time between two looks at the catalog, in seconds."""
_SHARE = 0.15
"""Maximum fraction of time spent on recounting while the catalog keeps changing."""

Queue = Callable[[], tuple[int, str]]
"""Function that returns the number of waiting edits, and why they wait."""


class StateWatch:
    """Watches the catalog and the jobs in a thread, and publishes the event `state` on a change."""

    def __init__(self, workspace: Workspace, jobs: Jobs, hub: Hub, queue: Queue) -> None:
        self._workspace, self._jobs, self._hub, self._queue = workspace, jobs, hub, queue
        self._changed = 0
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="state", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join()

    def state(self) -> State:
        """Count the pictures and mouths, and return the state.

        Raises:
            CatalogError: the catalog cannot be read.
        """
        workspace = self._workspace
        order = time.monotonic_ns() // 1000  # before the catalog is read; below 2**53
        with workspace.reading() as catalog:
            counted = overview(catalog)
            can_undo = edit_log.to_undo(catalog) is not None
            can_redo = edit_log.to_redo(catalog) is not None
        labels, problem = DEFAULT, None
        try:
            labels = Config.load(workspace.settings).labels
        except ConfigError as error:
            problem = Message.of(error)
        jobs, running = self._jobs.all(), self._jobs.running()
        queued, reason = self._queue()
        return State(
            version=moue.__version__,
            workspace=WorkspaceInfo(workspace.root.name, str(workspace.root)),
            labels=list(labels.names), language=_language(), counts=_counts(counted),
            dropped=_dropped(counted), label_counts=counted.labels,
            split_counts=counted.splits, tabs=_tabs(counted, len(runs(workspace))),
            job=next(iter([*running, *jobs]), None), jobs=running, lock=lock_holder(workspace),
            queued=queued, queue_reason=reason, model=_model(workspace), changed=self._changed,
            order=order, problem=problem, can_undo=can_undo, can_redo=can_redo,
        )  # fmt: skip

    def _watch(self) -> None:
        while not self._stopped.is_set():
            with suppress(MoueError, sqlite3.Error, OSError):  # a folder may be unreachable
                self._watch_catalog()
            self._stopped.wait(_PAUSE)

    def _watch_catalog(self) -> None:
        seen: object = None
        jobs: object = None
        with self._workspace.reading() as catalog:
            while not self._stopped.is_set():
                now = catalog.data_version(), lock_holder(self._workspace)
                jobs_now = [(job.id, job.state) for job in self._jobs.all()]
                if now != seen or jobs_now != jobs:
                    self._changed += now != seen
                    seen, jobs = now, jobs_now
                    self._publish()
                self._stopped.wait(_PAUSE)

    def _publish(self) -> None:
        if not self._hub.pages:
            return
        began = time.monotonic()
        self._hub.publish("state", self.state())
        self._stopped.wait((time.monotonic() - began) / _SHARE)


def lock_holder(workspace: Workspace, training: bool = False) -> LockHolder | None:
    """Return the other process that locks the workspace, or its trainings; None if none does."""
    holder = Lock(workspace.root / (TRAINING if training else LOCK)).holder()
    if holder is None or holder[0] == os.getpid() or not _runs(holder[0]):
        return None
    return LockHolder(holder[1], holder[0])


def _runs(pid: int) -> bool:
    if sys.platform == "win32" or pid <= 0:
        return pid > 0
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def _language() -> str:
    named = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG")
    return "zh" if (named or locale.getlocale()[0] or "").lower().startswith("zh") else "en"


def _counts(counted: Overview) -> Counts:
    return Counts(
        found=counted.found, readable=counted.readable, with_face=counted.with_face,
        unique=counted.unique, crops=counted.crops, labelled=counted.labelled,
        split=counted.split,
    )  # fmt: skip


def _dropped(counted: Overview) -> list[Dropped]:
    return [Dropped(name, DROP_REASONS.get(name, name), n) for name, n in counted.dropped.items()]


def _tabs(counted: Overview, run_count: int) -> Tabs:
    return Tabs(
        pictures=counted.pictures, dropped=sum(counted.dropped.values()),
        unlabelled=counted.crops - counted.labelled, clusters=counted.clusters,
        disputes=counted.disputes, runs=run_count,
    )  # fmt: skip


def _model(workspace: Workspace) -> ModelInfo | None:
    choice = choose(workspace)
    if choice is not None:
        return ModelInfo(choice.run.name, None, choice.why)
    if bundled.DEFAULT not in bundled.model_names():
        return None
    return ModelInfo(bundled.DEFAULT, bundled.load_card(bundled.DEFAULT).licence)
