"""Read lines of the source of moue, which chapters show."""

from __future__ import annotations

import ast
import textwrap
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from moue.learn.blocks import Excerpt

PACKAGE = Path(__file__).parent.parent


@dataclass(frozen=True, slots=True)
class Lines:
    """Consecutive lines of a source file.

    Attributes:
        path: path below the package, such as `training/loop.py`.
        first: number of the first line, from 1.
        last: number of the last line.
        text: the lines without their common indentation and without the docstring.
    """

    path: str
    first: int
    last: int
    text: str


def lines_of(excerpt: Excerpt) -> Lines:
    """Return the lines of an excerpt.

    Raises:
        ValueError: the file, the symbol, or the text of the first or last line does not exist.
    """
    path = PACKAGE / excerpt.path
    if not path.is_file():
        raise ValueError(f"{excerpt.path} does not exist")
    source, tree = _parsed(path)
    node = _find(tree, excerpt)
    first, last = node.lineno, node.end_lineno or node.lineno
    hidden = _docstring_lines(node)
    if excerpt.first:
        first = _line_with(source, excerpt.first, first, last, excerpt)
    if excerpt.last:
        last = _line_with(source, excerpt.last, first, last, excerpt)
    shown = [source[n - 1] for n in range(first, last + 1) if n not in hidden]
    return Lines(excerpt.path, first, last, textwrap.dedent("\n".join(shown)).strip("\n"))


@cache
def _parsed(path: Path) -> tuple[list[str], ast.Module]:
    text = path.read_text(encoding="utf-8")
    return text.split("\n"), ast.parse(text)


def _find(tree: ast.Module, excerpt: Excerpt) -> ast.stmt:
    body: list[ast.stmt] = tree.body
    node: ast.stmt | None = None
    for name in excerpt.symbol.split("."):
        node = next((n for n in body if name in _names(n)), None)
        if node is None:
            raise ValueError(f"{excerpt.path} has no {excerpt.symbol}")
        body = list(getattr(node, "body", ()))
    if node is None:
        raise ValueError(f"{excerpt.path}: no symbol is given")
    return node


def _names(node: ast.stmt) -> list[str]:
    match node:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return [name]
        case ast.Assign(targets=targets):
            return [target.id for target in targets if isinstance(target, ast.Name)]
        case ast.AnnAssign(target=ast.Name(id=name)):
            return [name]
    return []


def _docstring_lines(node: ast.stmt) -> range:
    body = getattr(node, "body", ())
    if body and isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant):
        return range(body[0].lineno, (body[0].end_lineno or body[0].lineno) + 1)
    return range(0)


def _line_with(source: list[str], text: str, first: int, last: int, excerpt: Excerpt) -> int:
    for number in range(first, last + 1):
        if text in source[number - 1]:
            return number
    raise ValueError(f"{excerpt.path}:{excerpt.symbol} has no line with {text!r}")
