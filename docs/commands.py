"""Write `docs/commands.md` from the commands themselves; `--check` fails when it is stale."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import click

from moue.cli.commands import moue
from moue.cli.setting_options import SettingOption

TARGET = Path(__file__).with_name("commands.md")
HEAD = """# Command reference

Generated from the code by `make docs`. Every command has `--help`.

Results go to stdout, progress to stderr. Exit codes: 0 success, 1 error, 2 wrong usage,
130 interrupted. A flag overrides `moue.toml`, which overrides the default.
"""
SHARED_HEAD = """## Shared options

Several commands have these options. Each command lists which of them it has.
"""
WIDTH = 96
SECTIONS = ("face", "web", "train", "collect")
"""Sections of settings whose flags several commands have."""


def reference() -> str:
    """Return the whole page."""
    commands = list(_contexts())
    parts = [HEAD, *map(_block, commands)]
    shared: dict[str, dict[str, click.Parameter]] = {}
    for context in commands:
        for option in context.command.params:
            if (kind := _shared_kind(option)) is not None:
                shared.setdefault(kind, {}).setdefault(_flag(option), option)
    lists = [f"### {kind}\n\n{_list(commands[0], shared[kind].values())}" for kind in shared]
    return "\n".join([*parts[:2], SHARED_HEAD, *lists, *parts[2:]])


def _contexts() -> Iterator[click.Context]:
    """Yield a context for each command, groups before their commands."""

    def walk(name: str, command: click.Command, parent: click.Context | None) -> Iterator[Any]:
        sizes: dict[str, Any] = {"terminal_width": WIDTH, "max_content_width": WIDTH}
        context = click.Context(command, parent, name, **sizes)
        yield context
        if isinstance(command, click.Group):
            for word, one in command.commands.items():
                yield from walk(word, one, context)

    return walk("moue", moue, None)


def _shared_kind(option: click.Parameter) -> str | None:
    """Return under which heading of the shared options an option stands, if under any."""
    if isinstance(option, SettingOption):
        return f"{option.section.capitalize()} options" if option.section in SECTIONS else None
    names = {"workspace", "workers", "assignments", "as_json", "reset"}
    return "Common options" if option.name in names else None


def _flag(option: click.Parameter) -> str:
    return max(option.opts, key=len)


def _list(context: click.Context, options: Iterable[click.Parameter]) -> str:
    formatter = context.make_formatter()
    formatter.write_dl([record for o in options if (record := o.get_help_record(context))])
    return f"```\n{formatter.getvalue().rstrip()}\n```\n"


def _block(context: click.Context) -> str:
    """Return the help of a command, without the shared options."""
    command, every = context.command, context.command.params
    command.params = [option for option in every if _shared_kind(option) is None]
    text = command.get_help(context).rstrip()
    command.params = every
    names: dict[str, list[str]] = {}
    for option in every:
        if (kind := _shared_kind(option)) is not None:
            names.setdefault(kind, []).append(f"`{_flag(option)}`")
    notes = "".join(f"\n{kind}: {', '.join(flags)}.\n" for kind, flags in names.items())
    return f"## {context.command_path}\n\n```\n{text}\n```\n{notes}"


def main() -> int:
    """Write the page, or compare it."""
    text = reference()
    if "--check" not in sys.argv:
        TARGET.write_text(text, encoding="utf-8")
        return 0
    if TARGET.read_text(encoding="utf-8") != text:
        print("docs/commands.md is stale: run `make docs`", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
