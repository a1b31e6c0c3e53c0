"""The command `label`."""

from __future__ import annotations

from pathlib import Path

import click

from moue import pipeline
from moue.cli.console import print_summary
from moue.cli.model_options import SELECTED, model_option
from moue.cli.options import LABELS_FROM_FOLDERS, PATH, CommonOptions, common
from moue.dataset.label_class_folders import label_from_class_folders
from moue.dataset.label_csv import label_from_csv
from moue.dataset.label_folders_read import read_label_folders


@click.command()
@click.option("--csv", "table", type=PATH, help="Read labels from this CSV file.")
@click.option(
    "--to-folders", is_flag=True, help="Copy the crops into one folder per label, to sort by hand."
)
@click.option("--from-folders", is_flag=True, help="Read the labels of the crops sorted by hand.")
@click.option(
    "--folder", type=PATH, help="Folder to sort in.  [default: sorting/ in the workspace]"
)
@click.option(
    "--check", is_flag=True, help="List likely label errors and write a contact sheet of them."
)
@model_option(f"{SELECTED}, else the bundled model; used to pre-sort and check")
@LABELS_FROM_FOLDERS
@common(shared=["workspace", "json"])
def label(
    call: CommonOptions,
    table: Path | None,
    to_folders: bool,
    from_folders: bool,
    folder: Path | None,
    check: bool,
    model: Path | None,
    labels_from_folders: bool,
) -> None:
    """Label the mouths by folder, CSV file or by hand.

    Without an option, the folder names of the pictures become labels (names, or 0 to 3 where all
    numbered folders are). Manual labels override CSV labels, which override folder names. moue
    prints the label of each folder.

    The default labels are none, pout, smile and open. Set others in moue.toml:
    labels = ["none", "tongue", "happy"].

    The CSV file needs a column `file` and may have `label`, `subject` and `licence`. Other columns
    become attributes; `moue evaluate` reports the results by attribute.

    \b
    Example, by hand in a file manager:
        moue label --to-folders
        (move the crops between sorting/none, sorting/pout, ...)
        moue label --from-folders

    Unlabelled crops are pre-sorted into maybe-smile, maybe-pout and so on, by weak label or by
    the model's prediction, least certain first. Move them to label them. Run --to-folders again
    to add new crops. --check lists labels that disagree with a model which was not trained on
    the mouth; --from-folders does so too at its end.
    """  # noqa: D301 - click's \b is the character
    if sum((table is not None, to_folders, from_folders, check)) > 1:
        raise click.UsageError("use only one of --csv, --to-folders, --from-folders and --check")
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
        else:
            summary = label_from_class_folders(context.catalog, context.config.labels)
    for one in (summary, checked):
        if one is not None:
            print_summary(one, call.json)
