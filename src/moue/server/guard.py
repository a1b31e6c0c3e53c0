"""Refuse requests of foreign hosts, foreign web pages, and clients without an API key."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from moue.http_api.errors import ApiError
from moue.server.access import Access
from moue.server.errors import error_response


class Guard:
    """ASGI middleware that refuses requests before the application sees them."""

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self.app, self.access = app, access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        socket = scope["type"] == "websocket"
        try:
            self.access.check(Headers(scope=scope), str(scope["path"]), key_later=socket)
        except ApiError as error:
            if socket:  # the server answers 403 before the upgrade
                await send({"type": "websocket.close", "code": 1008, "reason": str(error)[:120]})
                return
            response = error_response(error)
            if error.status == 401:
                response.headers["WWW-Authenticate"] = "Bearer"
            await response(scope, receive, send)
            return
        await self.app(scope, receive, send)
