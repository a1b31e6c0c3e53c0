"""The words of the chapters: questions are answered, and the Chinese is set as Chinese."""

from __future__ import annotations

import dataclasses
import re
import tomllib
from pathlib import Path

import pytest

from moue.i18n.translate import translate_output
from moue.learn import course
from moue.learn.blocks import LANGUAGES, Do, Exercise, Figure, Prose
from moue.learn.page_html import Place, chapter_html, contents_html
from moue.learn.questions import questions

QUESTIONS = Path(__file__).parent / "questions"
HAN = r"[\u3400-\u9fff]"


def place(language):
    return Place(
        language=language, chapter=lambda name: name, docs=lambda page: page, glossary="glossary",
        contents="./", assets="static/", data="data/", answers="server",
        number=lambda name, form: "12",
    )  # fmt: skip


def words_of(chapter, section=None):
    """Return the text of a chapter or of one of its sections, without code blocks."""
    parts = []
    for one in chapter.sections:
        if section in (None, one.id):
            for block in one.blocks:
                match block:
                    case Prose() | Do():
                        parts.append(block.text)
                    case Figure():
                        parts.append(block.caption)
                    case Exercise():
                        parts += [block.question, block.answer]
    return re.sub(r"^```.*?^```", "", "\n\n".join(parts), flags=re.DOTALL | re.MULTILINE)


def plain(text):
    """Return a text on one line, without code spans and targets of links."""
    return re.sub(r"\s+", " ", re.sub(r"`[^`]*`|\]\([^)]*\)", "", text))


@pytest.mark.parametrize("name", course.names())
def test_a_chapter_has_three_exercises_and_something_to_do(name):
    blocks = course.chapter(name, "en").blocks()
    assert sum(isinstance(block, Exercise) for block in blocks) == 3
    assert any(isinstance(block, Do) for block in blocks)


@pytest.mark.parametrize("name", course.names())
def test_chinese_has_full_width_punctuation_and_no_italics(name):
    chapter = course.chapter(name, "zh")
    text = plain(" ".join([chapter.title, chapter.question, words_of(chapter)]))
    assert not re.findall(rf".{{0,9}}{HAN}[,;:?!].{{0,9}}", text)
    assert not re.findall(rf".{{0,9}}{HAN}\.(?:\s|$).{{0,9}}", text)
    assert not re.findall(rf".{{0,9}}(?:{HAN}\(|\){HAN}).{{0,9}}", text)
    assert not re.findall(r"(?<![*\w])\*(?![*\s])[^*]+\*(?!\*)", text)


@pytest.mark.parametrize("name", course.names())
def test_a_chapter_has_about_the_same_text_in_both_languages(name):
    english, chinese = (words_of(course.chapter(name, language)) for language in LANGUAGES)
    # A page of English has about two characters for each character of Chinese.
    assert 1.2 < len(english) / len(chinese) < 3.2


def read(path):
    return tomllib.loads(path.read_text(encoding="utf-8"))


def section_of(where, language):
    """Return the text of the section that `where` names, such as `09-loss#fault`."""
    name, _, section = where.partition("#")
    chapter = course.chapter(name, language)
    assert section in [one.id for one in chapter.sections], where
    return re.sub(r"\s+", " ", words_of(chapter, section))


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_question_for_readers_is_answered_in_the_section_that_the_answer_names(language):
    questions = read(QUESTIONS / f"{language}.toml")["question"]
    answers = read(QUESTIONS / f"answers.{language}.toml")["answer"]
    assert len(questions) == 20
    assert [answer["id"] for answer in answers] == [question["id"] for question in questions]
    for answer in answers:
        text = section_of(answer["where"], language)
        assert not [says for says in answer["says"] if says not in text], answer["id"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_ten_questions_of_beginners_lead_to_a_section(language):
    found, english = questions(language).questions, questions("en").questions
    assert len(found) == 10
    assert [(one.chapter, one.section) for one in found] == [
        (one.chapter, one.section) for one in english
    ]
    for one in found:
        assert one.ask.endswith("？" if language == "zh" else "?")
        assert one.answer
        assert section_of(f"{one.chapter}#{one.section}", language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_contents_show_each_question_with_a_link_to_its_answer(language):
    html = contents_html(place(language))
    for one in questions(language).questions:
        assert f"<summary>{one.ask}</summary>" in html
        assert f'href="{one.chapter}#{one.section}"' in html


@pytest.mark.parametrize("name", course.names())
def test_the_output_of_a_command_is_chinese_in_a_chinese_chapter(name):
    blocks = course.chapter(name, "zh").blocks()
    for block in blocks:
        if isinstance(block, Do) and block.language == "sh":
            for line in translate_output(block.expected, "zh").split("\n"):
                assert not re.search("[a-z]{2,} [a-z]{2,}", line), line


def test_values_that_vary_are_marked_and_short_words_do_not_break():
    page = chapter_html(course.chapter("10-optimizer", "en"), place("en"))
    assert "{n}" not in page
    assert "{…}" not in page
    assert page.count('class="varies"') >= 6
    page = chapter_html(course.chapter("01-whole-way", "en"), place("en"))
    assert '<span class="whole">--as-tutorial</span>' in page
    assert "\u00a0%" in page
    assert not re.search(r"\d %", re.sub(r"<[^>]*>", "", page))


def test_a_caption_mentions_moue_learn_only_on_the_website():
    own = place("en")
    website = dataclasses.replace(own, answers="files")
    chapter = course.chapter("04-cascade", "en")
    assert "it is your own picture" in chapter_html(chapter, website)
    assert "it is your own picture" not in chapter_html(chapter, own)


@pytest.mark.parametrize("name", course.names())
def test_each_block_to_do_states_its_time(name):
    chapter = course.chapter(name, "en")
    blocks = [block for block in chapter.blocks() if isinstance(block, Do)]
    for block, command in zip(blocks, chapter.commands, strict=True):
        assert command.seconds >= 1
        if block.language == "sh":
            assert command.run.startswith(block.code.splitlines()[0][:60])
        else:
            assert command.run.startswith("python: ")
    page = chapter_html(chapter, place("en"))
    assert page.count("It prints, after about") == len(blocks)
    assert course.chapter(name, "zh").commands == chapter.commands
