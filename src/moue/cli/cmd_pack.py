"""The commands `pack` and `unpack`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from moue import __version__
from moue.cli import output
from moue.cli.console import ConsoleProgress
from moue.cli.options import OVERWRITE, PATH, CommonOptions, common
from moue.workspace.pack import PackCounts
from moue.workspace.pack import pack as pack_workspace
from moue.workspace.unpack import unpack as unpack_workspace


@click.command()
@click.argument("file", type=PATH)
@click.option(
    "--without-originals", is_flag=True,
    help="Leave out the originals that lie outside the workspace.",
)  # fmt: skip
@OVERWRITE
@common(shared=["workspace", "json"])
def pack(call: CommonOptions, file: Path, without_originals: bool, overwrite: bool) -> None:
    """Write a whole workspace to one file.

    FILE contains all pictures, labels, settings, runs and reports, and a copy of the originals that
    lie outside the workspace. No other moue command can change the workspace meanwhile. `moue
    unpack` extracts FILE at another place or on another computer, and verifies every file.

    Example: moue pack project.moue -w project
    """
    progress = ConsoleProgress(beside_results=True)
    workspace = call.workspace
    with (
        workspace.locked("pack") as (catalog, _),
        workspace.training("pack"),
        progress.shown(),
    ):
        counts = pack_workspace(
            workspace, catalog, file, progress, version=__version__,
            originals=not without_originals, overwrite=overwrite,
        )  # fmt: skip
    if call.json:
        output.data({
            "file": str(file), "files": counts.files, "bytes": counts.size,
            "originals": counts.originals, "missing": counts.missing.count,
            "changed": counts.changed.count, "left_out": counts.left_out.count,
        })  # fmt: skip
        return
    output.line(
        f"{file}: {counts.files:,} files, {counts.size / 1e6:,.1f} MB, with {counts.originals:,} "
        "originals from outside the workspace"
    )
    for note in _notes(counts):
        output.line(f"note: {note}")


@click.command()
@click.argument("file", type=PATH)
@click.argument("folder", type=PATH, required=False)
@click.option("--check", is_flag=True, help="Verify FILE, and write nothing.")
@common(shared=["json"])
def unpack(call: CommonOptions, file: Path, folder: Path | None, check: bool) -> None:
    """Extract a packed workspace, and verify it.

    moue compares the SHA-256 of every file with the list in FILE, and checks the catalog. It
    creates FOLDER only if there is no error, and never changes a folder that contains files.

    Example: moue unpack project.moue project
    """
    if check == (folder is not None):
        raise click.UsageError("name the new FOLDER, or add --check to verify the file only")
    progress = ConsoleProgress(beside_results=True)
    with progress.shown():
        counts = unpack_workspace(file, folder, progress)
    if call.json:
        output.data({"files": counts.files, "bytes": counts.size})
    elif folder is None:
        output.line(f"{file}: {counts.files:,} files, {counts.size / 1e6:,.1f} MB; all are intact")
    else:
        output.line(
            f"{folder}: {counts.files:,} files, {counts.size / 1e6:,.1f} MB; all are intact"
        )


def _notes(counts: PackCounts) -> Iterator[str]:
    if (one := counts.missing).count:
        yield (
            f"{one.count:,} originals do not exist any more and are not in the pack, such as "
            f"{one.first[0]}"
        )
    if (one := counts.changed).count:
        yield (
            f"{one.count:,} originals have changed since they were collected, such as "
            f"{one.first[0]}"
        )
    if (one := counts.left_out).count:
        yield f"{one.count:,} links and special files were left out, such as {one.first[0]}"
