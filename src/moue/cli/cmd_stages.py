"""Commands of the data set: from `init` to `split`; `collect` is in collecting.py."""

from __future__ import annotations

from pathlib import Path

import click

from moue import pipeline
from moue.cli import output
from moue.cli.cmd_model import model_option
from moue.cli.console import print_summary
from moue.cli.options import ALL, LABELS_FROM_FOLDERS, PATH, CommonOptions, common
from moue.dataset import label as label_stage
from moue.dataset.clean import CleanSettings
from moue.dataset.clean import clean as clean_stage
from moue.dataset.convert import ConvertSettings
from moue.dataset.convert import convert as convert_stage
from moue.dataset.crop import CropSettings
from moue.dataset.crop import crop as crop_stage
from moue.dataset.dedupe import DedupeSettings
from moue.dataset.label_csv import label_from_csv
from moue.dataset.label_folders_read import read_label_folders
from moue.dataset.split import SplitSettings
from moue.face.backends import FaceSettings


@click.command()
@common(shared=["workspace"])
def init(call: CommonOptions) -> None:
    """Make a folder a workspace, with a moue.toml that explains every setting.

    Example: moue init --workspace project
    """
    call.create()
    output.line(f"{call.workspace.root}: ready; settings are in {call.workspace.settings.name}")


@click.command()
@common(ConvertSettings, keeps=True, shared=ALL)
def convert(call: CommonOptions) -> None:
    """Make every readable picture an upright sRGB JPEG; note why the others are none.

    Example: moue convert --quality 92
    """
    with call.job() as job:
        summary = convert_stage(job)
    print_summary(summary, call.json)


@click.command()
@common(CleanSettings, FaceSettings, keeps=True, shared=ALL)
def clean(call: CommonOptions) -> None:
    """Find faces; set aside what shows none, or only a small, blurred or badly lit one.

    Contact sheets of what was kept and dropped are in reports/clean.

    Example: moue clean --min-main-face 60 --dry-run
    """
    with call.job() as job:
        summary = clean_stage(job)
    print_summary(summary, call.json)


@click.command()
@common(DedupeSettings, keeps=True)
def dedupe(call: CommonOptions) -> None:
    """Set aside copies and near-duplicates; the best of each cluster stays.

    Mirrored, cropped, turned and relit copies of a photo are found too. All that belongs
    together stays in one split. Contact sheets of it are in reports/dedupe.

    Example: moue dedupe --radius 8
    """
    with call.job() as job:
        summary = pipeline.run_dedupe(job)
    print_summary(summary, call.json)


@click.command()
@common(CropSettings, FaceSettings, keeps=True, shared=ALL)
def crop(call: CommonOptions) -> None:
    """Cut the mouth of every face: a square around the lips, in mouths/.

    Example: moue crop --annotate
    """
    with call.job() as job:
        summary = crop_stage(job)
    print_summary(summary, call.json)


@click.command()
@click.option("--csv", "table", type=PATH, help="Read labels from a CSV file.")
@click.option("--to-folders", is_flag=True, help="Copy the crops into folders, to sort by hand.")
@click.option("--from-folders", is_flag=True, help="Read back what was sorted by hand.")
@click.option("--folder", type=PATH, help="To sort in.  [default: sorting/ in the workspace]")
@click.option("--check", is_flag=True, help="List the labels that are likely wrong, with a sheet.")
@model_option("the usual run, else the built-in model; for --to-folders and --check")
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
    """Say what each mouth shows: none, pout, smile or open, or a label of your own.

    Without an option, labels are the names of the folders that the pictures came in (names,
    or 0 to 3 where all numbered folders are). A person's label overrides that of a CSV file,
    which overrides that of a folder. What each folder was taken for is printed.

    The labels of a workspace stand in its moue.toml: labels = ["none", "tongue", "happy"].

    A CSV file has a column file, and any of label, subject and licence. Every other column,
    such as age or source, is kept with the picture, and `moue evaluate` tells results by it.

    \b
    Example, by hand in a file manager:
        moue label --to-folders
        (move the crops between sorting/none, sorting/pout, ...)
        moue label --from-folders

    Crops without a label lie in maybe-smile, maybe-pout ... until you move them: where a search
    was expected to bring it, else by what a model says, the least certain first. --to-folders
    again adds what is new. --check, and --from-folders at its end, list labels that a model
    which did not learn from the mouth finds wrong.
    """  # noqa: D301 - click's \b is the character
    if sum((table is not None, to_folders, from_folders, check)) > 1:
        raise click.UsageError("--csv, --to-folders, --from-folders and --check go one at a time")
    with call.job() as given:
        job, note = pipeline.labels_from_folders(given) if labels_from_folders else (given, "")
        if note:
            job.progress.say(note)
        checked = None
        place = folder or job.workspace.root / "sorting"
        if table is not None:
            summary = label_from_csv(job.catalog, table, job.config.labels)
        elif to_folders:
            summary = pipeline.run_to_folders(job, place, model)
        elif from_folders:
            summary = read_label_folders(job.catalog, place, job.config.labels)
            checked = pipeline.check_labels_if_possible(job, model)
        elif check:
            summary = pipeline.run_check(job, model)
        else:
            summary = label_stage.label_from_class_folders(job.catalog, job.config.labels)
    for one in (summary, checked):
        if one is not None:
            print_summary(one, call.json)


@click.command()
@common(SplitSettings, keeps=True)
def split(call: CommonOptions) -> None:
    """Divide the labelled mouths into train, val and test, and build dataset/.

    Near-duplicates, frames of one video, pictures of one person and of one web page stay
    together, and pictures that have a split keep it.

    With --given, pictures stay in the split that their folders give: train or training, val,
    valid, validation or dev, test or testing. This holds even where it divides what belongs
    together, and what it divides is reported. `given = true` under [split] in moue.toml is the
    same, and holds for `moue run` too.

    Example: moue split --ratio 9:1
    """
    with call.job() as job:
        summary = pipeline.run_split(job)
    print_summary(summary, call.json)
