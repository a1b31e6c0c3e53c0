"""The command `doctor`."""

from __future__ import annotations

from pathlib import Path

import click

from moue.cli import output
from moue.cli.cmd_collect import ENGINE_URLS
from moue.cli.console import padded
from moue.cli.options import BASIC, PATH, CommonOptions, common
from moue.cluster.address import parse
from moue.dataset.collect.http.http_settings import WebSettings
from moue.doctor import examine, examine_cluster, examine_engines, examine_recording
from moue.i18n.translate import translate
from moue.workspace.workspace_settings import WorkspaceSettings


@click.command()
@click.option(
    "--engines",
    is_flag=True,
    help="Test each search engine with one query, and list the engines that work.",
)
@click.option(
    "--save",
    type=PATH,
    metavar="FOLDER",
    help="With --engines, save the responses in a new folder, for a bug report.",
)
@click.option(
    "--replay", type=PATH, metavar="FOLDER",
    help="Test the parsers with the responses that --save wrote to a folder; sends no requests.",
)  # fmt: skip
@ENGINE_URLS
@common(shared=(*BASIC, "on"))
def doctor(
    call: CommonOptions,
    engines: bool,
    save: Path | None,
    replay: Path | None,
    base_urls: dict[str, str],
) -> None:
    """List the installed and the missing components.

    For each missing component, moue prints the command that installs it. With --engines, moue
    instead tests the search engines: it sends one query to each of them. --save saves their
    responses, without cookies, keys, IP addresses and contact address, and --replay tests the
    parsers with saved responses. With --on ray, moue instead lists the nodes of the cluster, and
    the problems of each node.

    Example: moue doctor --json

    Example: moue doctor --engines --save engine-report
    """
    if save is not None and not engines:
        raise click.UsageError("--save needs --engines")
    if replay is not None and (engines or base_urls):
        raise click.UsageError("--replay sends no requests; remove --engines and --engine-url")
    address = parse(call.config.get(WorkspaceSettings).on)
    if replay is not None:
        checks = examine_recording(replay, call.config.get(WebSettings))
    elif engines:
        checks = examine_engines(call.config.get(WebSettings), base_urls, save)
    else:
        checks = examine() if address is None else examine_cluster(address, call.workspace)
    if save is not None:
        text = f"responses saved in {save}; read the files before you attach them to a bug report"
        output.line(text, err=True)
    if call.json:
        output.data([check.to_dict() for check in checks])
        return
    for check in checks:
        mark = "ok " if check.ok else "!! " if check.warning else "-- "
        output.line(f"{mark}{padded(translate(check.name), 24)} {translate(check.text)}")
