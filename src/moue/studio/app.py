"""The web application of the studio."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from moue.http_api.dispatch import Api, json_response, routes
from moue.http_api.errors import ApiError, _
from moue.learn.answers import Answers
from moue.studio.access import Access
from moue.studio.course_pages import CourseServer
from moue.studio.endpoint import PREFIX, Call
from moue.studio.errors import error_response
from moue.studio.guard import Guard
from moue.studio.openapi import document
from moue.studio.page import STATIC, command_of, page
from moue.studio.routes import ENDPOINTS
from moue.studio.studio import Studio


def create_app(studio: Studio) -> Starlette:
    """Return the application of a studio."""

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        await run_in_threadpool(studio.start)
        try:
            yield
        finally:
            await run_in_threadpool(studio.stop)

    async def index(request: Request) -> Response:
        return page(studio, request)

    async def description(_request: Request) -> Response:
        return json_response(document())

    command, answers = command_of(studio, "learn"), Answers(studio.workspace)
    course = CourseServer(studio.access, command, studio=True, answers=answers)
    return Starlette(
        routes=[
            Route("/", index),
            Route("/favicon.ico", _icon),
            Route(f"{PREFIX}/openapi.json", description),
            *routes(Api(studio, PREFIX, error_response, Call), ENDPOINTS),
            *course.routes(),
            Mount("/static", StaticFiles(directory=STATIC)),
        ],
        lifespan=lifespan,
        **_shared(studio.access),
    )


def create_course_app(access: Access) -> Starlette:
    """Return the application of the course without a workspace."""
    course = CourseServer(access, "moue learn", studio=False, answers=Answers())

    async def index(request: Request) -> Response:
        return RedirectResponse("learn/")

    return Starlette(
        routes=[
            Route("/", index),
            Route("/favicon.ico", _icon),
            *course.routes(),
            Mount("/static", StaticFiles(directory=STATIC)),
        ],
        **_shared(access),
    )


def _shared(access: Access) -> dict[str, Any]:
    """Return the arguments of both applications: the guard and the handlers of errors."""
    return {
        "middleware": [Middleware(Guard, access=access)],
        "exception_handlers": {HTTPException: _http_error, Exception: _unexpected},
    }


async def _icon(_request: Request) -> Response:
    return FileResponse(STATIC / "favicon.svg")


async def _http_error(_request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    texts = {
        404: ("not_found", _("there is nothing at this address")),
        405: ("method", _("this HTTP method is not allowed at this address")),
    }
    code, text = texts.get(status, ("http", _("the request cannot be answered")))
    response = error_response(ApiError(status, code, text))
    if isinstance(error, HTTPException):
        response.headers.update(error.headers or {})
    return response


async def _unexpected(_request: Request, error: Exception) -> Response:
    return error_response(error)
