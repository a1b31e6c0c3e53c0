"""The words of the chapters: questions are answered, and the Chinese is set as Chinese."""

from __future__ import annotations

import re

import pytest

from moue.learn import course
from moue.learn.blocks import LANGUAGES, Do, Exercise, Figure, Prose

HAN = r"[\u3400-\u9fff]"


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
