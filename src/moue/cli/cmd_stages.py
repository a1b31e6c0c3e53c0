"""The commands `init`, `convert`, `clean`, `dedupe`, `crop` and `split`."""

from __future__ import annotations

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
from moue.face.backends import FaceSettings


@click.command()
@common(shared=["workspace"])
def init(call: CommonOptions) -> None:
    """Create a workspace.

    The folder gets a catalog and a moue.toml that explains every setting.

    Example: moue init --workspace project
    """
    call.create()
    output.line(f"{call.workspace.root}: ready; settings are in {call.workspace.settings.name}")


@click.command()
@common(ConvertSettings, keeps=True, shared=ALL)
def convert(call: CommonOptions) -> None:
    """Convert the pictures to upright sRGB JPEGs.

    Pictures that cannot be read are dropped with a reason. Originals are not changed.

    Example: moue convert --quality 92
    """
    call.run(convert_stage)


@click.command()
@common(CleanSettings, FaceSettings, keeps=True, shared=ALL)
def clean(call: CommonOptions) -> None:
    """Detect faces and drop pictures of low quality.

    Pictures without a face, or whose main face is small, blurred or badly lit, are dropped.
    Contact sheets of the kept and the dropped pictures are in reports/clean.

    Example: moue clean --min-main-face 60 --dry-run
    """
    call.run(clean_stage)


@click.command()
@common(DedupeSettings, keeps=True)
def dedupe(call: CommonOptions) -> None:
    """Drop duplicates and near-duplicates.

    The best picture of each cluster stays. Mirrored, cropped, rotated and relit copies count as
    near-duplicates. Related pictures stay in one split. Contact sheets are in reports/dedupe.

    Example: moue dedupe --radius 8
    """
    call.run(pipeline.run_dedupe)


@click.command()
@common(CropSettings, FaceSettings, keeps=True, shared=ALL)
def crop(call: CommonOptions) -> None:
    """Crop the mouth of every face.

    A mouth crop is a square around the lips, aligned to the roll of the head, in mouths/.

    Example: moue crop --annotate
    """
    call.run(crop_stage)


@click.command()
@common(SplitSettings, keeps=True)
def split(call: CommonOptions) -> None:
    """Split the labelled mouths into train, val and test.

    Near-duplicates, frames of one video, and pictures of one person or one web page stay in one
    split. Pictures that have a split keep it. The split is written to dataset/.

    With --predefined, pictures stay in the split of their folder: train or training; val, valid,
    validation or dev; test or testing. moue reports the groups that this divides. To use it in
    `moue run`, set `predefined = true` under [split] in moue.toml.

    Example: moue split --ratio 9:1
    """
    call.config.get(SplitSettings).fractions()  # a bad ratio is an error before any work
    call.run(pipeline.run_split)
