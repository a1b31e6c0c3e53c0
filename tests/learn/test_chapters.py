"""All chapters are complete: both languages agree, and what they show exists."""

from __future__ import annotations

import re

import pytest

from moue.cli.commands import moue
from moue.learn import course
from moue.learn.blocks import Do, Excerpt, Figure, Prose
from moue.learn.page_html import Place, chapter_html, contents_html, glossary_html
from moue.learn.page_text import WIDTH, chapter_text, contents_text
from moue.learn.source_code import lines_of

SECTIONS = ["question", "comparison", "tutorial", "fault", "way", "do", "exercises", "code"]
LAST = "14-pictures-video-camera"


def place(language):
    return Place(
        language=language, chapter=lambda name: name, docs=lambda page: page, glossary="glossary",
        contents="./", assets="static/", data="data/", answers="server",
        number=lambda name, form: "12",
    )  # fmt: skip


def comparable(block):
    """Return what is the same in both languages of a block."""
    match block:
        case Figure(name, params, _):
            return ("figure", name, params)
        case Do(_, language, code, expected, options):
            return ("do", language, code, expected, options)
        case Excerpt():
            return block
        case Prose(_, heart):
            return ("heart",) if heart else ("text",)
    return (type(block).__name__,)


@pytest.mark.parametrize("name", course.names())
def test_both_languages_have_the_same_blocks_figures_and_commands(name):
    english, chinese = course.chapter(name, "en"), course.chapter(name, "zh")
    assert [s.id for s in chinese.sections] == [s.id for s in english.sections]
    for one, other in zip(chinese.sections, english.sections, strict=True):
        assert [*map(comparable, one.blocks)] == [*map(comparable, other.blocks)], one.id
    for field in ("minutes", "picture", "figures", "commands", "tutorial", "numbers"):
        assert getattr(chinese, field) == getattr(english, field), field


@pytest.mark.parametrize("name", course.names())
def test_a_chapter_has_all_sections_and_one_core(name):
    chapter = course.chapter(name, "en")
    wanted = [*SECTIONS, "next"] if name == LAST else SECTIONS
    assert [section.id for section in chapter.sections] == wanted
    assert sum(isinstance(b, Prose) and b.heart for b in chapter.blocks()) == 1
    assert {b.name for b in chapter.blocks() if isinstance(b, Figure)} == set(chapter.figures)


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("name", course.names())
def test_a_chapter_is_rendered_for_the_browser_and_the_terminal(name, language):
    chapter = course.chapter(name, language)
    html = chapter_html(chapter, place(language))
    shown = re.sub(r"<(pre|code)\b.*?</\1>", "", html, flags=re.DOTALL)
    assert not re.findall(r":::|\{\{|\{#|<(?:script|style)| style=", shown)
    lines = chapter_text(chapter)
    assert chapter.title in lines[0]
    assert all(len(line) <= WIDTH for line in lines)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_contents_and_glossary_are_rendered(language):
    assert all(c.title in contents_html(place(language)) for c in course.contents(language))
    assert 'id="cascade-classifier"' in glossary_html(place(language))
    assert any("moue learn" in line for line in contents_text(language))


@pytest.mark.parametrize("name", course.names())
def test_every_excerpt_of_the_source_exists_and_is_short(name):
    for block in course.chapter(name, "en").blocks():
        if isinstance(block, Excerpt):
            assert 1 <= lines_of(block).text.count("\n") + 1 <= 40, block


def test_an_excerpt_without_its_symbol_or_line_is_an_error():
    with pytest.raises(ValueError, match=r"no Loop\.gone"):
        lines_of(Excerpt("training/loop.py", "Loop.gone"))
    with pytest.raises(ValueError, match="does not exist"):
        lines_of(Excerpt("training/gone.py", "Loop"))
    with pytest.raises(ValueError, match="no line with 'gone'"):
        lines_of(Excerpt("training/loop.py", "Loop.run", "gone"))


def test_an_excerpt_has_no_docstring_and_no_indentation():
    lines = lines_of(Excerpt("training/loop.py", "Loop.validate"))
    assert lines.text.startswith("def validate")
    assert '"""' not in lines.text


@pytest.mark.parametrize("word", ["loss", "9", "09", "09-loss", "LOSS"])
def test_a_chapter_is_found_by_slug_number_and_name(word):
    assert course.find(word) == "09-loss"


def test_the_commands_of_chapters_exist():
    for name in course.names():
        for command in course.chapter(name, "en").commands:
            words = command.run.split()
            if words[0] == "moue":
                assert words[1] in moue.commands, command.run
            assert command.seconds > 0
