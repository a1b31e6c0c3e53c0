"""Click groups: commands in their order of registration, and groups with a default command."""

from __future__ import annotations

from typing import Any

import click


class OrderedGroup(click.Group):
    """Group that lists its commands in the order of their registration."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the commands in the order of their registration."""
        return list(self.commands)


class DefaultGroup(OrderedGroup):
    """Group with a default command, which runs if the first argument is not a command.

    For example, `moue collect photos/` runs `moue collect files photos/`. A folder that has
    the name of a command must be given as a path such as `./web`.
    """

    def __init__(self, *args: Any, default: str, **more: Any) -> None:
        super().__init__(*args, **more)
        self.default = default

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the arguments; prepend the default command if the first one is not a command."""
        if not args or args[0] not in (*self.commands, *ctx.help_option_names):
            args = [self.default, *args]
        return super().parse_args(ctx, args)
