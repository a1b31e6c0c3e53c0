"""Where pictures came from, and forgetting them on request."""

from __future__ import annotations

from collections import Counter

import click

from moue.cli import output
from moue.cli.console import print_summary
from moue.cli.options import CommonOptions, common
from moue.dataset.forget import (
    ForgetSelection,
    redraw_commands,
    select_by_file,
    select_by_sha256,
    select_by_source,
    select_by_url,
    sheets_and_reports,
)
from moue.dataset.forget import forget as forget_stage
from moue.dataset.provenance_summary import sample_history, samples_with_origins, summarize_sources
from moue.workspace.catalog import Catalog
from moue.workspace.provenance import Origin
from moue.workspace.workspace import Workspace


def list_sources(call: CommonOptions, catalog: Catalog) -> None:
    """Print every source with its pictures; with --json, a line for every picture."""
    if call.json:
        for sample, came in samples_with_origins(catalog):
            output.data(sample_history(catalog, sample, came))
        return
    for source in summarize_sources(catalog):
        output.line(f"{source.name}: {source.pictures:,} pictures, {source.in_use:,} in use")
        output.line(f"  licences: {_counted(source.licences)}")
        if source.labels:
            output.line(f"  expected to show (a hint, no label): {_counted(source.labels)}")


def describe_origin(origin: Origin) -> None:
    """Print how a picture was found."""
    output.line(f"  found by {origin.engine} for {origin.query!r} at {origin.at}")
    output.line(f"    {origin.url}")
    facts = {
        "page": origin.page, "title": origin.title, "by": origin.author,
        "licence": " ".join(filter(None, (origin.licence, origin.licence_url))) or "not stated",
        "sent as": origin.type, "expected to show": origin.label,
    }  # fmt: skip
    output.line("    " + "; ".join(f"{name}: {text}" for name, text in facts.items() if text))


@click.command()
@click.argument("files", nargs=-1)
@click.option("--source", multiple=True, help="An engine, query, list, host, video or folder.")
@click.option("--url", multiple=True, help="Of a picture, or of a page that shows it.")
@click.option("--sha256", multiple=True, help="Of the bytes of a picture.")
@click.option("--why", default="on request", show_default=True, help="Kept with the record.")
@click.option("--dry-run", is_flag=True, help="Only say what would be forgotten.")
@click.option("--yes", is_flag=True, help="Do not ask.")
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
    """Remove pictures and all made from them, and never take them again.

    This is the one command that deletes: what moue fetched, converted and cut, the entries of
    the data set, and all the catalog knew. Originals taken by reference stay. Runs that learnt
    from them are marked. What remains is a record that it was done.

    FILES are as in `moue drop`: paths, names, or the beginning of a name. A mouth crop stands for
    its picture, a video for its frames.

    \b
    Example:
        moue forget photos/anna.jpg --dry-run
        moue forget --url https://example.org/anna.jpg --why "she asked"
    """  # noqa: D301 - click's \b is the character
    if not (files or source or url or sha256):
        raise click.UsageError(
            "name FILES, a --source, --url or --sha256; `moue info --sources` lists sources"
        )
    with call.job() as job:
        parts = [select_by_sha256(job.catalog, sha256), select_by_url(job.catalog, url)]
        parts += [select_by_source(job.catalog, one) for one in source]
        parts += [select_by_file(job.workspace, job.catalog, one) for one in files]
        chosen = _joined(parts)
        if dry_run or not yes:
            _preview(job.workspace, job.catalog, chosen)
        if dry_run:
            return
        if not yes:
            click.confirm("Forget them? This cannot be undone.", abort=True, err=True)
        summary = forget_stage(job.workspace, job.catalog, chosen, why, job.progress)
    print_summary(summary, call.json)


def _preview(workspace: Workspace, catalog: Catalog, chosen: ForgetSelection) -> None:
    """Say what would be removed, with the sheets and reports that go too."""
    for sample in chosen.samples[:10]:
        output.line(f"{sample.name}: {sample.source}", err=True)
    output.line(f"{len(chosen.samples):,} pictures and all that was made from them", err=True)
    sheets = sheets_and_reports(workspace, catalog) if chosen.samples else []
    if not sheets:
        return
    output.line(f"{len(sheets):,} contact sheets and reports that may show them:", err=True)
    for sheet in sheets[:10]:
        output.line(f"  {sheet.relative_to(workspace.root).as_posix()}", err=True)
    if len(sheets) > 10:
        output.line(f"  and {len(sheets) - 10:,} more", err=True)
    commands = redraw_commands(workspace, sheets)
    if commands:
        output.line(f"afterwards these commands make them again: {', '.join(commands)}", err=True)


def _joined(parts: list[ForgetSelection]) -> ForgetSelection:
    samples = {sample.name: sample for part in parts for sample in part.samples}
    return ForgetSelection(
        samples=list(samples.values()),
        origins=[o for part in parts for o in part.origins if o.sample not in samples],
        urls=[u for part in parts for u in part.urls],
        sha256=[s for part in parts for s in part.sha256],
    )


def _counted(counts: Counter[str]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in counts.most_common())
