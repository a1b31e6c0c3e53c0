"""The questions that beginners ask after the course, with short answers."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass

from moue.learn.blocks import Language
from moue.learn.course import CHAPTERS


@dataclass(frozen=True, slots=True)
class Question:
    """One question.

    Attributes:
        ask: the question.
        answer: one or two sentences of Markdown.
        chapter: name of the chapter with the full answer, such as `09-loss`.
        section: identifier of its section.
    """

    ask: str
    answer: str
    chapter: str
    section: str


@dataclass(frozen=True, slots=True)
class Questions:
    """The questions in one language.

    Attributes:
        title: heading of the list.
        more: text of the link to the full answer.
        questions: questions in the order of the chapters.
    """

    title: str
    more: str
    questions: tuple[Question, ...]


def questions(language: Language) -> Questions:
    """Return the questions in a language."""
    text = (CHAPTERS / language / "questions.toml").read_text(encoding="utf-8")
    data = tomllib.loads(text)
    found = []
    for row in data["question"]:
        chapter, _, section = row["where"].partition("#")
        found.append(Question(row["ask"], row["answer"], chapter, section))
    return Questions(data["title"], data["more"], tuple(found))
