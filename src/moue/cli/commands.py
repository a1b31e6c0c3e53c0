"""The commands, in the order of the pipeline."""

from __future__ import annotations

import click

import moue as package
from moue.cli.cmd_collect import collect
from moue.cli.cmd_compare_detectors import compare_finders
from moue.cli.cmd_forget import forget
from moue.cli.cmd_info import drop, info, restore
from moue.cli.cmd_live import live
from moue.cli.cmd_model import evaluate, export, predict, train
from moue.cli.cmd_people import people
from moue.cli.cmd_run import demo, doctor, run
from moue.cli.cmd_runs import runs
from moue.cli.cmd_stages import clean, convert, crop, dedupe, init, label, split


class InOrder(click.Group):
    """Lists its commands as they were added, not alphabetically."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the commands."""
        return list(self.commands)


@click.group(cls=InOrder, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package.__version__, "--version", "-V", message="moue %(version)s")
def moue() -> None:
    """Recognise mouth expressions: none, pout, smile, open.

    From raw photos to a tested classifier, in one command or step by step:

    \b
        moue run photos/ --workspace project
        moue predict a.jpg --workspace project

    Every step can be run again: it does only what is new. Nothing is deleted unless you ask
    for it (forget), and every decision can be listed (info), made (drop) and undone (restore).
    """  # noqa: D301 - click's \b is the character


for command in (
    init, collect, convert, clean, dedupe, crop, label, people, split, train, evaluate, runs,
    predict, live, export, run, demo, info, drop, restore, forget, doctor, compare_finders,
):  # fmt: skip
    moue.add_command(command)
