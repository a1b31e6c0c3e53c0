"""The endpoints of the API, one file for each area."""

from __future__ import annotations

from moue.http_api.endpoint import Endpoint, Socket
from moue.studio.routes import (
    capture,
    clusters,
    decisions,
    details,
    explain,
    guide,
    images,
    jobs,
    lists,
    live,
    overview,
    passes,
    predict,
    results,
    runs,
    settings,
)

ENDPOINTS: tuple[Endpoint | Socket, ...] = (
    *overview.ROUTES,
    *settings.ROUTES,
    *jobs.ROUTES,
    *predict.ROUTES,
    *live.ROUTES,
    *explain.ROUTES,
    *capture.ROUTES,
    *lists.ROUTES,
    *details.ROUTES,
    *images.ROUTES,
    *decisions.ROUTES,
    *clusters.ROUTES,
    *passes.ROUTES,
    *guide.ROUTES,
    *runs.ROUTES,
    *results.ROUTES,
)
"""All endpoints of the API."""
