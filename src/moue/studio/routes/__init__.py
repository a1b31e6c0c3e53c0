"""The endpoints of the API, one file for each area."""

from __future__ import annotations

from moue.studio.endpoint import Endpoint, Socket
from moue.studio.routes import capture, explain, jobs, live, overview, predict, settings

ENDPOINTS: tuple[Endpoint | Socket, ...] = (
    *overview.ROUTES,
    *settings.ROUTES,
    *jobs.ROUTES,
    *predict.ROUTES,
    *live.ROUTES,
    *explain.ROUTES,
    *capture.ROUTES,
)
"""All endpoints of the API."""
