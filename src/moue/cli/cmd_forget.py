"""The command `forget`."""

from __future__ import annotations

import click

from moue.cli import output
from moue.cli.console import print_summary
from moue.cli.options import CommonOptions, common
from moue.dataset import forget_selection as select
from moue.dataset.forget import forget as forget_stage
from moue.dataset.forget import redraw_commands, sheets_and_reports
from moue.i18n.translate import translate
from moue.text import first_names
from moue.workspace.catalog import Catalog
from moue.workspace.workspace import Workspace


@click.command()
@click.argument("files", nargs=-1)
@click.option(
    "--source",
    multiple=True,
    help="Delete the pictures from this engine, query, URL list, host, video or folder. May be "
    "repeated.",
)
@click.option(
    "--url",
    multiple=True,
    help="Delete the picture collected from this URL, or all pictures of the web page at this URL. "
    "May be repeated.",
)
@click.option(
    "--sha256",
    multiple=True,
    help="Delete the picture whose original file has this SHA-256. May be repeated.",
)
@click.option(
    "--why",
    default="on request",
    show_default=True,
    help="Reason to record for the deletion.",
)
@click.option(
    "--dry-run",
    is_flag=True,
    help="List the pictures that would be deleted, without deleting them.",
)
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
    """Delete pictures, and never collect them again.

    moue deletes the downloaded, converted and cropped files, the entries in the data set, and all
    data in the catalog except a record of the deletion. It does not delete files outside the
    workspace. It marks the runs that were trained on the pictures.

    FILES are paths of originals, converted pictures or crops, or names from the contact sheets. A
    unique prefix of a name is enough. A crop selects its picture, and a video selects all its
    frames.

    \b
    Example:
        moue forget photos/anna.jpg --dry-run
        moue forget --url https://example.org/anna.jpg --why "she asked"
    """  # noqa: D301 - click's \b is the character
    if not (files or source or url or sha256):
        raise click.UsageError(
            "give FILES, a --source, a --url or a --sha256; `moue info --sources` lists the sources"
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
            click.confirm(
                translate("Delete these pictures? This cannot be undone."), abort=True, err=True
            )
        summary = forget_stage(context, chosen, why)
    print_summary(summary, call.json)


def _preview(workspace: Workspace, catalog: Catalog, chosen: select.ForgetSelection) -> None:
    """Print the pictures, contact sheets and reports that a call of `moue forget` deletes."""
    for sample in chosen.samples[:10]:
        output.line(f"{sample.name}: {sample.source}", err=True)
    output.line(
        f"pictures to delete, with all files made from them: {len(chosen.samples):,}", err=True
    )
    sheets = sheets_and_reports(workspace, catalog) if chosen.samples else []
    if not sheets:
        return
    output.line(
        f"contact sheets and reports to delete, which may show the pictures: {len(sheets):,}",
        err=True,
    )
    names = [sheet.relative_to(workspace.root).as_posix() for sheet in sheets]
    output.line(f"  {first_names(names)}", err=True)
    commands = redraw_commands(workspace, sheets)
    if commands:
        output.line(
            f"to write the contact sheets and reports again: {', '.join(commands)}", err=True
        )


def _joined(parts: list[select.ForgetSelection]) -> select.ForgetSelection:
    samples = {sample.name: sample for part in parts for sample in part.samples}
    return select.ForgetSelection(
        samples=list(samples.values()),
        origins=[o for part in parts for o in part.origins if o.sample not in samples],
        urls=[u for part in parts for u in part.urls],
        sha256=[s for part in parts for s in part.sha256],
    )
