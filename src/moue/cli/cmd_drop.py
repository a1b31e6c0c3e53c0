"""The commands `drop` and `restore`."""

from __future__ import annotations

import click

from moue.cli import output
from moue.cli.options import CommonOptions, common
from moue.workspace.catalog import Catalog
from moue.workspace.drop_reasons import DROP_REASONS
from moue.workspace.stages import set_dropped, set_mouth_dropped
from moue.workspace.types import USER, Mouth, Sample


@click.command()
@click.argument("files", nargs=-1, required=True)
@common(shared=["workspace"])
def drop(call: CommonOptions, files: tuple[str, ...]) -> None:
    """Drop pictures or mouth crops by hand.

    Later commands do not use dropped pictures and crops. moue deletes no file. FILES are paths of
    originals, converted pictures or crops, or names from the contact sheets. A unique prefix of a
    name, or of the hexadecimal digits at its end, is enough.

    Example: moue drop mouths/anna-1f2e3d4c5b6a_mouth.png
    """
    with call.context() as context:
        found = [context.workspace.find(context.catalog, file) for file in files]
        with context.catalog.transaction():
            done = sum(_set(context.catalog, one, "by_hand", "moue drop") for one in found)
    output.line(f"dropped pictures and crops: {done}; undo this with `moue restore`")


@click.command()
@click.argument("files", nargs=-1)
@click.option(
    "--reason",
    type=click.Choice(list(DROP_REASONS)),
    help="Restore all pictures and mouth crops that were dropped for this reason.",
)
@common(shared=["workspace"])
def restore(call: CommonOptions, files: tuple[str, ...], reason: str | None) -> None:
    """Restore dropped pictures and mouth crops.

    Later commands do not drop a restored picture or crop again, except `moue drop`. FILES are paths
    of originals, converted pictures or crops, or names from the contact sheets. A unique prefix of
    a name is enough.

    Example: moue restore --reason blurry
    """
    if bool(files) == (reason is not None):
        raise click.UsageError("give FILES or a --reason")
    with call.context() as context:
        found = [context.workspace.find(context.catalog, file) for file in files]
        if reason is not None:
            found += [(s, None) for s in context.catalog.samples(dropped=reason)]
            found += [(None, m) for m in context.catalog.mouths(dropped=reason)]
        with context.catalog.transaction():
            done = sum(_set(context.catalog, one, None, "moue restore") for one in found)
    output.line(f"restored pictures and crops: {done}; process them with `moue run`")


def _set(
    catalog: Catalog, found: tuple[Sample | None, Mouth | None], reason: str | None, why: str
) -> bool:
    sample, mouth = found
    if sample is not None:
        return sample.dropped != reason and set_dropped(catalog, sample, reason, USER, why)
    return mouth is not None and set_mouth_dropped(catalog, mouth, reason, why)
