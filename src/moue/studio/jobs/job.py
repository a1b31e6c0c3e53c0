"""One job: its folder in `.studio/jobs/`, and its state, read from the files in the folder."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import msgspec

from moue.files import read_json, write_json
from moue.http_api.errors import _
from moue.i18n.translate import translations_of
from moue.studio.jobs.process import OUTPUT, PROGRESS

RECORD = "job.json"
_NOTES = 20
"""Number of kept lines of a command."""
_INTERRUPTED = 130

State = Literal["running", "done", "failed", "stopped"]


class Progress(msgspec.Struct):
    """The progress of the current task of a job.

    Attributes:
        job: id of the job.
        task: name of the task.
        done: number of processed items.
        total: number of items; None if unknown.
        unit: name of one item; empty for `item`.
        rate: items per second.
        seconds_left: estimated remaining time of the task; None if unknown.
        text: text about the last item.
        translations: name of the task by language, such as `zh`.
    """

    job: str
    task: str
    done: int
    total: int | None
    unit: str
    rate: float
    seconds_left: float | None
    text: str = ""
    translations: dict[str, str] = {}


class Job(msgspec.Struct):
    """A command that the studio started.

    Attributes:
        id: name of the job; later jobs have larger names.
        command: name of the command, such as `clean`.
        options: options that the page sent.
        state: `running`, `done`, `failed` or `stopped`.
        started: start time, ISO 8601 in UTC.
        ended: end time, ISO 8601 in UTC; None while the job runs.
        message: error message of a failed job.
        translations: error message by language, such as `zh`.
        progress: progress of the current task; None before the first task.
        summary: results of the last finished stage, as `--json` prints them.
        notes: last lines that the command printed.
        run: name of the run that a training writes; None before the training.
        stopping: True after a request to stop.
    """

    id: str
    command: str
    options: dict[str, Any]
    started: str
    state: State = "running"
    ended: str | None = None
    message: str = ""
    translations: dict[str, str] = {}
    progress: Progress | None = None
    summary: dict[str, Any] | None = None
    notes: list[str] = []
    run: str | None = None
    stopping: bool = False


class JobFolder:
    """The files of one job, and the job as they describe it.

    Attributes:
        path: folder of the job.
        job: the job, up to the last `read`.
        pid: process id of the command.
    """

    def __init__(self, path: Path, job: Job, pid: int) -> None:
        self.path, self.job, self.pid = path, job, pid
        self._read = 0
        self._end: dict[str, Any] | None = None

    @classmethod
    def open(cls, path: Path) -> JobFolder:
        """Read the folder of an earlier job.

        Raises:
            DataError, OSError, ValidationError: the folder is damaged.
        """
        record = read_json(path / RECORD)
        pid = msgspec.convert(record.pop("pid", 0), int)
        opened = cls(path, msgspec.convert(record, Job), pid)
        for _event in opened.read():
            pass
        return opened

    def save(self) -> None:
        """Write the job to its folder."""
        write_json(self.path / RECORD, msgspec.to_builtins(self.job) | {"pid": self.pid})

    def read(self) -> Iterator[tuple[str, Any]]:
        """Read the new lines of the progress file, update the job, and yield events.

        Yields:
            Pairs of the name of an event of the page (`progress`, `epoch` or `job`) and its data.
        """
        for line in self._lines():
            kind = line.pop("event", "")
            if kind == "progress":
                line["job"] = self.job.id
                line["translations"] = dict(translations_of(str(line.get("task", ""))))
                self.job.progress = msgspec.convert(line, Progress)
                yield "progress", self.job.progress
            elif kind == "epoch":
                yield "epoch", line
            elif kind == "end":
                self._end = line  # the process may run for another moment
            elif kind in _UPDATES:
                _UPDATES[kind](self.job, line)
                yield "job", self.job

    def finish(self) -> None:
        """Record the end of the job, whose process has ended."""
        job, end = self.job, self._end
        if end is None:  # it was killed
            text = _("the process ended unexpectedly; its output is in {path}")
            end = {"code": None, "message": text.format(path=self.path / OUTPUT)}
        code = end.get("code")
        stopped = code == _INTERRUPTED or (code is None and job.stopping)
        job.state = "done" if code == 0 else "stopped" if stopped else "failed"
        job.message = str(end.get("message", ""))
        job.translations = dict(translations_of(job.message))
        job.ended = str(end.get("at") or datetime.now(UTC).isoformat(timespec="seconds"))
        job.stopping = False
        self.save()

    def _lines(self) -> Iterator[dict[str, Any]]:
        try:
            with (self.path / PROGRESS).open("rb") as file:
                file.seek(self._read)
                data = file.read()
        except OSError:
            return
        whole, _, _ = data.rpartition(b"\n")
        self._read += len(whole) + bool(whole)
        for line in whole.splitlines():
            try:
                value = json.loads(line)
            except ValueError:
                continue  # a full disk cut the line off
            if isinstance(value, dict):
                yield value


def _note(job: Job, line: dict[str, Any]) -> None:
    job.notes = [*job.notes, str(line.get("text", ""))][-_NOTES:]


def _summary(job: Job, line: dict[str, Any]) -> None:
    job.summary = line.get("summary")


def _run(job: Job, line: dict[str, Any]) -> None:
    job.run = str(line.get("name", "")) or None


_UPDATES = {"say": _note, "summary": _summary, "run": _run}
"""Function that updates a job for each event of the progress file."""
