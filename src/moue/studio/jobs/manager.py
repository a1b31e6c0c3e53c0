"""Start, follow and stop the jobs of a workspace: one training and one other stage at a time."""

from __future__ import annotations

import logging
import secrets
import shutil
import subprocess
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from moue.errors import DataError
from moue.http_api.errors import ApiError, _, not_found
from moue.studio.jobs import process
from moue.studio.jobs.job import Job, JobFolder

log = logging.getLogger("moue.studio")

KEPT = 100
"""Number of ended jobs that are kept."""
_PAUSE = 0.2
"""Time between two looks at the progress files, in seconds."""
TRAIN = "train"

Publish = Callable[[str, Any], None]


class Jobs:
    """The jobs of one workspace. A thread reads the progress files of the running ones."""

    def __init__(
        self, root: Path, folder: Path, publish: Publish, ended: Callable[[Job], None]
    ) -> None:
        """Create an empty list of jobs; `start_following` loads the jobs of earlier servers.

        Args:
            root: folder of the workspace.
            folder: folder of the jobs.
            publish: function called with the name and the data of each event.
            ended: function called with each job that ended.
        """
        self._root, self._folder = root, folder
        self._publish, self._ended = publish, ended
        self._jobs: dict[str, JobFolder] = {}
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        self._lock = threading.RLock()
        self._stopped = threading.Event()
        self._started = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="jobs", daemon=True)

    def start_following(self) -> None:
        """Find the jobs of earlier servers, and follow the running ones."""
        with self._lock:
            for path in sorted(self._folder.glob("*")):
                try:
                    self._jobs[path.name] = JobFolder.open(path)
                except (DataError, OSError, msgspec.ValidationError) as error:
                    log.warning("%s: this job is not listed: %s", path, error)
            if self.running():
                self._started.set()
        self._thread.start()

    def stop_following(self) -> None:
        """End the thread; the jobs go on."""
        self._stopped.set()
        self._started.set()
        if self._thread.is_alive():
            self._thread.join()
        for child in self._children.values():
            child.returncode = child.poll() or 0  # else Popen would warn that it still runs
        self._children.clear()

    def all(self) -> list[Job]:
        """Return all jobs, the newest first."""
        with self._lock:
            return [self._jobs[name].job for name in sorted(self._jobs, reverse=True)]

    def get(self, name: str) -> Job:
        """Return a job; raise ApiError if there is none of this name."""
        with self._lock:
            if name not in self._jobs:
                raise not_found(name)
            return self._jobs[name].job

    def running(self) -> list[Job]:
        """Return the running jobs, the newest first."""
        return [job for job in self.all() if job.state == "running"]

    def start(self, command: str, options: dict[str, Any], arguments: list[str]) -> Job:
        """Start a command.

        Args:
            command: name of the command.
            options: options of the page, for the list of jobs.
            arguments: arguments of `moue`.

        Raises:
            ApiError: a job of this kind is running.
        """
        with self._lock:
            self._check_free(command)
            now = datetime.now(UTC)
            name = f"{now:%Y%m%dT%H%M%S%f}-{secrets.token_hex(2)}"
            path = self._folder / name
            path.mkdir(parents=True)
            job = Job(name, command, options, now.isoformat(timespec="seconds"))
            child = process.start(path, [*arguments], self._root)
            self._jobs[name] = JobFolder(path, job, child.pid)
            self._children[name] = child
            self._jobs[name].save()
            self._remove_old()
        self._publish("job", job)
        self._started.set()
        return job

    def stop(self, name: str) -> Job:
        """Ask a job to stop, as Ctrl-C does; an ended job stays as it is."""
        job = self.get(name)
        with self._lock:
            folder = self._jobs[name]
            if job.state == "running" and self._is_alive(name):
                job.stopping = True
                folder.save()
                process.interrupt(folder.pid)
        self._publish("job", job)
        return job

    def _check_free(self, command: str) -> None:
        for job in self.running():
            if job.command == command or TRAIN not in (command, job.command):
                text = _("{command} is running; wait until it has finished, or stop it")
                raise ApiError(409, "busy", text, command=job.command)

    def _is_alive(self, name: str) -> bool:
        child = self._children.get(name)
        if child is not None:
            return child.poll() is None
        return process.is_alive(self._jobs[name].path)

    def _follow(self) -> None:
        while not self._stopped.is_set():
            running = self.running()
            if not running:
                self._started.clear()
                if not self.running():  # none started meanwhile
                    self._started.wait()
                continue
            for job in running:
                self._update(job)
            self._stopped.wait(_PAUSE)

    def _update(self, job: Job) -> None:
        with self._lock:
            folder = self._jobs[job.id]
            alive = self._is_alive(job.id)  # first, so that its last lines are read
            events = list(folder.read())
            if not alive:
                folder.finish()
                self._children.pop(job.id, None)
                self._ended(job)
        for kind, data in events:
            if kind != "job":
                self._publish(kind, data)
        if not alive or any(kind == "job" for kind, _data in events):
            self._publish("job", job)

    def _remove_old(self) -> None:
        ended = [name for name in sorted(self._jobs) if self._jobs[name].job.state != "running"]
        for name in ended[:-KEPT]:
            shutil.rmtree(self._jobs.pop(name).path, ignore_errors=True)
