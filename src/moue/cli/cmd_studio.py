"""The command `studio`."""

from __future__ import annotations

from pathlib import Path

import click

from moue.cli import output
from moue.cli.browser import BrowserWindow
from moue.cli.options import PATH, CommonOptions, common
from moue.errors import MissingExtra


@click.command()
@click.option(
    "--port", type=click.IntRange(1, 65535), metavar="INTEGER",
    help="Port of the page on this machine.  [default: 8765, or a free port if it is in use]",
)  # fmt: skip
@click.option("--no-browser", is_flag=True, help="Print the link without opening a browser.")
@click.option(
    "--allow", "allowed", type=PATH, multiple=True, metavar="FOLDER",
    help="Folder from which the page may import pictures, in addition to the home folder and the "
    "parent folder of the workspace. May be repeated.",
)  # fmt: skip
@common(shared=["workspace"])
def studio(
    call: CommonOptions, port: int | None, no_browser: bool, allowed: tuple[Path, ...]
) -> None:
    """Open the studio: view, label and train in the browser.

    moue serves a page on this machine until Ctrl-C. Other machines cannot reach it. The printed
    link opens the page once, in one browser; run the command again for another link. It requires
    the extra `studio`.

    Example: moue studio --workspace project
    """
    try:
        from moue.studio.server import serve
    except ImportError as error:
        raise MissingExtra("the studio", "studio") from error
    call.create()
    window = BrowserWindow(not no_browser)

    def opened(link: str) -> None:
        output.line(f"moue studio: {link}")
        output.line("press Ctrl-C to end it; commands that it started continue")
        window.open(link)

    def joined(link: str) -> None:
        output.line(f"moue studio: {link}")
        output.line("another studio of this workspace is already running; this link opens it")
        window.open(link)

    for command in serve(call.workspace, port, opened, joined, allowed):
        output.line(f"`moue {command}` is still running; `moue studio` shows it again")
    window.wait()
