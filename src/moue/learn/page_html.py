"""Render chapters as HTML, for the studio and for the website of the documentation."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from moue.i18n.catalog import translations
from moue.i18n.translate import translate_output
from moue.learn import course
from moue.learn.blocks import (
    Block,
    Chapter,
    Do,
    Excerpt,
    Exercise,
    Figure,
    Language,
    Prose,
    Section,
)
from moue.learn.glossary import glossary
from moue.learn.markdown import Links, Renderer, code
from moue.learn.questions import questions
from moue.learn.source_code import lines_of
from moue.learn.tutorial_table import of_chapter

_ELSEWHERE = re.compile(r"[^.。]*`moue learn`[^.。]*[.。]")
"""The sentence of a caption that says what the figure shows with `moue learn`."""
_PLACEHOLDER = re.compile(r"\{(…|n)\}")


@dataclass(frozen=True, slots=True)
class Place:
    """Where pages are shown, with addresses that are relative to the page.

    Attributes:
        language: language of the page.
        chapter: function from the name of a chapter to its address.
        docs: function from a page of the documentation to its address, or to None.
        glossary: address of the glossary of the course.
        contents: address of the table of contents.
        assets: address of the folder `static`, with a slash at its end.
        data: address of the answers of data functions, with a slash at its end.
        answers: kind of these answers: `server` computes them; `files` are fixed.
        number: function from the name and the format of a number to its text.
    """

    language: Language
    chapter: Callable[[str], str]
    docs: Callable[[str], str | None]
    glossary: str
    contents: str
    assets: str
    data: str
    answers: str
    number: Callable[[str, str], str]


def chapter_html(chapter: Chapter, place: Place) -> str:
    """Return the content of the page of a chapter, without the frame around it."""
    renderer = _renderer(place)
    names = course.names()
    index = names.index(chapter.name)
    around = [names[i] if 0 <= i < len(names) else None for i in (index - 1, index + 1)]
    before, after = (course.chapter(n, place.language) if n else None for n in around)
    seconds = _seconds(chapter)
    sections = [_section(s, renderer, place.language, seconds) for s in chapter.sections]
    rows = [
        (row, Markup(renderer.inline(row.zh if place.language == "zh" else row.en)))
        for row in of_chapter(chapter.name)
    ]
    return _environment(place.language).get_template("chapter.html").render(
        rows=rows, chapter=chapter, sections=sections, place=place, before=before, after=after,
        question=Markup(renderer.inline(chapter.question)), count=len(names),
        seconds=sum(command.seconds for command in chapter.commands),
    )  # fmt: skip


def contents_html(place: Place) -> str:
    """Return the content of the table of contents, without the frame around it."""
    chapters, faq = course.contents(place.language), questions(place.language)
    renderer = _renderer(place)
    answers = [(one, Markup(renderer.inline(one.answer))) for one in faq.questions]
    return _environment(place.language).get_template("contents.html").render(
        chapters=chapters, place=place, faq=faq, answers=answers,
        minutes=sum(chapter.minutes for chapter in chapters),
        seconds=sum(command.seconds for chapter in chapters for command in chapter.commands),
    )  # fmt: skip


def glossary_html(place: Place) -> str:
    """Return the glossary as HTML, without the page layout around it."""
    terms = glossary(place.language).terms
    template = _environment(place.language).get_template("glossary.html")
    return template.render(terms=terms, place=place)


def page_html(content: str, title: str, place: Place, **values: object) -> str:
    """Return a whole page of the studio.

    Args:
        content: HTML of the content.
        title: title of the page.
        place: addresses.
        values: further values of the template `page.html`.
    """
    template = _environment(place.language).get_template("page.html")
    return template.render(content=Markup(content), title=title, place=place, **values)


def _renderer(place: Place) -> Renderer:
    links = Links(place.chapter, place.docs, place.glossary, course.find)
    is_own = place.answers == "server"
    return Renderer(links, glossary(place.language), place.number, place.language, is_own)


def _seconds(chapter: Chapter) -> dict[int, float]:
    """Return the duration of each block to do, by the id of the block."""
    blocks = [block for block in chapter.blocks() if isinstance(block, Do)]
    pairs = zip(blocks, chapter.commands, strict=True)
    return {id(block): command.seconds for block, command in pairs}


def _section(
    section: Section, renderer: Renderer, language: Language, seconds: Mapping[int, float]
) -> dict[str, object]:
    macros: Any = _environment(language).get_template("blocks.html").module
    parts = [_block(b, renderer, macros, seconds.get(id(b), 0)) for b in section.blocks]
    title = Markup(renderer.inline(section.title))
    return {"id": section.id, "title": title, "html": Markup("".join(parts))}


def _block(block: Block, renderer: Renderer, macros: Any, seconds: float) -> str:
    """Return the HTML of a block.

    Args:
        block: a block of a chapter.
        renderer: renderer of the chapter.
        macros: macros of the template `blocks.html`.
        seconds: duration of a block to do.
    """
    match block:
        case Prose(text, heart):
            html = renderer.render(text)
            return f'<div class="heart">{html}</div>' if heart else html
        case Figure(name, params, caption):
            if renderer.is_own:
                caption = _ELSEWHERE.sub("", caption)
            return str(macros.figure(name, json.dumps(params), Markup(renderer.render(caption))))
        case Do():
            code_html = Markup(code(block.code, block.language))
            printed = block.expected
            if block.language == "sh":
                printed = translate_output(printed, renderer.language)
            expected = Markup(_with_gaps(code(printed, "text"), renderer.language))
            time = _duration(seconds, renderer.language)
            text = Markup(renderer.render(block.text))
            return str(macros.do(block, text, code_html, expected, time))
        case Exercise(question, answer):
            texts = (Markup(renderer.render(text)) for text in (question, answer))
            return str(macros.exercise(*texts))
        case Excerpt():
            lines = lines_of(block)
            return str(macros.excerpt(lines, block, Markup(code(lines.text, "python"))))


def _with_gaps(html: str, language: str) -> str:
    """Return expected output with its placeholders `{…}` and `{n}` marked as values that vary."""
    title = escape(translations(language).gettext("This value differs on your machine."))

    def mark(match: re.Match[str]) -> str:
        return f'<span class="varies" title="{title}">{match[1]}</span>'

    return _PLACEHOLDER.sub(mark, html)


@cache
def _environment(language: Language) -> Environment:
    environment = Environment(
        loader=PackageLoader("moue.learn"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True, extensions=["jinja2.ext.i18n"],
    )  # fmt: skip
    environment.install_gettext_translations(translations(language), newstyle=True)  # type: ignore[attr-defined]
    environment.filters["duration"] = lambda seconds: _duration(seconds, language)
    return environment


def _duration(seconds: float, language: str) -> str:
    """Return a duration in words, such as `4 s` or `3 min`."""
    _ = translations(language).gettext
    if seconds < 90:
        return _("{n} s").format(n=round(seconds))
    return _("{n} min").format(n=round(seconds / 60))
