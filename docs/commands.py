"""Write `docs/commands.md` from the commands themselves; `--check` fails when it is stale."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from moue.cli.commands import moue

TARGET = Path(__file__).with_name("commands.md")
HEAD = """# Command reference

Written from the code by `make docs`. Every command has `--help`.

Results go to stdout, progress to stderr. Exit codes: 0 done, 1 an error that is said in one
line, 2 wrong usage, 130 interrupted. A flag beats `moue.toml`, which beats the default.
"""


def reference() -> str:
    """Return the whole page."""
    parts = [HEAD, _block("moue", moue)]
    for name, command in moue.commands.items():
        parts.append(_block(f"moue {name}", command))
        others: dict[str, click.Command] = getattr(command, "others", {})
        parts += [_block(f"moue {name} {word}", other) for word, other in others.items()]
    return "\n".join(parts)


def _block(title: str, command: click.Command) -> str:
    name = title.removeprefix("moue").strip()
    root = click.Context(moue, info_name="moue", terminal_width=96, max_content_width=96)
    context = root
    if name:
        context = click.Context(command, root, name, terminal_width=96, max_content_width=96)
    return f"## {title}\n\n```\n{command.get_help(context).rstrip()}\n```\n"


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
