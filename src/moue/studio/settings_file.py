"""Change one setting in the text of a `moue.toml`, and keep all other lines and comments.

The template lists every setting in a comment, so a change takes the comment sign away, and a return
to the default puts it back. A file in an unusual form is changed with tomlkit.
"""

from __future__ import annotations

import re
import tomllib
from typing import Any

import tomlkit
from tomlkit.items import InlineTable, Table

from moue.errors import ConfigError


def with_setting(text: str, section: str, name: str, value: Any, default: Any = None) -> str:
    """Return the text with a changed setting.

    Args:
        text: text of a `moue.toml`.
        section: section of the setting; empty for a line above the first section.
        name: name of the setting.
        value: new value; None for the default.
        default: default value, for the comment.

    Raises:
        ConfigError: the text is not TOML.
    """
    wanted = _parsed(text)
    table = wanted if not section else wanted.setdefault(section, {})
    for spelling in (name, name.replace("_", "-")):
        table.pop(spelling, None)
    if value is not None:
        table[name] = value
    changed = _by_line(text, section, name, value, default)
    if not _gives(changed, wanted):
        changed = _by_library(text, section, name, value)
    if not _gives(changed, wanted):
        raise ConfigError(f"moue.toml has an unusual form; change {name} in it yourself")
    return changed


def _parsed(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"moue.toml is not valid TOML: {str(error)[:200]}") from error


def _gives(text: str, wanted: dict[str, Any]) -> bool:
    try:
        found = tomllib.loads(text)
    except (ValueError, RecursionError):
        return False
    empty: dict[str, Any] = {}
    names = found.keys() | wanted.keys()
    return all(found.get(name, empty) == wanted.get(name, empty) for name in names)


def _by_line(text: str, section: str, name: str, value: Any, default: Any) -> str:
    lines = text.splitlines(keepends=True)
    end = "\r\n" if "\r\n" in text else "\n"
    first, last = _range(lines, section)
    line = f"{name} = {_toml(value)}" if value is not None else f"# {name} = {_toml(default)}"
    if first is None:
        gap = "" if not text or text.endswith(end * 2) else end if text.endswith(end) else end * 2
        return f"{text}{gap}[{section}]{end}{line}{end}"
    spelled = re.escape(name).replace("_", "[_-]")
    for pattern in (rf"{spelled}\s*=", rf"#\s*{spelled}\s*="):
        for number in range(first, last):
            if re.match(pattern, lines[number]):
                lines[number] = line + _comment(lines[number])
                return "".join(lines)
    if value is None:
        return text
    lines.insert(first, line + end)
    return "".join(lines)


def _range(lines: list[str], section: str) -> tuple[int | None, int]:
    """Return the lines of a section; None if there is no section."""
    heads = [number for number, line in enumerate(lines) if line.startswith("[")]
    if not section:
        return 0, next(iter(heads), len(lines))
    for at, number in enumerate(heads):
        if re.match(rf"\[\s*{re.escape(section)}\s*\]", lines[number]):
            return number + 1, [*heads, len(lines)][at + 1]
    return None, 0


def _comment(line: str) -> str:
    """Return the comment at the end of a line, with the space before it, and the line ending."""
    content = line.rstrip("\r\n")
    found = re.search(r"\s+# (?!.*\s# ).*$", content)
    return (found[0] if found else "") + line[len(content) :]


def _toml(value: Any) -> str:
    return '""' if value is None else str(tomlkit.item(value).as_string())


def _by_library(text: str, section: str, name: str, value: Any) -> str:
    document = tomlkit.parse(text)
    table: Any = document
    if section:
        table = document.setdefault(section, tomlkit.table())
        if not isinstance(table, Table | InlineTable):
            return text
    for spelling in (name, name.replace("_", "-")):
        if spelling in table:
            table.remove(spelling)
    if value is not None:
        table.add(name, value)
    return str(tomlkit.dumps(document))
