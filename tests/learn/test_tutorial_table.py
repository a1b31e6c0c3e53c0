"""Every row of the table of the tutorial names things that exist."""

import ast
import re
import shlex
from pathlib import Path

import click
import pytest

from moue.cli.commands import moue
from moue.learn import course, page_html, tutorial_table
from moue.learn.tutorial_table import CHAPTERS, FIGURES, KINDS, SECTIONS, rows

TESTS = Path(__file__).parent.parent
FIGURE_FILES = TESTS.parent / "src/moue/learn/static/figures"
ROWS = pytest.mark.parametrize("row", rows(), ids=lambda row: row.id)


def test_the_ids_are_unique_words():
    ids = [row.id for row in rows()]
    assert len(set(ids)) == len(ids) > 100
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", one) for one in ids)


@ROWS
def test_a_row_is_complete_in_both_languages(row):
    assert row.section in SECTIONS
    assert row.kind in KINDS
    assert row.chapter in CHAPTERS
    assert row.figure in FIGURES
    assert row.tutorial
    assert row.en.endswith((".", "?"))
    assert not re.search("[一-鿿]", row.en)
    assert re.search("[一-鿿]", row.zh)
    assert row.mention.count("/") in (0, 1)
    if row.kind in ("analogy", "problem"):
        assert re.search("[一-鿿]", row.item("zh"))


def test_the_rows_are_in_the_order_of_the_tutorial():
    order = [list(SECTIONS).index(row.section) for row in rows()]
    assert order == sorted(order)


@ROWS
def test_the_command_of_a_row_exists_with_its_flags(row):
    name, *arguments = shlex.split(row.command)
    assert name == "moue"
    command, context = moue, click.Context(moue)
    while isinstance(command, click.Group):
        found = command.get_command(context, arguments[0])
        assert found is not None, f"{row.command}: no such command"
        command, arguments = found, arguments[1:]
    command.make_context(command.name, arguments)  # raises for an unknown flag or value


@ROWS
def test_the_test_of_a_row_exists(row):
    file, _, name = row.test.partition("::")
    tree = ast.parse((TESTS / file).read_text(encoding="utf-8"))
    names = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    assert name in names if name else any(n.startswith("test_") for n in names)


def test_the_table_uses_every_chapter_and_figure():
    assert {row.figure for row in rows()} == set(FIGURES)
    assert {row.chapter for row in rows()} == set(CHAPTERS)


def test_the_chapters_of_the_course_are_those_of_the_table():
    for name in course.names():
        number, _, slug = name.partition("-")
        assert CHAPTERS[int(number) - 1] == slug


def test_every_chapter_and_figure_of_the_table_exists():
    assert [name.partition("-")[2] for name in course.names()] == list(CHAPTERS)
    assert not [name for name in FIGURES if not (FIGURE_FILES / f"{name}.js").exists()]
    shown = {f for name in course.names() for f in course.chapter(name, "en").figures}
    assert set(FIGURES) <= shown


def test_a_chapter_names_its_rows_and_mentions_them():
    for name in course.names():
        english, chinese = (course.chapter(name, language) for language in ("en", "zh"))
        found = tutorial_table.of_chapter(name)
        assert set(english.tutorial) == {row.id for row in found}, name
        texts = [text_of(name, language) for language in ("en", "zh")]
        for row in found:
            for word, text in zip(row.mention.split("/"), texts, strict=False):
                assert word.lower() in text, f"{name}: {row.id} is not explained ({word})"
        assert chinese.tutorial == english.tutorial


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_page_of_the_course_shows_its_rows(language):
    place = page_html.Place(
        language=language, chapter=str, docs=lambda page: page, glossary="", contents="",
        assets="", data="", answers="files", number=lambda name, form: name,
    )  # fmt: skip
    html = page_html.chapter_html(course.chapter("04-cascade", language), place)
    found = tutorial_table.of_chapter("cascade")
    assert html.count("<dt>") == len(found)
    assert all(row.command in html for row in found)


def text_of(name, language):
    return (course.CHAPTERS / language / f"{name}.md").read_text(encoding="utf-8").lower()


def test_rows_are_found_by_the_name_of_a_chapter():
    assert tutorial_table.of_chapter("09-loss") == tutorial_table.of_chapter("loss") != ()


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_page_has_every_row(language):
    text = tutorial_table.markdown(language)
    assert text.count("\n| ") + text.startswith("| ") == len(rows()) + len(
        {row.section for row in rows()}
    )
    assert all(f"`{row.command}`" in text for row in rows())
