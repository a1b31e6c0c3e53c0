"""Uploaded videos: predicted by `moue live` as a job, then deleted."""

from __future__ import annotations

import json
import secrets
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

from moue.files import absolute, make_folder
from moue.studio.jobs.job import Job
from moue.studio.jobs.manager import Jobs
from moue.studio.jobs.process import OUTPUT
from moue.workspace.workspace import Workspace

COMMAND = "video"
"""Name of the jobs that predict a video."""


class Videos:
    """The uploaded videos of a workspace. A video is deleted as soon as its job has ended."""

    def __init__(self, workspace: Workspace, jobs: Jobs) -> None:
        self._workspace, self._jobs = workspace, jobs
        self._folder = workspace.studio / "videos"

    def start(self) -> None:
        """Delete the videos that no running job uses."""
        used = {str(job.options.get("video")) for job in self._jobs.running()}
        for path in self._folder.glob("*") if self._folder.is_dir() else ():
            if path.name not in used:
                path.unlink(missing_ok=True)

    async def store(self, chunks: AsyncIterator[bytes]) -> str:
        """Store a video, part by part, and return its name; an incomplete video is deleted."""
        make_folder(self._folder)
        path = self._folder / secrets.token_hex(8)
        try:
            with path.open("xb") as file:
                async for chunk in chunks:
                    file.write(chunk)
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        return path.name

    def predict(self, video: str, model: str, run: Path | None) -> Job:
        """Start the job that predicts a video.

        Args:
            video: name of the stored video.
            model: name of the model.
            run: run folder; None for a bundled model.

        Raises:
            ApiError: another job is running.
        """
        words = [
            "live", "--json", f"--model={model if run is None else absolute(run)}",
            f"--workspace={absolute(self._workspace.root)}", "--",
            str(absolute(self._folder / video)),
        ]  # fmt: skip
        try:
            return self._jobs.start(COMMAND, {"video": video, "model": model}, words)
        except BaseException:
            self.remove(video)
            raise

    def remove(self, video: str) -> None:
        """Delete a stored video."""
        (self._folder / Path(video).name).unlink(missing_ok=True)

    def frames(self, job: Job) -> Iterator[dict[str, Any]]:
        """Yield the objects that the job has printed so far, one for each frame."""
        output = self._workspace.studio / "jobs" / job.id / OUTPUT
        if not output.is_file():
            return
        with output.open("rb") as lines:
            for line in lines:
                if not line.startswith(b'{"file"') or not line.endswith(b"\n"):
                    continue  # progress and notes
                try:
                    yield json.loads(line)
                except ValueError:
                    continue
