"""The command `doctor`."""

from __future__ import annotations

import click

from moue.cli import output
from moue.cli.cmd_collect import ENGINE_URLS
from moue.cli.console import padded
from moue.cli.options import BASIC, CommonOptions, common
from moue.cluster.address import parse
from moue.dataset.collect.http.http_settings import WebSettings
from moue.doctor import ask_engines, examine, examine_cluster
from moue.i18n.translate import translate
from moue.workspace.workspace_settings import WorkspaceSettings


@click.command()
@click.option(
    "--engines",
    is_flag=True,
    help="Test each search engine with one query, and list the engines that work.",
)
@ENGINE_URLS
@common(shared=(*BASIC, "on"))
def doctor(call: CommonOptions, engines: bool, base_urls: dict[str, str]) -> None:
    """List the installed and the missing components.

    For each missing component, moue prints the command that installs it. With --engines, moue
    instead tests the search engines: it sends one query to each of them. With --on ray, moue
    instead lists the nodes of the cluster, and what keeps a node from working.

    Example: moue doctor --json
    """
    address = parse(call.config.get(WorkspaceSettings).on)
    if engines:
        checks = ask_engines(call.config.get(WebSettings), base_urls)
    else:
        checks = examine() if address is None else examine_cluster(address, call.workspace)
    if call.json:
        output.data([check.to_dict() for check in checks])
        return
    for check in checks:
        mark = "ok " if check.ok else "!! " if check.warning else "-- "
        output.line(f"{mark}{padded(translate(check.name), 24)} {translate(check.text)}")
