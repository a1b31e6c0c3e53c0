"""The page in Chinese: all texts are translated, all values are those of the English page."""

from __future__ import annotations

import dataclasses
import re

import pytest

from moue.evaluation.report.page import render
from moue.i18n import language
from report_pages import DEGENERATE, Reader

ENGLISH = re.compile(r"[a-z]{2,},? [a-z(]{2,}")
"""Two English words."""
CASES = {
    **DEGENERATE,
    "all": {},
    "few": {"support": {"none": 4, "pout": 3, "smile": 2}, "split_name": "val", "unseen": True},
    "never seen": {"unseen": True},
    "one label": {"support": {"smile": 120}},
}


def texts(page):
    """The texts and the text alternatives of a page, without code."""
    html = re.sub(r"<(code|style)>.*?</\1>", "", page, flags=re.DOTALL)
    reader = Reader(html)
    alternatives = reader.values("alt", "aria-label")
    return {" ".join(text.split()) for text in [*reader.text, *alternatives]} - {""}


@pytest.fixture
def page_of(make):
    """A function that renders a case in a language, without the names that a user chooses."""

    def render_case(changes, to):
        data = make(**{"funnel": [("collected", 9), ("usable face", 3)]} | changes)
        return render(data, to)

    return render_case


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_no_text_stays_english(page_of, case):
    found = texts(page_of(case, "zh"))
    assert not [text for text in found if ENGLISH.search(text)]
    single = {text for text in found & texts(page_of(case, "en")) if text.isalpha()}
    names = {"none", "pout", "smile", "open", "shut", "wide", "origin", "gan", "helen", "web"}
    settings = {"recipe", "fast", "epochs", "lr", "seed", "python", "platform", "moue"}
    assert single <= names | settings | {"自拍", "a", "b"}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_both_languages_show_the_same_numbers(page_of, case):
    english, chinese = (page_of(case, to).replace("\u202f%", "%") for to in ("en", "zh"))

    def numbers(page):
        shown = re.sub(r"<style>.*?</style>|data:image[^\"]*", "", page, flags=re.DOTALL)
        return sorted(re.findall(r"\d[\d,]*\.\d+", shown))

    assert numbers(english) == numbers(chinese)


def test_the_page_names_its_language_and_follows_that_of_the_command(make):
    data = make()
    assert '<html lang="en">' in render(data)
    language.use("zh")
    try:
        page = render(data)
    finally:
        language.use("en")
    assert page == render(data, "zh")
    assert '<html lang="zh-CN">' in page
    assert "\u202f%" not in page


def test_a_hostile_name_is_text_in_a_translated_sentence(make):
    hostile = "<b onclick='x'>\u202e"
    data = make(run=hostile)
    found = dataclasses.replace(data.comparison, models=(hostile, "%(model)s"))
    for to in ("en", "zh"):
        page = render(dataclasses.replace(data, comparison=found), to)
        assert "<b onclick" not in page
        assert "\u202e" not in page
        assert "%(model)s" in page
