"""Parse a chapter: TOML between two `+++` lines, then Markdown with `:::` directives."""

from __future__ import annotations

import re
import shlex
import tomllib
from collections.abc import Iterator
from typing import Any

from moue.learn.blocks import (
    Block,
    Chapter,
    Command,
    Do,
    Excerpt,
    Exercise,
    Figure,
    Language,
    Prose,
    Section,
)  # fmt: skip

_FRONT = re.compile(r"\A\+\+\+\n(.*?)\n\+\+\+\n", re.DOTALL)
_HEADING = re.compile(r"## (.+?) \{#([a-z][a-z0-9-]*)\}\s*")
_FENCE = re.compile(r"(`{3,}|~{3,})")
_CODE = re.compile(r"^```(\w+)\n(.*?)^```[ ]*$\n?", re.DOTALL | re.MULTILINE)
_ANSWER = "::: answer"
_DIRECTIVES = ("heart", "figure", "source", "exercise", "do")
_FIELDS = {
    "title", "question", "minutes", "figures", "commands", "tutorial", "numbers", "picture"
}  # fmt: skip


def parse(source: str, name: str, language: Language) -> Chapter:
    """Return the chapter of a Markdown text.

    Args:
        source: text of the file.
        name: number and slug, such as `09-loss`.
        language: language of the text.

    Raises:
        ValueError: the text has no front matter, or a heading or directive is invalid. The message
            names the chapter and the line.
    """
    match = _FRONT.match(source)
    if match is None:
        raise ValueError(f"{language}/{name}: the file does not start with a line `+++`")
    front = tomllib.loads(match[1])
    if unknown := set(front) - _FIELDS:
        raise ValueError(f"{language}/{name}: unknown fields {', '.join(sorted(unknown))}")
    where = _Place(f"{language}/{name}", source.count("\n", 0, match.end()))
    return Chapter(
        name=name, language=language, sections=tuple(_sections(source[match.end() :], where)),
        **_fields(front),
    )  # fmt: skip


class _Place:
    """Position in a chapter, for messages."""

    def __init__(self, chapter: str, offset: int) -> None:
        self.chapter, self.offset = chapter, offset

    def error(self, line: int, message: str) -> ValueError:
        """Return the error for a line, counted from 0 after the front matter."""
        return ValueError(f"{self.chapter}, line {self.offset + line + 1}: {message}")


def _fields(front: dict[str, Any]) -> dict[str, Any]:
    commands = tuple(Command(c["run"], c["seconds"]) for c in front.pop("commands", ()))
    lists = {k: tuple(v) for k, v in front.items() if isinstance(v, list)}
    return {**front, **lists, "commands": commands}


def _sections(text: str, where: _Place) -> Iterator[Section]:
    lines = text.split("\n")
    starts = [i for i, line in _outside_code(lines) if line.startswith("## ")]
    before = lines[: starts[0]] if starts else lines
    if any(line.strip() for line in before):
        raise where.error(0, "text before the first heading of level 2")
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        match = _HEADING.fullmatch(lines[start])
        if match is None:
            raise where.error(start, "write a heading as `## Title {#id}`")
        blocks = tuple(_blocks(lines[start + 1 : end], _Place(where.chapter, where.offset + start)))
        yield Section(match[2], match[1], blocks)


def _outside_code(lines: list[str]) -> Iterator[tuple[int, str]]:
    """Yield the lines outside fenced code with their indices."""
    fence = ""
    for index, line in enumerate(lines):
        match = _FENCE.match(line.lstrip())
        if not fence and not match:
            yield index, line
        elif match and not fence:
            fence = match[1]
        elif match and match[1].startswith(fence):
            fence = ""


def _blocks(lines: list[str], where: _Place) -> Iterator[Block]:
    marks = [(i, line) for i, line in _outside_code(lines) if line.startswith(":::")]
    done = 0
    while marks:
        start, opening = marks.pop(0)
        if opening.strip() == ":::":
            raise where.error(start + 1, "`:::` closes nothing")
        if text := "\n".join(lines[done:start]).strip():
            yield Prose(text)
        inner = next((i for i, line in marks if line.strip() == ":::"), None)
        if inner is None:
            raise where.error(start + 1, f"`{opening}` is not closed")
        body, marks = lines[start + 1 : inner], [mark for mark in marks if mark[0] > inner]
        try:
            yield _directive(opening[3:].strip(), "\n".join(body).strip())
        except ValueError as error:
            raise where.error(start + 1, f"`{opening}`: {error}") from error
        done = inner + 1
    if text := "\n".join(lines[done:]).strip():
        yield Prose(text)


def _directive(opening: str, body: str) -> Block:
    kind, *words = shlex.split(opening)
    if kind not in _DIRECTIVES:
        raise ValueError(f"unknown directive; write one of {', '.join(_DIRECTIVES)}")
    options = dict(_option(word) for word in words if "=" in word or kind == "do")
    names = [word for word in words if "=" not in word] if kind != "do" else []
    if len(names) != (1 if kind in ("figure", "source") else 0):
        raise ValueError("wrong number of words")
    match kind:
        case "heart":
            return Prose(body, heart=True)
        case "figure":
            return Figure(names[0], options, body)
        case "source":
            path, colon, symbol = names[0].partition(":")
            if not colon or body or not set(options) <= {"from", "to"}:
                raise ValueError("write `::: source path:symbol from=… to=…` and nothing inside")
            return Excerpt(path, symbol, options.get("from", ""), options.get("to", ""))
        case "exercise":
            question, found, answer = body.partition(f"\n{_ANSWER}\n")
            if not found or _ANSWER in answer:
                raise ValueError("an exercise needs one line `::: answer`")
            return Exercise(question.strip(), answer.strip())
    return _do(body, options)


def _option(word: str) -> tuple[str, str]:
    key, _, value = word.partition("=")
    return key, value


def _do(body: str, options: dict[str, str]) -> Do:
    codes = _CODE.findall(body)
    if len(codes) != 2 or codes[0][0] not in ("sh", "python") or codes[1][0] != "text":
        raise ValueError("write one `sh` or `python` block, then one `text` block")
    text = "\n\n".join(part.strip() for part in _CODE.sub("\0", body).split("\0")).strip()
    return Do(text, codes[0][0], codes[0][1].rstrip("\n"), codes[1][1].rstrip("\n"), options)
