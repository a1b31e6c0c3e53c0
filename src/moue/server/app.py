"""The web application of the server."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from moue.http_api.dispatch import Api, json_response, routes
from moue.server.errors import error_response, problem_response
from moue.server.guard import Guard
from moue.server.observer import Observer
from moue.server.openapi import document
from moue.server.recorder import Recorder
from moue.server.routes import ENDPOINTS
from moue.server.service import Service

OPENAPI = "/openapi.json"
PATHS = frozenset({OPENAPI, *(one.path for one in ENDPOINTS)})
"""Paths of the server."""


def create_app(service: Service, recorder: Recorder) -> Starlette:
    """Return the application of a server.

    Args:
        service: state of the server.
        recorder: metrics and log of the requests.
    """

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        service.pool.start()
        try:
            yield
        finally:
            await service.pool.stop()

    described = json_response(document(bool(service.access.keys))).body

    async def description(_request: Request) -> Response:
        return Response(described, media_type="application/json")

    timeout = service.limits.body_timeout
    cors = [
        Middleware(
            CORSMiddleware, allow_origins=service.access.origins, allow_methods=["GET", "POST"],
            allow_headers=["Authorization", "Content-Type"],
            expose_headers=["Retry-After", "X-Request-Id"],
        )
    ] if service.access.origins else []  # fmt: skip
    app = Starlette(
        routes=[Route(OPENAPI, description), *routes(Api(service, "", error_response), ENDPOINTS)],
        middleware=[
            Middleware(Observer, recorder=recorder, timeout=timeout),
            *cors,
            Middleware(Guard, access=service.access),
        ],
        exception_handlers={HTTPException: _http_error, Exception: _unexpected},
        lifespan=lifespan,
    )  # fmt: skip
    app.router.redirect_slashes = False  # the address in a redirect would be that of the client
    return app


async def _http_error(_request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    reason, detail = {
        404: ("not_found", "there is nothing at this path; see /openapi.json"),
        405: ("method", "this HTTP method is not allowed at this path"),
    }.get(status, ("http", "the request cannot be answered"))
    response = problem_response(status, reason, detail)
    if isinstance(error, HTTPException):
        response.headers.update(error.headers or {})
    return response


async def _unexpected(_request: Request, error: Exception) -> Response:
    return error_response(error)
