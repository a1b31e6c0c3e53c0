"""Groups of commands."""

from __future__ import annotations

from typing import Any

import click


class OrderedGroup(click.Group):
    """A group that lists its commands in the order in which they were added."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the commands."""
        return list(self.commands)


class DefaultGroup(OrderedGroup):
    """A group with a default command, which runs if the first word is not a command.

    `moue collect photos/` is `moue collect files photos/`. A folder with the name of a command
    needs a path: `moue collect ./web`.
    """

    def __init__(self, *args: Any, default: str, **more: Any) -> None:
        super().__init__(*args, **more)
        self.default = default

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Insert the name of the default command if the first word is not a command."""
        if not args or args[0] not in (*self.commands, *ctx.help_option_names):
            args = [self.default, *args]
        return super().parse_args(ctx, args)
