"""The help of the commands in the language of the call, with lines that end at the right place.

Chinese has no spaces between words, so Click cannot break its lines, and each character is two
columns wide.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import click
from rich.cells import cell_len

from moue.i18n import language
from moue.i18n.catalog import messages
from moue.i18n.translate import translate

_WIDE = "\u2e80-\u9fff\uff00-\uffef“”‘’…—"
_CLOSING = "[，。；：、！？）」』”’…]*"
_PIECE = re.compile(rf"[{_WIDE}]{_CLOSING}|[^\s{_WIDE}]+{_CLOSING}|\s+")
"""A Chinese character with the punctuation after it, a word, or spaces."""
_NO_END = "（「『“‘"
"""Signs that may not be the last of a line."""


def wrap(text: str, width: int, initial: str = "", subsequent: str = "") -> str:
    """Return a paragraph in lines of at most `width` columns.

    Args:
        text: paragraph without line breaks.
        width: line width in columns, including the indentation.
        initial: indentation of the first line.
        subsequent: indentation of the other lines.
    """
    lines, line = [], initial
    pieces = _PIECE.findall(" ".join(text.split()))
    for index, piece in enumerate(pieces):
        held = pieces[index + 1] if piece in _NO_END and index + 1 < len(pieces) else ""
        if line.strip() and cell_len(line + piece.rstrip() + held) > width:
            lines.append(line.rstrip())
            line = subsequent
        line += piece if line.strip() else piece.lstrip()
    return "\n".join([*lines, line.rstrip()])


class Formatter(click.HelpFormatter):
    """Help formatter that wraps Chinese text."""

    def write_text(self, text: str) -> None:
        """Write paragraphs; those after the mark of fixed lines keep their line breaks."""
        if language.current() == "en":
            super().write_text(text)
            return
        indent = " " * self.current_indent
        for index, part in enumerate(text.split("\n\n")):
            fixed = part.startswith("\b")
            lines = part.split("\n")[1:] if fixed else []
            shown = (indent + line for line in lines) if fixed else [
                wrap(part, self.width, indent, indent)
            ]  # fmt: skip
            self.write(("\n" if index else "") + "\n".join(shown) + "\n")

    def write_dl(
        self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2
    ) -> None:
        """Write a list of flags or commands with their help texts."""
        if language.current() == "en":
            super().write_dl(rows, col_max, col_spacing)
            return
        rows = list(rows)
        first = min(max((cell_len(name) for name, _ in rows), default=0), col_max) + col_spacing
        indent = " " * (self.current_indent + first)
        for name, text in rows:
            head = " " * self.current_indent + name
            if not text:
                self.write(head + "\n")
            elif cell_len(name) <= first - col_spacing:
                padded = head + " " * (len(indent) - cell_len(head))
                self.write(wrap(text, self.width, padded, indent) + "\n")
            else:
                self.write(f"{head}\n{wrap(text, self.width, indent, indent)}\n")


click.Context.formatter_class = Formatter


def localize(command: click.Command) -> None:
    """Translate the help texts of a command and of its subcommands to the language of the call."""
    for one in _all(command):
        one.help = _help(_english(one, "help"))
        one.short_help = None
        if "_help_option" in vars(one):  # Click keeps it in the language of its first use
            vars(one)["_help_option"] = None
        for parameter in one.params:
            if isinstance(parameter, click.Option):
                parameter.help = _option(_english(parameter, "help"))


def _all(command: click.Command) -> Iterator[click.Command]:
    yield command
    if isinstance(command, click.Group):
        for below in command.commands.values():
            yield from _all(below)


_ENGLISH: dict[tuple[int, str], str | None] = {}


def _english(thing: click.Command | click.Option, name: str) -> str | None:
    """Return the English help of a command or option, which a call in Chinese has replaced."""
    return _ENGLISH.setdefault((id(thing), name), getattr(thing, name))


def _help(text: str | None) -> str | None:
    if text is None:
        return None
    parts = text.split("\n\n")
    if language.current() != "en":
        parts = [part if part.startswith("\b") else _paragraph(part) for part in parts]
    return "\n\n".join(parts)


def _paragraph(text: str) -> str:
    return translate(" ".join(text.split())).replace("Example: ", "例：")


def _option(text: str | None) -> str | None:
    if text is None or language.current() == "en":
        return text
    # `help  [default: …]`: the default is no part of the sentence.
    known = messages(language.current())
    match = re.fullmatch(r"(.*?)(  \[.*\])", text, re.DOTALL)
    parts = (text,) if text in known or match is None else match.groups()
    return "".join(map(translate, parts)).replace("  [default: ", "  [默认：")
