"""Store the frames that a person captures into a label, in one thread.

A frame is on the disk before the client gets an answer. The workspace is locked only while a frame
is added to the catalog. While a command holds the lock, frames wait on the disk, also after the end
of the studio. Adding a frame twice changes nothing, so a kill at any time loses no frame.
"""

from __future__ import annotations

import json
import logging
import queue
import threading
import time
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path

from moue.dataset.collect.capture_frame import CapturedFrame, CaptureOutcome, capture_frame
from moue.engine import SERIAL
from moue.errors import DataError, MoueError
from moue.files import make_folder, remove_parts, write_bytes, write_text
from moue.http_api.errors import ApiError, _
from moue.progress import Progress
from moue.studio.models import config_of
from moue.workspace.catalog import Catalog
from moue.workspace.context import Context
from moue.workspace.store_claim import check_store
from moue.workspace.workspace import Workspace

PATIENCE = 1.0
"""Seconds to wait for the lock before a frame waits on the disk."""
RETRY = 0.5
"""Seconds between attempts to add waiting frames."""
MAX_WAITING = 2000
"""Maximum number of frames that wait on the disk."""

log = logging.getLogger("moue.studio")


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A frame on the disk: its JSON file, and the place of its outcome if a client waits."""

    file: Path
    future: Future[CaptureOutcome | None]


class Captures:
    """Adds captured frames to the catalog, in the order of their arrival."""

    def __init__(self, workspace: Workspace) -> None:
        """Create the service; `start` starts its thread."""
        self._workspace = workspace
        self._folder = workspace.studio / "captures"
        self._inbox: queue.SimpleQueue[_Waiting | None] = queue.SimpleQueue()
        self._waiting: list[_Waiting] = []
        self._thread = threading.Thread(target=self._run, name="studio-captures")
        self._lock = threading.Lock()
        self._last = 0
        self.count = 0

    def start(self) -> None:
        """Start the thread; it first adds the frames that an earlier studio left."""
        if self._folder.is_dir():
            remove_parts(self._folder)
            known = sorted(self._folder.glob("*.json"))
            for picture in self._folder.glob("*.jpg"):
                if picture.with_suffix(".json") not in known:  # never acknowledged
                    picture.unlink(missing_ok=True)
            self._waiting = [_Waiting(file, Future()) for file in known]
            self.count = len(self._waiting)
        self._thread.start()

    def stop(self) -> None:
        """Stop the thread after the frames that were submitted, or leave them on the disk."""
        if self._thread.is_alive():
            self._inbox.put(None)
            self._thread.join()

    def submit(self, frame: CapturedFrame) -> Future[CaptureOutcome | None]:
        """Store a frame on the disk; the result is None if it waits there for the lock.

        Raises:
            ApiError: too many frames wait.
            OSError: the frame cannot be written.
        """
        with self._lock:
            if self.count >= MAX_WAITING:
                text = _("{n} captured frames wait until another command has finished")
                raise ApiError(503, "waiting", text, n=self.count)
            self.count += 1
            self._last = max(time.time_ns(), self._last + 1)
            file = self._folder / f"{self._last:020d}.json"
        try:
            write_bytes(file.with_suffix(".jpg"), frame.data)
            values = {"label": frame.label, "sitting": frame.sitting, "at": frame.at}
            write_text(file, json.dumps(values))
        except BaseException:
            self.count -= 1
            raise
        future: Future[CaptureOutcome | None] = Future()
        self._inbox.put(_Waiting(file, future))
        return future

    def _run(self) -> None:
        ended = False
        while not ended:
            try:
                one = self._inbox.get(timeout=RETRY if self._waiting else None)
                ended = one is None
                if one is not None:
                    self._waiting.append(one)
            except queue.Empty:
                pass
            try:
                self._add_all()
            except Exception as error:
                log.error("captured frames were not added", exc_info=error)
            for one in self._waiting:
                if not one.future.done():
                    one.future.set_result(None)

    def _add_all(self) -> None:
        """Add the waiting frames to the catalog, unless a command holds the lock."""
        while self._waiting:
            lock = self._workspace.brief_lock()
            if not lock.try_acquire(PATIENCE if not self._waiting[0].future.done() else 0.0):
                return
            try:
                with self._workspace.open_catalog() as catalog:
                    check_store(catalog, self._workspace.configured)
                    self._add(self._waiting[0], catalog)
            finally:
                lock.release()

    def _add(self, one: _Waiting, catalog: Catalog) -> None:
        try:
            frame = _read(one.file)
            config = config_of(self._workspace)
            context = Context(self._workspace, catalog, config, Progress(), engine=SERIAL)
            outcome = capture_frame(context, frame)
        except DataError as error:  # such as a label that was renamed: the frame is kept aside
            log.warning("%s was not added: %s", one.file, error)
            self._done(one, keep=True)
            self._fail(one, error)
            return
        except (MoueError, OSError) as error:  # such as a full disk: the frame stays
            self._fail(one, error)
            raise
        self._done(one)
        if not one.future.done():
            one.future.set_result(outcome)

    @staticmethod
    def _fail(one: _Waiting, error: Exception) -> None:
        if not one.future.done():
            one.future.set_exception(error)

    def _done(self, one: _Waiting, keep: bool = False) -> None:
        """Remove a frame from the queue, its JSON file first; `keep` moves it to `failed/`."""
        self._waiting.remove(one)
        aside = self._folder / "failed"
        if keep:
            make_folder(aside)
        for file in (one.file, one.file.with_suffix(".jpg")):
            if keep and file.exists():
                file.replace(aside / file.name)
            file.unlink(missing_ok=True)
        with self._lock:
            self.count -= 1


def _read(file: Path) -> CapturedFrame:
    """Return the frame that a JSON file describes; raise DataError if it is damaged."""
    try:
        values = json.loads(file.read_text(encoding="utf-8"))
        data = file.with_suffix(".jpg").read_bytes()
        return CapturedFrame(
            data=data, label=values["label"], sitting=values["sitting"], at=values["at"]
        )
    except (ValueError, TypeError, KeyError, FileNotFoundError) as error:
        raise DataError(f"{file}: the captured frame is damaged ({error})") from error
