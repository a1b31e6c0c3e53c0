"""The state of a running studio: the workspace and the services that its handlers share."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

from moue.studio.access import Access
from moue.studio.captures import Captures
from moue.studio.events import Hub
from moue.studio.histograms import Histograms
from moue.studio.jobs.job import Job
from moue.studio.jobs.manager import Jobs
from moue.studio.jobs.sources import Sources
from moue.studio.lists import Lists
from moue.studio.models import Models
from moue.studio.neighbour_index import NeighbourIndexes
from moue.studio.readers import Readers
from moue.studio.run_results import RunResults
from moue.studio.state import StateWatch
from moue.studio.thumbnail_service import ThumbnailService
from moue.studio.uploads import Uploads
from moue.studio.writer import Writer
from moue.workspace.workspace import Workspace


class Studio:
    """The workspace and the services of one server.

    Attributes:
        workspace: workspace that the studio shows.
        access: one-time tokens, cookie and key of the API.
        models: models that were loaded.
        results: evaluates runs.
        captures: adds captured frames to the catalog.
        neighbour_indexes: features of the training mouths of the models.
        picture_slots: bounds the number of uploaded pictures that are decoded at the same time.
        live_sessions: number of open live cameras.
        hub: sends events to all open pages.
        jobs: commands that run as child processes.
        uploads: pictures that were dropped on the page.
        sources: files and runs that a job may name.
        histograms: distributions of the measurements.
        watch: state of the workspace.
        readers: open catalogs for reading.
        lists: lists of pictures and mouths that pages show in parts.
        writer: writes the decisions of all pages.
        thumbnails: thumbnails of pictures and mouths.
        decoding: bounds the number of pictures that are decoded at the same time.
    """

    def __init__(
        self, workspace: Workspace, access: Access, allowed: tuple[Path, ...] = ()
    ) -> None:
        """Create the services; `start` starts them.

        Args:
            workspace: workspace that the studio shows.
            access: secrets of the server.
            allowed: further folders whose content may be imported.
        """
        self.workspace, self.access = workspace, access
        self.hub = Hub()
        self.jobs = Jobs(
            workspace.root, workspace.studio / "jobs", self.hub.publish, self._job_ended
        )
        self.uploads = Uploads(workspace)
        self.sources = Sources(workspace, self.uploads, allowed)
        self.histograms = Histograms(workspace)
        self.watch = StateWatch(workspace, self.jobs, self.hub, self._queue)
        self.models = Models(workspace)
        self.results = RunResults(workspace, self.models)
        self.captures = Captures(workspace)
        self.neighbour_indexes = NeighbourIndexes(workspace)
        self.picture_slots = asyncio.Semaphore(1)
        self.live_sessions = 0
        self.readers = Readers(workspace)
        self.lists = Lists()
        self.writer = Writer(workspace, self.hub.publish)
        self.thumbnails = ThumbnailService(workspace, self.readers)
        self.decoding = threading.BoundedSemaphore(2)

    def start(self) -> None:
        """Start the services, before the first request."""
        self.writer.start()
        self.captures.start()
        self.jobs.start_following()
        self.watch.start()

    def stop(self) -> None:
        """Stop the services, after the last request."""
        self.hub.close()
        self.captures.stop()
        self.watch.stop()
        self.jobs.stop_following()
        self.writer.stop()
        self.thumbnails.stop()
        self.readers.close()

    def _queue(self) -> tuple[int, str]:
        """Return the number of edits that wait for the lock, and why they wait."""
        return self.writer.queued, self.writer.reason

    def _job_ended(self, job: Job) -> None:
        """Remove the upload that a `collect` job has copied."""
        upload = job.options.get("upload")
        if job.command == "collect" and job.state == "done" and isinstance(upload, str):
            self.uploads.remove(upload)
