"""The state of a running studio: the workspace and the services that its handlers share."""

from __future__ import annotations

import asyncio

from moue.studio.access import Access
from moue.studio.captures import Captures
from moue.studio.models import Models
from moue.studio.neighbour_index import NeighbourIndexes
from moue.workspace.workspace import Workspace


class Studio:
    """The workspace and the services of one server.

    Attributes:
        workspace: workspace that the studio shows.
        access: one-time tokens, cookie and key of the API.
        models: models that were loaded.
        captures: adds captured frames to the catalog.
        neighbour_indexes: features of the training mouths of the models.
        picture_slots: bounds the number of uploaded pictures that are decoded at the same time.
        live_sessions: number of open live cameras.
    """

    def __init__(self, workspace: Workspace, access: Access) -> None:
        self.workspace = workspace
        self.access = access
        self.models = Models(workspace)
        self.captures = Captures(workspace)
        self.neighbour_indexes = NeighbourIndexes(workspace)
        self.picture_slots = asyncio.Semaphore(1)
        self.live_sessions = 0

    def start(self) -> None:
        """Start the services, before the first request."""
        self.captures.start()

    def stop(self) -> None:
        """Stop the services, after the last request."""
        self.captures.stop()
