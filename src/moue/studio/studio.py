"""The state of a running studio: the workspace and the services that its handlers share."""

from __future__ import annotations

from moue.studio.access import Access
from moue.workspace.workspace import Workspace


class Studio:
    """The workspace and the services of one server.

    Attributes:
        workspace: workspace that the studio shows.
        access: one-time tokens, cookie and key of the API.
    """

    def __init__(self, workspace: Workspace, access: Access) -> None:
        self.workspace = workspace
        self.access = access

    def start(self) -> None:
        """Start the services, before the first request."""

    def stop(self) -> None:
        """Stop the services, after the last request."""
