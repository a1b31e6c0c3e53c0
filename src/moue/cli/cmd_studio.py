"""The command `studio`."""

from __future__ import annotations

import webbrowser

import click

from moue.cli import output
from moue.cli.options import CommonOptions, common
from moue.errors import MissingExtra


@click.command()
@click.option(
    "--port", type=click.IntRange(1, 65535), metavar="INTEGER",
    help="Port of the page on this machine.  [default: 8765, or a free port if it is in use]",
)  # fmt: skip
@click.option("--no-browser", is_flag=True, help="Print the link without opening a browser.")
@common(shared=["workspace"])
def studio(call: CommonOptions, port: int | None, no_browser: bool) -> None:
    """See, sort, label, train and try in the browser.

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

    def opened(link: str) -> None:
        output.line(f"moue studio: {link}")
        output.line("Press Ctrl-C to end the studio. Running stages and trainings go on.")
        if not no_browser:
            webbrowser.open(link)

    try:
        serve(call.workspace, port, opened)
    except KeyboardInterrupt:
        output.line("the studio has ended")
