"""Render the core of a chapter as text for a terminal."""

from __future__ import annotations

import io

from rich.console import Console
from rich.markdown import Markdown

from moue.i18n.catalog import translations
from moue.learn import course
from moue.learn.blocks import Chapter, Do, Language, Prose
from moue.learn.markdown import NUMBER

WIDTH = 88
"""Maximum length of a line."""


def chapter_text(chapter: Chapter) -> list[str]:
    """Return the title, the question, the core and the commands of a chapter as lines."""
    _ = translations(chapter.language).gettext
    parts = [f"# {chapter.number}. {chapter.title}", f"**{chapter.question}**"]
    blocks = chapter.blocks()
    parts += [block.text for block in blocks if isinstance(block, Prose) and block.heart]
    commands = [b.code for b in blocks if isinstance(b, Do) and b.language == "sh"]
    if commands:
        parts += [_("Do it now:"), *(f"```\n{command}\n```" for command in commands)]
    parts.append(
        _("The whole chapter with its figures: `moue learn {name}`").format(name=chapter.slug)
    )
    return _lines("\n\n".join(parts))


def contents_text(language: Language) -> list[str]:
    """Return the list of the chapters as lines."""
    _ = translations(language).gettext
    rows = [f"{c.number}. **{c.slug}**: {c.title}. {c.question}" for c in course.contents(language)]
    end = _(
        "Open the course in the browser with `moue learn`, or a chapter with `moue learn loss`."
    )
    return _lines("\n".join([f"# {_('The course')}", "", *rows, "", end]))


def _lines(markdown: str) -> list[str]:
    """Return Markdown as plain lines."""
    console = Console(file=io.StringIO(), width=WIDTH, color_system=None, force_terminal=False)
    with console.capture() as captured:
        console.print(Markdown(NUMBER.sub("…", markdown), hyperlinks=False))
    return [line.rstrip() for line in captured.get().splitlines()]
