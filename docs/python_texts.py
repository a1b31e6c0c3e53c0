"""Find the texts for people in Python files, as templates with named placeholders.

Messages stay English inside the program: in exceptions, in logs and in JSON. The command line
translates them where it prints them (`moue.i18n.translate`). So a text needs no mark in the code.
Every literal that reads like words is a text: two words with a space between them.
"""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from pathlib import Path

from moue import errors

WORDS = re.compile(r"[A-Za-z][a-z]+[,;:]? [a-z{(`\[-]")
NO_TEXT = re.compile(
    r"\b(SELECT|INSERT|UPDATE|DELETE|CREATE|PRAGMA|IS NULL|ORDER BY)\b|= \?|^\s*<|</|"
    r"[\w-]+: [\w-]+;|"
    r"^\W*$|Mozilla/|^\{?\w*\}?$|\n\n|charset=|boundary=|coalesce\(|->>|\[tool\.",
)
"""SQL, HTML, style sheets, headers and whole files."""
_PROGRAMMER = ("ValueError", "TypeError", "AttributeError", "AssertionError", "RuntimeError")
"""Exceptions for mistakes of a programmer, which stay English."""

_MARKS = ("_", "gettext", "word", "translate", "sheet_text")
"""Functions whose first argument is a text."""

_FORMAT = re.compile(r"\{(\w+)(?::[^{}]*)?\}")


def texts(path: Path) -> Iterator[str]:
    """Yield the texts of a Python file: literals, formatted literals and the help of commands."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    hidden = _hidden(tree)
    for node in ast.walk(tree):
        if id(node) in hidden:
            continue
        text = template(node)
        if text and is_text(text):
            yield text
    if path.parent.name == "cli":
        yield from command_help(tree)


def marked(path: Path) -> Iterator[str]:
    """Yield the literal arguments of the functions `_MARKS`; of `a if … else b`, both."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and node.args:
            first = node.args[0]
            chosen = [first.body, first.orelse] if isinstance(first, ast.IfExp) else [first]
            if ast.unparse(node.func).rpartition(".")[2] in _MARKS:
                yield from filter(
                    None, (template(n) for n in chosen if isinstance(n, ast.Constant))
                )


def raised(path: Path) -> Iterator[str]:
    """Yield the texts of the errors of moue that a Python file creates."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in errors.__dict__:
            inner = _inner(node)
            found = (template(child) for child in ast.walk(node) if id(child) not in inner)
            yield from (text for text in found if is_text(text))


def sentences(path: Path) -> Iterator[tuple[str, str]]:
    """Yield the English and the Chinese text of each `Sentence(en, zh, …)`, without formats."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "Sentence":
            first, second = (ast.literal_eval(argument) for argument in node.args[:2])
            yield _FORMAT.sub(r"{\1}", first), _FORMAT.sub(r"{\1}", second)


def _inner(tree: ast.AST) -> set[int]:
    """Return the ids of the literals that are parts of formatted literals."""
    formatted = [node for node in ast.walk(tree) if isinstance(node, ast.JoinedStr)]
    return {id(child) for node in formatted for child in ast.walk(node) if child is not node}


def is_text(text: str) -> bool:
    """Return whether a literal reads like words for people."""
    return bool(WORDS.search(text)) and not NO_TEXT.search(text)


def template(node: ast.AST) -> str:
    """Return a literal with a placeholder such as `{path}` for each value; empty for others."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value.replace("\n", " ") if "\n" not in node.value.strip() else node.value
    if not isinstance(node, ast.JoinedStr):
        return ""
    names: list[str] = []
    parts = []
    for value in node.values:
        if isinstance(value, ast.FormattedValue):
            name = _name(value.value)
            name = name if name not in names else f"{name}_{len(names)}"
            names.append(name)
            parts.append(f"{{{name}}}")
        elif isinstance(value, ast.Constant):
            parts.append(str(value.value))
    return "".join(parts)


def command_help(tree: ast.Module) -> Iterator[str]:
    """Yield the paragraphs of the help of the commands in a file."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and any(_is_command(d) for d in node.decorator_list):
            yield from paragraphs(ast.get_docstring(node) or "")


def paragraphs(text: str) -> list[str]:
    """Return the paragraphs of a help text that are prose: no examples, and no fixed lines."""
    found = [" ".join(part.split()) for part in inspect.cleandoc(text).split("\n\n")]
    return [part for part in found if part and not part.startswith(("Example:", "\b"))]


def _is_command(node: ast.expr) -> bool:
    text = ast.unparse(node)
    return bool(re.search(r"(^|\.)(command|group)\(", text))


def _hidden(tree: ast.Module) -> set[int]:
    """Return the ids of nodes that are no texts: docstrings, parts, errors of programmers."""
    hidden: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            hidden.add(id(node.value))
        elif isinstance(node, ast.JoinedStr):
            hidden |= {id(value) for value in node.values}
            hidden |= {id(v.format_spec) for v in node.values if isinstance(v, ast.FormattedValue)}
        elif isinstance(node, ast.Raise) and node.exc is not None:
            call = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
            if isinstance(call, ast.Name) and call.id in _PROGRAMMER:
                hidden |= {id(child) for child in ast.walk(node)}
        elif isinstance(node, ast.Call) and ast.unparse(node.func).startswith(("log.", "re.")):
            hidden |= {id(child) for child in ast.walk(node)}
    return hidden


def _name(node: ast.expr) -> str:
    """Return a name for a value: that of its variable, attribute, function or key."""
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(attr=name):
            return name
        case ast.Call(func=ast.Name(id=name), args=[first, *_]) if name in _PASSING:
            return _name(first)
        case ast.Call(func=ast.Attribute(attr="join"), args=[first]):
            return _name(first)
        case ast.Call(func=func):
            return _name(func)
        case ast.Subscript(slice=ast.Constant(value=str(name))) if name.isidentifier():
            return name
        case ast.Subscript(value=value):
            return _name(value)
        case ast.GeneratorExp(generators=[first, *_]) | ast.ListComp(generators=[first, *_]):
            return _name(first.iter)
    return "value"


_PASSING = ("len", "str", "printable", "sorted", "repr", "list", "map", "near", "sum", "round")
"""Functions whose argument names the value better than they do."""
