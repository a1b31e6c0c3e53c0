"""The endpoints of the API, one file for each area."""

from __future__ import annotations

from moue.studio.endpoint import Endpoint, Socket
from moue.studio.routes import overview

ENDPOINTS: tuple[Endpoint | Socket, ...] = (*overview.ROUTES,)
"""All endpoints of the API."""
