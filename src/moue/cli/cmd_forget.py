"""The command `forget`."""

from __future__ import annotations

import click

from moue.cli import output
from moue.cli.console import print_summary
from moue.cli.options import CommonOptions, common
from moue.dataset import forget_selection as select
from moue.dataset.forget import forget as forget_stage
from moue.dataset.forget import redraw_commands, sheets_and_reports
from moue.text import first_names
from moue.workspace.catalog import Catalog
from moue.workspace.workspace import Workspace


@click.command()
@click.argument("files", nargs=-1)
@click.option(
    "--source",
    multiple=True,
    help="Forget everything from this engine, query, list, host, video or folder.",
)
@click.option(
    "--url", multiple=True, help="Forget the picture of this URL, or the pictures of this page."
)
@click.option("--sha256", multiple=True, help="Forget the picture with this SHA-256 of its bytes.")
@click.option("--why", default="on request", show_default=True, help="Reason to record.")
@click.option("--dry-run", is_flag=True, help="Report what would be forgotten, and change nothing.")
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
@common(shared=["workspace", "json"])
def forget(
    call: CommonOptions,
    files: tuple[str, ...],
    source: tuple[str, ...],
    url: tuple[str, ...],
    sha256: tuple[str, ...],
    why: str,
    dry_run: bool,
    yes: bool,
) -> None:
    """Delete pictures for good, and never collect them again.

    This deletes the downloaded, converted and cropped files, the entries of the data set and all
    data in the catalog. Files outside the workspace stay. Runs trained on the pictures are
    marked. Only a record of the deletion remains.

    FILES are as in `moue drop`. A mouth crop stands for its picture, a video for its frames.

    \b
    Example:
        moue forget photos/anna.jpg --dry-run
        moue forget --url https://example.org/anna.jpg --why "she asked"
    """  # noqa: D301 - click's \b is the character
    if not (files or source or url or sha256):
        raise click.UsageError(
            "name FILES, a --source, a --url or a --sha256; `moue info --sources` lists the sources"
        )
    with call.context() as context:
        catalog = context.catalog
        parts = [select.select_by_sha256(catalog, sha256), select.select_by_url(catalog, url)]
        for one in source:
            found = select.select_by_source(catalog, one)
            parts.append(found)
            if not (found.samples or found.origins):
                output.line(f"note: {one}: {select.NO_SOURCE}", err=True)
        parts += [select.select_by_file(context.workspace, catalog, one) for one in files]
        chosen = _joined(parts)
        if dry_run or not yes:
            _preview(context.workspace, catalog, chosen)
        if dry_run:
            return
        if not yes:
            click.confirm("Forget them? This cannot be undone.", abort=True, err=True)
        summary = forget_stage(context, chosen, why)
    print_summary(summary, call.json)


def _preview(workspace: Workspace, catalog: Catalog, chosen: select.ForgetSelection) -> None:
    """Print what would be deleted, with the contact sheets and reports."""
    for sample in chosen.samples[:10]:
        output.line(f"{sample.name}: {sample.source}", err=True)
    output.line(f"{len(chosen.samples):,} pictures and all files made from them", err=True)
    sheets = sheets_and_reports(workspace, catalog) if chosen.samples else []
    if not sheets:
        return
    output.line(f"{len(sheets):,} contact sheets and reports that may show them:", err=True)
    names = [sheet.relative_to(workspace.root).as_posix() for sheet in sheets]
    output.line(f"  {first_names(names)}", err=True)
    commands = redraw_commands(workspace, sheets)
    if commands:
        output.line(f"these commands write them again: {', '.join(commands)}", err=True)


def _joined(parts: list[select.ForgetSelection]) -> select.ForgetSelection:
    samples = {sample.name: sample for part in parts for sample in part.samples}
    return select.ForgetSelection(
        samples=list(samples.values()),
        origins=[o for part in parts for o in part.origins if o.sample not in samples],
        urls=[u for part in parts for u in part.urls],
        sha256=[s for part in parts for s in part.sha256],
    )
