"""The group `moue` with all commands, in the order of the pipeline."""

from __future__ import annotations

import click

import moue as package
from moue.cli.cmd_collect import collect
from moue.cli.cmd_compare_detectors import compare_detectors
from moue.cli.cmd_doctor import doctor
from moue.cli.cmd_drop import drop, restore
from moue.cli.cmd_evaluate import evaluate
from moue.cli.cmd_explain import explain
from moue.cli.cmd_export import export
from moue.cli.cmd_forget import forget
from moue.cli.cmd_info import info
from moue.cli.cmd_label import label
from moue.cli.cmd_learn import learn
from moue.cli.cmd_live import live
from moue.cli.cmd_pack import pack, unpack
from moue.cli.cmd_people import people
from moue.cli.cmd_predict import predict
from moue.cli.cmd_run import demo, run
from moue.cli.cmd_runs import runs
from moue.cli.cmd_serve import serve
from moue.cli.cmd_stages import clean, convert, crop, dedupe, init, split
from moue.cli.cmd_studio import studio
from moue.cli.cmd_train import train
from moue.cli.groups import OrderedGroup
from moue.i18n.catalog import LANGUAGES


@click.group(cls=OrderedGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package.__version__, "--version", "-V", message="moue %(version)s")
@click.option(
    "--lang", type=click.Choice(LANGUAGES), expose_value=False,
    help="Language of all texts, also after the name of a command.  [default: MOUE_LANG, else the "
    "language of the system]",
)  # fmt: skip
def moue() -> None:
    """Recognise mouth expressions: none, pout, smile, open.

    Turn raw photos into a tested classifier, in one command or step by step:

    \b
        moue run photos/ --workspace project
        moue predict a.jpg --workspace project

    A repeated step processes only new pictures. Only `forget` and `runs delete` delete files of
    pictures and runs. `info` shows why a picture was dropped, and `restore` restores it.
    """  # noqa: D301 - click's \b is the character


for command in (
    init, collect, convert, clean, dedupe, crop, label, people, split, train, evaluate, runs,
    predict, live, explain, export, run, demo, studio, learn, serve, info, drop, restore, forget,
    pack, unpack, doctor, compare_detectors,
):  # fmt: skip
    moue.add_command(command)
