"""Turn endpoints into Starlette routes: check the request, call the handler, encode the result."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any, Generic

from starlette.concurrency import run_in_threadpool
from starlette.convertors import Convertor, register_url_convertor
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.websockets import WebSocket

from moue.http_api.body import check_type, decode_json, decode_query, read_body
from moue.http_api.encode import encode
from moue.http_api.endpoint import JSON_LIMIT, Call, Endpoint, Raw, Service, Socket


class _Name(Convertor[str]):
    regex = r"[\w.-]+"  # names contain letters of every script

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


register_url_convertor("name", _Name())


@dataclass(frozen=True, slots=True)
class Api(Generic[Service]):
    """What all endpoints of a server share.

    Attributes:
        service: state of the server, passed to each handler.
        prefix: beginning of the paths, such as `/api/v1`; may be empty.
        respond: function from an exception of a handler to its response.
        call: class of the calls that handlers receive.
    """

    service: Service
    prefix: str
    respond: Callable[[Exception], Response]
    call: type[Call[Any, Any, Any]] = Call


def routes(api: Api[Any], endpoints: Iterable[Endpoint | Socket]) -> list[BaseRoute]:
    """Return the Starlette routes of endpoints and sockets."""
    found: list[BaseRoute] = []
    for one in endpoints:
        path = api.prefix + one.path.replace("}", ":name}")
        if isinstance(one, Socket):
            found.append(WebSocketRoute(path, _socket(api, one)))
        else:
            found.append(Route(path, _handler(api, one), methods=[one.method]))
    return found


def _handler(api: Api[Any], endpoint: Endpoint) -> Callable[[Request], Awaitable[Response]]:
    is_async = inspect.iscoroutinefunction(endpoint.handler)

    async def handle(request: Request) -> Response:
        try:
            call = await _call(api, endpoint, request)
            if is_async:
                result = await endpoint.handler(call)
            else:
                result = await run_in_threadpool(endpoint.handler, call)
            return result if isinstance(result, Response) else json_response(result)
        except Exception as error:  # noqa: BLE001  every error has a response
            return api.respond(error)

    return handle


def _socket(api: Api[Any], socket: Socket) -> Callable[[WebSocket], Awaitable[None]]:
    async def handle(websocket: WebSocket) -> None:
        await socket.handler(api.service, websocket)

    return handle


async def _call(api: Api[Any], endpoint: Endpoint, request: Request) -> Call[Any, Any, Any]:
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
    return api.call(api.service, dict(request.path_params), query, body, request, limit)


def json_response(result: Any, status: int = 200) -> Response:
    """Return a result as JSON."""
    return Response(encode(result), status, media_type="application/json")
