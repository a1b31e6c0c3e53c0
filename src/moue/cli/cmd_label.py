"""The command `label`."""

from __future__ import annotations

from pathlib import Path

import click

from moue import pipeline
from moue.cli.console import print_summary
from moue.cli.model_options import BUT_LICENCE, SELECTED, model_option
from moue.cli.options import LABELS_FROM_FOLDERS, PATH, CommonOptions, common
from moue.dataset.label_class_folders import label_from_class_folders
from moue.dataset.label_csv import label_from_csv
from moue.dataset.label_folders_read import read_label_folders
from moue.face.backends import FaceSettings


@click.command()
@click.option("--csv", "table", type=PATH, help="CSV file to read labels from.")
@click.option(
    "--to-folders",
    is_flag=True,
    help="Copy the mouth crops into one folder per label, to sort them by hand.",
)
@click.option(
    "--from-folders", is_flag=True, help="Read the labels from the folders of the sorted crops."
)
@click.option(
    "--folder",
    type=PATH,
    help="Folder with one folder per label.  [default: sorting/ in the workspace]",
)
@click.option(
    "--check",
    is_flag=True,
    help="List likely label errors, and write a contact sheet of these crops.",
)
@click.option(
    "--suggest",
    is_flag=True,
    help="Predict the labels of all mouths, and save the predictions; `moue studio` suggests them.",
)
@model_option(f"{SELECTED}, else the bundled model", "Model for pre-sorting, --check and --suggest")
@LABELS_FROM_FOLDERS
@common(FaceSettings, without=BUT_LICENCE, shared=["workspace", "json"])
def label(
    call: CommonOptions,
    table: Path | None,
    to_folders: bool,
    from_folders: bool,
    folder: Path | None,
    check: bool,
    suggest: bool,
    model: Path | None,
    labels_from_folders: bool,
) -> None:
    """Label mouths by folder name, by CSV file or by hand.

    Without options, moue labels each mouth by the name of the folder of its picture. The folder
    name must be a label, or a number from 0 to 3 if no folder has a higher number. moue prints the
    label of each folder. Manual labels override CSV labels, and CSV labels override folder names.

    The default labels are none, pout, smile and open. To use other labels, list them in moue.toml,
    such as labels = ["none", "tongue", "happy"].

    The CSV file needs the column `file` and may have the columns `label`, `subject` and `licence`.
    Other columns become attributes; `moue evaluate` reports the results by attribute.

    \b
    Example, by hand in a file manager:
        moue label --to-folders
        (move the crops between sorting/none, sorting/pout, ...)
        moue label --from-folders

    --to-folders pre-sorts unlabelled crops into folders such as maybe-smile, by weak label or by
    prediction, in ascending order of probability. Move a crop to a label folder to label it. Run
    --to-folders again to add new crops. --check compares the labels with the predictions of a
    model that was not trained on these mouths, and lists the differences. --from-folders reads
    the labels and then does the same check.
    """  # noqa: D301 - click's \b is the character
    if sum((table is not None, to_folders, from_folders, check, suggest)) > 1:
        raise click.UsageError(
            "use only one of --csv, --to-folders, --from-folders, --check and --suggest"
        )
    with call.context() as given:
        context, note = pipeline.labels_from_folders(given) if labels_from_folders else (given, "")
        if note:
            context.progress.say(note)
        checked = None
        place = folder or context.workspace.root / "sorting"
        if table is not None:
            summary = label_from_csv(context.catalog, table, context.config.labels)
        elif to_folders:
            summary = pipeline.run_to_folders(context, place, model)
        elif from_folders:
            summary = read_label_folders(context.catalog, place, context.config.labels)
            checked = pipeline.check_labels_if_possible(context, model)
        elif check:
            summary = pipeline.run_check(context, model)
        elif suggest:
            summary = pipeline.run_suggest(context, model)
        else:
            summary = label_from_class_folders(context.catalog, context.config.labels)
    for one in (summary, checked):
        if one is not None:
            print_summary(one, call.json)
