"""Refuse requests of other hosts, other origins and strangers, and set the security headers.

A web page can make a browser send requests to this machine. Its DNS name may even resolve to the
loopback address (DNS rebinding). So the guard checks, for HTTP and WebSocket, the header Host, the
header Origin, and the key in the cookie.
"""

from __future__ import annotations

import re
from http.cookies import CookieError, SimpleCookie

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from moue.http_api.errors import ApiError, _
from moue.http_api.hosts import LOOPBACK, hostname, is_same_origin
from moue.studio.access import Access
from moue.studio.errors import error_response

OPEN = ("/static/", "/favicon.ico")
"""Paths of files of the package, which need no key."""
PAGES = re.compile(r"/(learn(/[\w-]*)?)?")
"""Paths of pages, which check the key or the one-time token themselves."""

HEADERS = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' blob: data:; "
    "media-src 'self' blob:; connect-src 'self'; object-src 'none'; frame-ancestors 'none'; "
    "base-uri 'none'; form-action 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), microphone=(), geolocation=()",
}


class Guard:
    """ASGI middleware that checks every request before the application sees it."""

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self.app = app
        self.access = access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers[name] = value
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        try:
            self._check(scope)
        except ApiError as error:
            if scope["type"] == "websocket":  # the server answers 403 before the upgrade
                await send({"type": "websocket.close", "code": 1008, "reason": str(error)[:120]})
            else:
                await error_response(error)(scope, receive, send_with_headers)
            return
        await self.app(scope, receive, send_with_headers)

    def _check(self, scope: Scope) -> None:
        headers = Headers(scope=scope)
        hosts = headers.getlist("host")
        # The port is not checked, since `ssh -L` may change it.
        if len(hosts) != 1 or hostname(hosts[0]) not in LOOPBACK:
            text = _("this address is not served here; open the address that `moue studio` prints")
            raise ApiError(403, "host", text)
        origins = headers.getlist("origin")
        if any(not is_same_origin(origin, hosts[0]) for origin in origins):
            raise ApiError(403, "origin", _("another web site may not use the studio"))
        path = str(scope["path"])
        if path.startswith(OPEN) or PAGES.fullmatch(path):
            return
        if not has_key(self.access, headers):
            text = _("this page is not connected; run `moue studio` again and open its new link")
            raise ApiError(401, "key", text)


def _cookie(headers: Headers, name: str) -> str | None:
    try:
        cookies = SimpleCookie("; ".join(headers.getlist("cookie")))
    except CookieError:
        return None
    return cookies[name].value if name in cookies else None


def has_key(access: Access, headers: Headers) -> bool:
    """Return whether a request has the key of the studio."""
    return access.knows(_cookie(headers, access.cookie), headers.get("authorization"))
