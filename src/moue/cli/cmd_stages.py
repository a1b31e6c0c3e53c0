"""The commands `init`, `convert`, `clean`, `dedupe`, `crop` and `split`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from moue import pipeline
from moue.cli import output
from moue.cli.options import ALL, CommonOptions, common
from moue.dataset.clean import CleanSettings
from moue.dataset.clean import clean as clean_stage
from moue.dataset.convert import ConvertSettings
from moue.dataset.convert import convert as convert_stage
from moue.dataset.crop import CropSettings
from moue.dataset.crop import crop as crop_stage
from moue.dataset.dedupe import DedupeSettings
from moue.dataset.split import SplitSettings
from moue.errors import ConfigError
from moue.face.backends import FaceSettings
from moue.files import absolute
from moue.workspace.workspace_settings import WorkspaceSettings


@click.command()
@click.option(
    "--store", metavar="FOLDER|URL",
    help="Place of the pictures of the workspace: a folder, or an object store, such as "
    "s3://BUCKET/project. The catalog, runs and reports stay in the workspace.",
)  # fmt: skip
@click.option(
    "--allow-network-disk", is_flag=True,
    help="Allow a workspace on a network disk, where SQLite may damage the catalog if several "
    "machines use it.",
)  # fmt: skip
@common(shared=["workspace"])
def init(call: CommonOptions, store: str | None, allow_network_disk: bool) -> None:
    """Create a workspace.

    moue creates the folder, an empty catalog, and a moue.toml file that explains every setting.

    Example: moue init --workspace project
    """
    values: dict[str, str | bool] = {}
    if store is not None:
        if not store.strip():
            raise click.BadParameter(
                "the store is empty; write a folder, or an object store such as s3://BUCKET/FOLDER",
                param_hint="--store",
            )
        values["store"] = store if "://" in store else str(absolute(Path(store)))
    if allow_network_disk:
        values["allow_network_disk"] = True
    call = _with_values(call, values)
    call.create(values)
    with call.workspace.locked("init"):  # claims the store
        pass
    output.line(
        f"{call.workspace.root}: the workspace is ready; edit its settings in "
        f"{call.workspace.settings.name}"
    )


def _with_values(call: CommonOptions, values: Mapping[str, Any]) -> CommonOptions:
    """Return the options with settings of the section `[workspace]` from the command line."""
    settings, file = call.config.get(WorkspaceSettings), call.workspace.settings
    for name, value in values.items():
        if file.exists() and getattr(settings, name) != value:
            text = json.dumps(value, ensure_ascii=False)
            raise ConfigError(f"{file} exists; write {name} = {text} under [workspace] in it")
    config = call.config.with_flags(WorkspaceSettings, values)
    workspace = call.workspace.with_settings(config.get(WorkspaceSettings))
    return replace(call, config=config, workspace=workspace)


@click.command()
@common(ConvertSettings, keeps=True, shared=ALL)
def convert(call: CommonOptions) -> None:
    """Convert the pictures to upright sRGB JPEGs.

    moue drops pictures that cannot be read, and records a drop reason. It never changes originals.

    Example: moue convert --quality 92
    """
    call.run(convert_stage)


@click.command()
@common(CleanSettings, FaceSettings, keeps=True, shared=ALL)
def clean(call: CommonOptions) -> None:
    """Detect faces and drop pictures of low quality.

    moue drops pictures without a face, and pictures whose main face is too small, blurred, too dark
    or too bright. It writes contact sheets of the kept and the dropped pictures to reports/clean.

    Example: moue clean --min-main-face 60 --dry-run
    """
    call.run(clean_stage)


@click.command()
@common(DedupeSettings, keeps=True)
def dedupe(call: CommonOptions) -> None:
    """Drop duplicates and near-duplicates.

    moue keeps the best picture of each cluster of near-duplicates. Near-duplicates include copies
    that are mirrored, cropped, rotated, brighter or darker. `moue split` puts all pictures of
    a cluster in the same split. moue writes contact sheets to reports/dedupe.

    Example: moue dedupe --radius 8
    """
    call.run(pipeline.run_dedupe)


@click.command()
@common(CropSettings, FaceSettings, keeps=True, shared=ALL)
def crop(call: CommonOptions) -> None:
    """Crop the mouth of every face.

    A mouth crop is a square around the lips, rotated to compensate for the roll of the head. moue
    writes the crops to mouths/.

    Example: moue crop --annotate
    """
    call.run(crop_stage)


@click.command()
@common(SplitSettings, keeps=True)
def split(call: CommonOptions) -> None:
    """Split the labelled mouths into train, val and test.

    Near-duplicates, frames of one video, and pictures of one subject or one web page stay in one
    split. Pictures that already have a split stay in it. moue writes the data set to dataset/.

    With --predefined, the folder of a picture sets its split: train or training; val, valid,
    validation or dev; test or testing. moue reports the groups that are then spread over
    several splits. To use a predefined split in `moue run`, set `predefined = true` under [split]
    in moue.toml.

    Example: moue split --ratio 9:1
    """
    call.config.get(SplitSettings).fractions()  # report a bad ratio before any work
    call.run(pipeline.run_split)
