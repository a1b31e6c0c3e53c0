"""The command that collects pictures from files, and leads to those from elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from moue.cli.cmd_collect_web import camera, urls, web
from moue.cli.console import print_summary
from moue.cli.options import PATH, CommonOptions, common
from moue.dataset.collect import CollectSettings
from moue.dataset.collect import collect as collect_stage
from moue.dataset.collect_history import note_collected
from moue.dataset.convert import ConvertSettings


class CollectCommand(click.Command):
    """A command whose first word may name another one: `collect PATHS`, `collect web …`."""

    title = "From elsewhere (a folder of such a name: ./web)"
    """Above the list of the other commands in the help."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.others: dict[str, click.Command] = {}

    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: click.Context | None = None,
        **more: Any,
    ) -> click.Context:
        """Hand over to the command that the first word names, if it does."""
        other = self.others.get(args[0]) if args else None
        if other is None:
            return super().make_context(info_name, args, parent, **more)
        return other.make_context(f"{info_name} {args[0]}", args[1:], parent, **more)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the other commands below the options."""
        rows = [
            (f"{ctx.info_name} {name}", command.get_short_help_str(70))
            for name, command in self.others.items()
        ]
        with formatter.section(self.title):
            formatter.write_dl(rows)


@click.command(cls=CollectCommand)
@click.argument("sources", nargs=-1, required=True, type=PATH)
@common(CollectSettings)
def collect(call: CommonOptions, sources: tuple[Path, ...]) -> None:
    """Take note of pictures: folders, lists of files (.txt), videos, single files.

    Files stay where they are and are never changed; --copy copies them into the workspace.

    Example: moue collect photos/ clip.mp4 --every 2
    """
    with call.job(create=True) as job:
        limit = job.config.get(ConvertSettings).max_bytes
        summary = collect_stage(job, sources, limit)
        note_collected(job.catalog, sources, job.config.get(CollectSettings))
    print_summary(summary, call.json)


collect.others = {"web": web, "urls": urls, "camera": camera}
