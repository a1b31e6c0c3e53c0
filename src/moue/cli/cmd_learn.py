"""The command `learn`."""

from __future__ import annotations

import sys
import webbrowser
from pathlib import Path

import click

from moue.cli import output
from moue.cli.browser import BrowserWindow
from moue.cli.next_steps import near
from moue.cli.options import OVERWRITE, PATH, CommonOptions, common, ending
from moue.errors import CatalogError, MissingExtra
from moue.files import make_folder, ready_to_write, write_bytes, write_text
from moue.i18n import language
from moue.learn import course
from moue.learn.blocks import Language
from moue.learn.faults import FAULTS, show_fault
from moue.learn.source import Source
from moue.media.image import encode_jpeg, encode_png
from moue.workspace.workspace import Workspace


@click.command()
@click.argument("chapter", required=False)
@click.option("--text", "as_text", is_flag=True, help="Print the main points of the chapter.")
@click.option("--no-browser", is_flag=True, help="Print the link without opening a browser.")
@click.option(
    "--port", type=click.IntRange(1, 65535), metavar="INTEGER",
    help="Port of the page on this machine.  [default: 8765, or a free port if it is in use]",
)  # fmt: skip
@click.option(
    "--fault", type=click.Choice(tuple(FAULTS)),
    help="Reproduce a fault of the tutorial on copies of pictures, and print what happens.",
)  # fmt: skip
@click.option(
    "--picture", type=PATH, callback=ending(".svg", ".png", ".jpg", ".jpeg"),
    help="Output file for the picture of CHAPTER (.svg), or of --fault (.png, .jpg).",
)  # fmt: skip
@OVERWRITE
@common(shared=["workspace"])
def learn(
    call: CommonOptions,
    chapter: str | None,
    as_text: bool,
    no_browser: bool,
    port: int | None,
    fault: str | None,
    picture: Path | None,
    overwrite: bool,
) -> None:
    """Open the course in the browser, on your own pictures.

    The course explains every step of the project, from the raw photo to the live camera. Its
    figures show the pictures, mouths and runs of the workspace. Without a workspace they show
    the bundled pictures. CHAPTER is a chapter such as `loss`, or its number.

    moue serves the pages on this machine until Ctrl-C; other machines cannot reach them. This
    requires the extra `studio`. With --text, or if stdout is not a terminal, or if the machine has
    no browser, the command prints the main points of the chapter instead. It writes the picture of
    the chapter to --picture, to reports/ in the workspace, or to the current folder without a
    workspace.

    --fault reproduces one of five faults of the tutorial. moue works on copies in a temporary
    folder, so your pictures do not change.

    Example: moue learn loss

    Example: moue learn --fault first-face --picture first-face.png
    """
    workspace = _workspace(call)
    if fault is not None:
        _show_fault(workspace, fault, picture, overwrite)
        return
    name = course.find(chapter) if chapter else ""
    if picture is not None and (not name or picture.suffix.lower() != ".svg"):
        raise click.UsageError("--picture needs CHAPTER and a .svg file, or --fault")
    if as_text or picture is not None or not (no_browser or _has_window()):
        for line in course_text(name, _language()):
            output.line(line)
        if name:
            _write_picture(workspace, name, picture, overwrite)
        return
    _serve(workspace, f"learn/{name}", port, no_browser)


def _language() -> Language:
    return "zh" if language.current() == "zh" else "en"


def course_text(name: str, language: Language) -> list[str]:
    """Return the core of a chapter as lines of text, or the table of contents without a name."""
    from moue.learn.page_text import chapter_text, contents_text

    return chapter_text(course.chapter(name, language)) if name else contents_text(language)


def _write_picture(
    workspace: Workspace | None, name: str, target: Path | None, overwrite: bool
) -> None:
    """Write the picture of a chapter and print its path."""
    from moue.learn.answers import Answers
    from moue.learn.pictures import picture

    if target is not None:
        ready_to_write(target, overwrite)
    chapter = course.chapter(name, _language())
    svg = picture(chapter.slug, chapter.title, Answers(workspace), chapter.language)
    if target is None and workspace is not None:
        target = workspace.reports / f"learn-{chapter.slug}.svg"
        make_folder(target.parent)
        overwrite = True  # moue writes all files of this folder
    target = target or Path(f"moue-{chapter.slug}.svg")
    if target.exists() and not overwrite:
        if target.read_text(encoding="utf-8", errors="replace") != svg:
            output.line(f"{target}: already exists; add --overwrite to replace it", err=True)
            return
    else:
        write_text(target, svg)
    output.line(f"picture: {near(target)}")


def _show_fault(
    workspace: Workspace | None, name: str, target: Path | None, overwrite: bool
) -> None:
    if target is not None:
        if target.suffix.lower() == ".svg":
            raise click.UsageError("--picture of --fault is a .png or .jpg file")
        ready_to_write(target, overwrite)
    source = Source.bundled() if workspace is None else Source.of(workspace)
    fault = show_fault(name, source)
    for line in fault.lines(_language()):
        output.line(line)
    if target is None:
        return
    if fault.picture is None:
        output.line(f"the fault {name} has no picture, so {target} was not written", err=True)
        return
    encode = encode_png if target.suffix.lower() == ".png" else encode_jpeg
    write_bytes(target, encode(fault.picture), overwrite)
    output.line(f"picture: {near(target)}")


def _has_window() -> bool:
    """Return whether stdout is a terminal and the machine has a browser."""
    if not sys.stdout.isatty():
        return False
    try:
        webbrowser.get()
    except webbrowser.Error:
        return False
    return True


def _serve(workspace: Workspace | None, page: str, port: int | None, no_browser: bool) -> None:
    try:
        from moue.studio.server import serve, serve_course
    except ImportError as error:
        raise MissingExtra("the course in the browser", "studio") from error
    window = BrowserWindow(not no_browser)

    def show(link: str, note: str) -> None:
        link += "&lang=zh" if _language() == "zh" else ""  # else that of the browser
        output.line(f"moue learn: {link}")
        output.line(note)
        window.open(link)

    def opened(link: str) -> None:
        show(link, "press Ctrl-C to end it")

    def joined(link: str) -> None:
        show(link, "another studio of this workspace is already running; this link opens it")

    if workspace is not None:
        for command in serve(workspace, port, opened, joined, page=page):
            output.line(f"`moue {command}` is still running; `moue studio` shows it")
    else:
        serve_course(port, opened, page)
    window.wait()


def _workspace(call: CommonOptions) -> Workspace | None:
    """Return the workspace; None if there is none and `--workspace` is not given.

    Raises:
        CatalogError: `--workspace` is given, but the folder is not a workspace.
    """
    if call.workspace.exists:
        return call.workspace
    if call.named:
        raise CatalogError(
            f"{call.workspace.root}: the folder is not a workspace; leave out --workspace to open "
            "the course on the bundled pictures"
        )
    return None
