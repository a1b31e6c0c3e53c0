"""Extract the texts of the studio, update their Chinese, and write what the page loads.

The English text is the message id. Texts come from `t("…")` and `n("…", "…", …)` in the scripts of
the page, from `_("…")` in the Python files of the studio and of `http_api`, and from the texts of
other packages that the page shows, such as the help of the settings. `--check` writes nothing and
fails when a catalog is stale, a text has no Chinese, or a placeholder differs.
"""

from __future__ import annotations

import ast
import json
import re
import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import cli_messages
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po, write_po

from moue.config import SECTIONS
from moue.settings import fields
from moue.workspace.drop_reasons import DROP_REASONS

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "src/moue"
STUDIO = PACKAGE / "studio"
TEMPLATE = PACKAGE / "locale/studio.pot"
CHINESE = PACKAGE / "locale/zh/LC_MESSAGES/studio.po"
PAGE = STUDIO / "static/locale/zh.json"

_LITERAL = r'"(?:[^"\\\n]|\\.)*"'
_TEXT = rf"{_LITERAL}(?:\s*\+\s*{_LITERAL})*"
CALL = re.compile(rf"(?<![\w.])(t|n)\(\s*(?:({_TEXT})\s*(?:,\s*({_TEXT}))?|(?=[^)\s]))")
_HEADER = re.compile(
    rb'"(Project-Id-Version|Report-Msgid-Bugs-To|POT-Creation-Date|PO-Revision-Date|Last-Translator|'
    rb"Language-Team|Generated-By)[^\n]*\n"
)
"""Lines of a .po header that change without a change of the texts, or say nothing."""
PLACEHOLDER = re.compile(r"\{\w+(?:!r)?\}|%\(\w+\)s")


def extract() -> Catalog:
    """Return a catalog of all texts, with the places where they stand."""
    catalog = Catalog(project="moue", header_comment="# Texts of the studio.", fuzzy=False)
    for path in sorted(STUDIO.rglob("*.js")):
        if "vendor" not in path.parts:
            for text in script_texts(path):
                catalog.add(text, locations=[(_name(path), 0)])
    for path in sorted([*STUDIO.rglob("*.py"), *(PACKAGE / "http_api").rglob("*.py")]):
        for text in python_texts(path):
            catalog.add(text, locations=[(_name(path), 0)])
    for text, place in shown_texts():
        catalog.add(text, locations=[(place, 0)])
    return catalog


def script_texts(path: Path) -> Iterator[str | tuple[str, str]]:
    """Yield the texts of a script; a text with a plural is a pair.

    Raises:
        ValueError: the first argument of `t` or `n` is not a literal in double quotes.
    """
    script = path.read_text(encoding="utf-8")
    for match in CALL.finditer(script):
        line = script.count("\n", 0, match.start()) + 1
        if script[: match.start()].endswith("function "):
            continue
        if match[2] is None or (match[1] == "n" and match[3] is None):
            raise ValueError(f"{_name(path)}:{line}: write the text as a literal in double quotes")
        yield (_joined(match[2]), _joined(match[3])) if match[1] == "n" else _joined(match[2])


def _joined(literals: str) -> str:
    return "".join(json.loads(part) for part in re.findall(_LITERAL, literals))


def python_texts(path: Path) -> Iterator[str]:
    """Yield the literal arguments of `_(…)` in a Python file."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "_":
            text = ast.literal_eval(node.args[0])
            if isinstance(text, str):
                yield text


def shown_texts() -> Iterator[tuple[str, str]]:
    """Yield the texts of other packages that the page shows, each with its file."""
    for text in DROP_REASONS.values():
        yield text, "src/moue/workspace/drop_reasons.py"
    for settings in SECTIONS.values():
        for field in fields(settings):
            place = f"src/{settings.__module__.replace('.', '/')}.py"
            yield field.setting.help, place
            yield field.name.replace("_", " "), place


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def updated(template: Catalog) -> Catalog:
    """Return the Chinese catalog with the messages of a template."""
    with CHINESE.open("rb") as file:
        chinese = read_po(file, locale="zh")
    chinese.update(template, no_fuzzy_matching=True, update_header_comment=False)
    chinese.obsolete.clear()
    return chinese


def faults(catalog: Catalog) -> Iterator[str]:
    """Yield a sentence for each message without Chinese or with other placeholders."""
    for message in catalog:
        if not message.id:
            continue
        chinese = _chinese(message)
        english = message.id[-1] if isinstance(message.id, tuple) else message.id
        if not chinese:
            yield f"no Chinese for “{english}”"
        elif set(PLACEHOLDER.findall(chinese)) != set(PLACEHOLDER.findall(english)):
            yield f"other placeholders in the Chinese of “{english}”: {chinese}"


def _chinese(message: Message) -> str:
    string = message.string
    return string[0] if isinstance(string, tuple | list) else string


def page_texts(catalog: Catalog) -> str:
    """Return the JSON that the page loads: Chinese by English text, of a pair by the singular."""
    texts = {}
    for message in catalog:
        if message.id and (chinese := _chinese(message)):
            texts[message.id[0] if isinstance(message.id, tuple) else message.id] = chinese
    return json.dumps(dict(sorted(texts.items())), ensure_ascii=False, indent=0) + "\n"


def po(catalog: Catalog) -> bytes:
    """Return a catalog as the text of a .po file without dates."""
    buffer = BytesIO()
    write_po(
        buffer, catalog, width=100, omit_header=False, sort_output=True, include_lineno=False,
        ignore_obsolete=True,
    )  # fmt: skip
    return _HEADER.sub(b"", buffer.getvalue())


def main() -> int:
    """Write the catalogs, or check them; return 1 if something is stale or not translated."""
    check = "--check" in sys.argv
    try:
        template = extract()
    except ValueError as error:
        print(error, file=sys.stderr)
        return 1
    chinese, cli = updated(template), cli_messages.updated()
    files = {
        TEMPLATE: po(template), CHINESE: po(chinese), PAGE: page_texts(chinese).encode(),
        cli_messages.PO: _HEADER.sub(b"", cli_messages.po(cli)),
        cli_messages.MO: cli_messages.compiled(cli),
    }  # fmt: skip
    stale = [p for p, content in files.items() if not p.exists() or p.read_bytes() != content]
    for path in stale:
        if check:
            print(f"{_name(path)} is stale; run `python docs/messages.py`", file=sys.stderr)
        else:
            path.write_bytes(files[path])
            print(f"wrote {_name(path)}")
    problems = [f"{_name(CHINESE)}: {fault}" for fault in faults(chinese)]
    problems += [f"{_name(cli_messages.PO)}: {fault}" for fault in faults(cli)]
    for problem in problems:
        print(problem, file=sys.stderr)
    return int(bool(problems or (check and stale)))


if __name__ == "__main__":
    sys.exit(main())
