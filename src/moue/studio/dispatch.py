"""Turn endpoints into Starlette routes: check the request, call the handler, encode the result."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.convertors import Convertor, register_url_convertor
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.websockets import WebSocket

from moue.studio.body import check_type, decode_json, decode_query, read_body
from moue.studio.encode import encode
from moue.studio.endpoint import JSON_LIMIT, PREFIX, Call, Endpoint, Raw, Socket
from moue.studio.errors import error_response
from moue.studio.studio import Studio


class _Name(Convertor[str]):
    regex = r"[\w.-]+"  # names contain letters of every script

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


register_url_convertor("name", _Name())


def routes(studio: Studio, endpoints: Iterable[Endpoint | Socket]) -> list[BaseRoute]:
    """Return the Starlette routes of endpoints and sockets."""
    found: list[BaseRoute] = []
    for one in endpoints:
        path = PREFIX + one.path.replace("}", ":name}")
        if isinstance(one, Socket):
            found.append(WebSocketRoute(path, _socket(studio, one)))
        else:
            found.append(Route(path, _handler(studio, one), methods=[one.method]))
    return found


def _handler(studio: Studio, endpoint: Endpoint) -> Callable[[Request], Awaitable[Response]]:
    is_async = inspect.iscoroutinefunction(endpoint.handler)

    async def handle(request: Request) -> Response:
        try:
            call = await _call(studio, endpoint, request)
            if is_async:
                result = await endpoint.handler(call)
            else:
                result = await run_in_threadpool(endpoint.handler, call)
            return result if isinstance(result, Response) else json_response(result)
        except Exception as error:  # noqa: BLE001  every error has a response
            return error_response(error)

    return handle


def _socket(studio: Studio, socket: Socket) -> Callable[[WebSocket], Awaitable[None]]:
    async def handle(websocket: WebSocket) -> None:
        await socket.handler(studio, websocket)

    return handle


async def _call(studio: Studio, endpoint: Endpoint, request: Request) -> Call[Any, Any]:
    query = decode_query(request, endpoint.query)
    body: Any = None
    limit = JSON_LIMIT
    if isinstance(endpoint.body, Raw):
        check_type(request, endpoint.body.types)
        limit = endpoint.body.limit
        if not endpoint.body.streamed:
            body = await read_body(request, limit)
    elif endpoint.body is not None:
        check_type(request, ("application/json",))
        body = decode_json(await read_body(request, limit), endpoint.body)
    return Call(studio, dict(request.path_params), query, body, request, limit)


def json_response(result: Any, status: int = 200) -> Response:
    """Return a result as JSON."""
    return Response(encode(result), status, media_type="application/json")
