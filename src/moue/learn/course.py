"""The chapters of the course."""

from __future__ import annotations

import difflib
from functools import cache
from pathlib import Path

from moue.errors import MoueError
from moue.learn.blocks import Chapter, Language
from moue.learn.parse import parse

CHAPTERS = Path(__file__).with_name("chapters")


@cache
def names() -> tuple[str, ...]:
    """Return the names of the chapters in order, such as `09-loss`."""
    return tuple(sorted(path.stem for path in (CHAPTERS / "en").glob("[0-9][0-9]-*.md")))


@cache
def chapter(name: str, language: Language) -> Chapter:
    """Return a chapter in a language."""
    path = CHAPTERS / language / f"{name}.md"
    return parse(path.read_text(encoding="utf-8"), name, language)


def contents(language: Language) -> list[Chapter]:
    """Return all chapters in a language, in order."""
    return [chapter(name, language) for name in names()]


def find(word: str) -> str:
    """Return the name of the chapter with a slug, a number, or a name.

    Args:
        word: such as `loss`, `9` or `09-loss`.

    Raises:
        MoueError: no chapter matches; the message lists the chapters.
    """
    for name in names():
        number, _, slug = name.partition("-")
        if word.lower() in (name, slug) or (word.isdigit() and int(word) == int(number)):
            return name
    slugs = [name.partition("-")[2] for name in names()]
    near = difflib.get_close_matches(word.lower(), slugs, n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"the chapters are {', '.join(slugs)}"
    raise MoueError(f"the course has no chapter {word!r}; {hint}")
