"""The page of the studio, and the page for a link that does not open it."""

from __future__ import annotations

import html
import shlex
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response

from moue.studio.guard import has_key
from moue.studio.studio import Studio
from moue.text import printable

STATIC = Path(__file__).with_name("static")
LINK_USED = Path(__file__).with_name("link_used.html")


def page(studio: Studio, request: Request) -> Response:
    """Return the page; a one-time token sets the cookie.

    The page is returned without a redirect: a browser would not send a new strict cookie after a
    redirect that began on another site, such as a web terminal. The script of the page removes
    the token from the address.
    """
    access = studio.access
    opened = access.redeem(request.query_params.get("token", ""))
    if not opened and not has_key(access, request.headers):
        command = shlex.join(["moue", "studio", "--workspace", printable(studio.workspace.root)])
        text = LINK_USED.read_text(encoding="utf-8").replace("{command}", html.escape(command))
        return HTMLResponse(text, 403)
    response = FileResponse(STATIC / "index.html")
    if opened:
        response.set_cookie(access.cookie, access.key, httponly=True, samesite="strict", path="/")
    return response
