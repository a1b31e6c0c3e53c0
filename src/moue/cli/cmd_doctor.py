"""The command `doctor`."""

from __future__ import annotations

import click

from moue.cli import output
from moue.cli.cmd_collect import ENGINE_URLS
from moue.cli.console import padded
from moue.cli.options import CommonOptions, common
from moue.dataset.collect.http.http_settings import WebSettings
from moue.doctor import ask_engines, examine
from moue.i18n.translate import translate


@click.command()
@click.option(
    "--engines",
    is_flag=True,
    help="Test each search engine with one query, and list the engines that work.",
)
@ENGINE_URLS
@common()
def doctor(call: CommonOptions, engines: bool, base_urls: dict[str, str]) -> None:
    """List the installed and the missing components.

    For each missing component, moue prints the command that installs it. With --engines, moue
    instead tests the search engines: it sends one query to each of them.

    Example: moue doctor --json
    """
    checks = ask_engines(call.config.get(WebSettings), base_urls) if engines else examine()
    if call.json:
        output.data([check.to_dict() for check in checks])
        return
    for check in checks:
        mark = "ok " if check.ok else "!! " if check.warning else "-- "
        output.line(f"{mark}{padded(translate(check.name), 24)} {translate(check.text)}")
