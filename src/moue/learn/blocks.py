"""The parts of a chapter. A chapter has sections, and a section has blocks."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

Language: TypeAlias = Literal["en", "zh"]

LANGUAGES: tuple[Language, ...] = ("en", "zh")
"""Languages of the course."""


@dataclass(frozen=True, slots=True)
class Prose:
    """Markdown text.

    Attributes:
        text: Markdown without directives.
        heart: True for the core of the chapter, which the terminal prints.
    """

    text: str
    heart: bool = False


@dataclass(frozen=True, slots=True)
class Figure:
    """An interactive figure.

    Attributes:
        name: name of its module in `static/figures`.
        params: parameters of the module.
        caption: Markdown text below the figure.
    """

    name: str
    params: dict[str, str]
    caption: str


@dataclass(frozen=True, slots=True)
class Do:
    """A command or a short program that the reader runs.

    Attributes:
        text: Markdown text above the code.
        language: language of the code, `sh` or `python`.
        code: the command or the program.
        expected: its output. `{…}` stands for any text, `{n}` for a number.
        options: where the test runs it, such as `{"folder": "photos"}`.
    """

    text: str
    language: str
    code: str
    expected: str
    options: dict[str, str]


@dataclass(frozen=True, slots=True)
class Exercise:
    """A question with its answer, both Markdown text."""

    question: str
    answer: str


@dataclass(frozen=True, slots=True)
class Excerpt:
    """Lines of the source of moue.

    Attributes:
        path: path of the file below the package, such as `training/loop.py`.
        symbol: function, class, method or constant, such as `Loop.step`.
        first: text in the first line to show; empty for the first line of the symbol.
        last: text in the last line to show; empty for the last line of the symbol.
    """

    path: str
    symbol: str
    first: str = ""
    last: str = ""


Block: TypeAlias = Prose | Figure | Do | Exercise | Excerpt


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a chapter below one heading.

    Attributes:
        id: identifier of the heading, the same in all languages.
        title: text of the heading.
        blocks: content in order.
    """

    id: str
    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Command:
    """A command of a chapter.

    Attributes:
        run: the command line.
        seconds: measured duration on a laptop without a GPU.
    """

    run: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Chapter:
    """One chapter in one language.

    Attributes:
        name: number and slug, such as `09-loss`.
        language: language of the text.
        title: title of the chapter.
        question: the question that the chapter answers, one sentence.
        minutes: reading time.
        sections: content in order.
        picture: name of the picture that the terminal writes; empty for none.
        figures: names of the figures.
        commands: commands of the chapter with their durations.
        tutorial: rows of the table of the tutorial that the chapter covers.
        numbers: names of the numbers in the text that come from data.
    """

    name: str
    language: Language
    title: str
    question: str
    minutes: int
    sections: tuple[Section, ...]
    picture: str = ""
    figures: tuple[str, ...] = ()
    commands: tuple[Command, ...] = ()
    tutorial: tuple[str, ...] = ()
    numbers: tuple[str, ...] = field(default=())

    @property
    def number(self) -> int:
        """The number of the chapter, from 1."""
        return int(self.name[:2])

    @property
    def slug(self) -> str:
        """The name without the number."""
        return self.name[3:]

    def blocks(self) -> list[Block]:
        """Return the blocks of all sections."""
        return [block for section in self.sections for block in section.blocks]
