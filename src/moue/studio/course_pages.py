"""The pages of the course: table of contents, chapters and glossary.

They are rendered on the server and need no workspace. A link with a one-time token opens any of
them, as it opens the page of the studio.
"""

from __future__ import annotations

import html
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from moue.http_api.errors import ApiError, _
from moue.i18n.catalog import translations
from moue.learn import course
from moue.learn.answers import Answers, as_bytes
from moue.learn.blocks import LANGUAGES, Language
from moue.learn.page_html import Place, chapter_html, contents_html, glossary_html, page_html
from moue.studio.access import Access
from moue.studio.errors import error_response
from moue.studio.guard import has_key

ASSETS = Path(course.__file__).with_name("static")
LINK_USED = Path(__file__).with_name("link_used.html")
LANGUAGE_COOKIE = "moue_language"
_YEAR = 365 * 24 * 3600


@dataclass(frozen=True, slots=True)
class CourseServer:
    """What the pages of the course need to know of their server.

    Attributes:
        access: secrets of the server.
        command: command that prints another link.
        studio: True if the server also has the page of the studio.
        answers: data of the figures.
    """

    access: Access
    command: str
    studio: bool
    answers: Answers

    def routes(self) -> list[BaseRoute]:
        """Return the routes of the course."""
        return [
            Route("/learn", self._to_contents),
            Route("/learn/", self._page(_contents)),
            Route("/learn/glossary", self._page(_glossary)),
            Route("/learn/{chapter}", self._page(_chapter)),
            Route("/learn/data/{name}", self._data),
            Mount("/static/learn", StaticFiles(directory=ASSETS)),
        ]

    async def _data(self, request: Request) -> Response:
        """Return the data of a figure as JSON or as bytes; the guard has checked the key."""
        name, query = request.path_params["name"], dict(request.query_params)
        try:
            answer = await run_in_threadpool(self.answers.get, name, query)
        except Exception as error:  # noqa: BLE001  every error has a response
            return error_response(error)
        content, kind = as_bytes(answer)
        types = {"json": "application/json", "bin": "application/octet-stream"}
        return Response(content, media_type=types[kind])

    async def _to_contents(self, _request: Request) -> Response:
        return RedirectResponse("learn/")

    def _page(
        self, render: Callable[[Request, Place, bool], str]
    ) -> Callable[[Request], Awaitable[Response]]:
        """Return a handler that checks the key or the token and returns a page."""

        async def handle(request: Request) -> Response:
            opened = self.access.redeem(request.query_params.get("token", ""))
            if not opened and not has_key(self.access, request.headers):
                return link_used(self.command)
            language, chosen = _language(request)
            try:
                text = await run_in_threadpool(render, request, self._place(language), self.studio)
            except Exception as error:  # noqa: BLE001  every error has a response
                return error_response(error)
            response = HTMLResponse(text)
            if opened:
                response.set_cookie(
                    self.access.cookie, self.access.key, httponly=True, samesite="strict", path="/"
                )
            if chosen:
                response.set_cookie(LANGUAGE_COOKIE, language, _YEAR, samesite="strict", path="/")
            return response

        return handle

    def _place(self, language: Language) -> Place:
        return Place(
            language=language, chapter=lambda name: name, docs=lambda page: None,
            glossary="glossary", contents="./", assets="../static/learn/", data="data/",
            answers="server", number=self.answers.number,
        )  # fmt: skip


def link_used(command: str) -> Response:
    """Return the page for a link whose token is not valid."""
    text = LINK_USED.read_text(encoding="utf-8").replace("{command}", html.escape(command))
    return HTMLResponse(text, 403)


def _language(request: Request) -> tuple[Language, bool]:
    """Return the language of a page, and whether the address names it.

    The address overrides the cookie, which overrides the languages of the browser.
    """
    asked = request.query_params.get("lang", "")
    for language in LANGUAGES:
        if language == asked:
            return language, True
    wanted = request.cookies.get(LANGUAGE_COOKIE) or request.headers.get("accept-language", "")
    return ("zh" if wanted.lower().startswith("zh") else "en"), False


def _contents(_request: Request, place: Place, studio: bool) -> str:
    title = translations(place.language).gettext("The course")
    return _in_frame(contents_html(place), title, place, studio)


def _glossary(_request: Request, place: Place, studio: bool) -> str:
    title = translations(place.language).gettext("Glossary")
    return _in_frame(glossary_html(place), title, place, studio)


def _chapter(request: Request, place: Place, studio: bool) -> str:
    name = request.path_params["chapter"]
    if name not in course.names():
        raise ApiError(404, "not_found", _("{name} does not exist"), name=name)
    chapter = course.chapter(name, place.language)
    return _in_frame(
        chapter_html(chapter, place), chapter.title, place, studio,
        sections=chapter.sections, current=name,
    )  # fmt: skip


def _in_frame(content: str, title: str, place: Place, studio: bool, **values: object) -> str:
    frame = {
        "studio": studio, "other": "en" if place.language == "zh" else "zh", "sections": (),
        "chapters": course.contents(place.language), "current": "", "notice": "",
    }  # fmt: skip
    return page_html(content, title, place, **{**frame, **values})
