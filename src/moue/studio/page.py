"""The page of the studio, and the page for a link that does not open it."""

from __future__ import annotations

import shlex
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, Response

from moue.studio.course_pages import link_used
from moue.studio.guard import has_key
from moue.studio.studio import Studio
from moue.text import printable

STATIC = Path(__file__).with_name("static")


def page(studio: Studio, request: Request) -> Response:
    """Return the page; a one-time token sets the cookie.

    The page is returned without a redirect: a browser would not send a new strict cookie after a
    redirect that began on another site, such as a web terminal. The script of the page removes
    the token from the address.
    """
    access = studio.access
    opened = access.redeem(request.query_params.get("token", ""))
    if not opened and not has_key(access, request.headers):
        return link_used(command_of(studio, "studio"))
    response = FileResponse(STATIC / "index.html")
    if opened:
        response.set_cookie(access.cookie, access.key, httponly=True, samesite="strict", path="/")
    return response


def command_of(studio: Studio, command: str) -> str:
    """Return the command line that prints another link to a studio.

    Args:
        studio: a studio.
        command: `studio` or `learn`.
    """
    return shlex.join(["moue", command, "--workspace", printable(studio.workspace.root)])
