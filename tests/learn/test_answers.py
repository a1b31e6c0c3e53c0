"""Answers of data functions are cached until the workspace changes, and numbers become text."""

from __future__ import annotations

import os

import pytest

from moue.errors import DataError
from moue.learn import data
from moue.learn.answers import UNKNOWN, Answers, as_bytes, number_text
from moue.learn.pack import pack


@pytest.mark.parametrize(
    ("value", "form", "text"),
    [
        (13289, "", "13,289"),
        (4.0, "", "4"),
        (0.12345, "", "0.123"),
        (0.99211, ".1%", "99.2%"),
        (1e-7, "", "1e-7"),
        ("pout", "", "pout"),
    ],
)
def test_numbers_are_written_for_people(value, form, text):
    assert number_text(value, form) == text


@pytest.fixture
def counted(monkeypatch):
    """A data function `counted` that counts its calls."""
    calls = []

    def answer(name, source, query):
        if name != "counted":
            raise DataError("missing")
        calls.append(query)
        return pack({"left": [7, 8]}, {}) if query.get("pack") else {"left": [1, {"x": 0.25}]}

    monkeypatch.setattr(data, "answer", answer)
    return calls


def test_an_answer_is_computed_once_for_each_query(counted):
    answers = Answers()
    for query in ({}, {"a": "1"}, {}, {"a": "1"}):
        answers.get("counted", query)
    assert len(counted) == 2


def test_a_number_is_found_by_its_path(counted):
    answers = Answers()
    assert answers.number("counted.left.0") == "1"
    assert answers.number("counted.left.1.x", ".0%") == "25%"
    assert answers.number("missing.left") == UNKNOWN


def test_a_changed_catalog_ends_the_validity_of_answers(counted, workspace):
    answers = Answers(workspace)
    answers.get("counted")
    catalog = workspace.root / "catalog.db"
    os.utime(catalog, ns=(0, 0))
    answers.get("counted")
    assert len(counted) == 2


def test_answers_are_files_of_two_kinds():
    assert as_bytes({"a": "嘴"}) == ('{"a":"嘴"}'.encode(), "json")
    assert as_bytes(b"\0") == (b"\0", "bin")
    with pytest.raises(ValueError):
        as_bytes({"a": float("nan")})
