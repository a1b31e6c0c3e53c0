"""The calls of the studio; each file in `routes/` has a tuple `ROUTES` of endpoints."""

from __future__ import annotations

from typing import TYPE_CHECKING

from moue.http_api import endpoint
from moue.http_api.endpoint import Body, Query

if TYPE_CHECKING:
    from moue.studio.studio import Studio

PREFIX = "/api/v1"
"""Beginning of the paths of the API."""


class Call(endpoint.Call["Studio", Query, Body]):
    """One checked request to the studio."""

    @property
    def studio(self) -> Studio:
        """The workspace and the services of the server."""
        return self.service
