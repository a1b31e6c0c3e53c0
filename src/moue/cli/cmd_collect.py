"""The commands `collect files`, `collect web`, `collect urls` and `collect camera`."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import click

from moue.cli.console import print_summary
from moue.cli.groups import DefaultGroup
from moue.cli.options import BASIC, PATH, CommonOptions, common
from moue.dataset.collect.candidate import Filters, Query
from moue.dataset.collect.collect_camera import CameraSettings, collect_camera
from moue.dataset.collect.collect_files import CollectSettings
from moue.dataset.collect.collect_files import collect as collect_stage
from moue.dataset.collect.collect_search import collect_search
from moue.dataset.collect.collect_urls import collect_urls
from moue.dataset.collect.download_files import PictureFilter
from moue.dataset.collect.engines import DEFAULT_ENGINES, ENGINES
from moue.dataset.collect.http.http_settings import WebSettings
from moue.dataset.collect.source_lists import read_query_list
from moue.dataset.collect_history import record_collect_call
from moue.dataset.convert import ConvertSettings
from moue.face.backends import FaceSettings, detect_faces
from moue.files import absolute
from moue.media.image import Picture
from moue.text import is_http_url
from moue.workspace.context import Context
from moue.workspace.label_set import LabelSet


def _engines(_: click.Context, __: click.Parameter, text: str) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))
    unknown = [name for name in names if name not in ENGINES]
    if unknown or not names:
        raise click.BadParameter(
            f"unknown engine {', '.join(unknown) or repr(text)}; choose from {', '.join(ENGINES)}"
        )
    return names


def _label(labels: LabelSet, text: str | None) -> str | None:
    if text is not None and labels.find(text) is None:
        raise click.UsageError(
            f"--label: {text!r} is not a label of the workspace; choose from {labels.words}"
        )
    return None if text is None else labels.find(text)


def _engine_urls(_: click.Context, __: click.Parameter, pairs: Iterable[str]) -> dict[str, str]:
    urls: dict[str, str] = {}
    for pair in pairs:
        name, equals, url = pair.partition("=")
        if name not in ENGINES or not equals:
            raise click.BadParameter(
                f"{pair}: write ENGINE=URL with one of the engines {', '.join(ENGINES)}"
            )
        urls[name] = url
    return urls


LABEL = click.option(
    "--label", metavar="LABEL",
    help="Weak label of the pictures. It pre-sorts them for labelling; training does not use it.",
)  # fmt: skip
ENGINE_URLS = click.option(
    "--engine-url", "base_urls", multiple=True, metavar="ENGINE=URL", callback=_engine_urls,
    help="Base URL of a search engine, such as your own wiki. May be repeated.",
)  # fmt: skip
FACE_ONLY = click.option(
    "--face-only", is_flag=True, help="Keep only pictures in which moue detects a face."
)


@click.group(cls=DefaultGroup, default="files", subcommand_metavar="[COMMAND] ...")
def collect() -> None:
    """Add pictures from files, the web or a camera.

    `moue collect PATHS` is short for `moue collect files PATHS`. To collect a folder that
    has the name of a subcommand, such as web, write ./web.

    Example: moue collect photos/ clip.mp4
    """


@collect.command()
@click.argument("sources", nargs=-1, required=True, type=PATH)
@common(CollectSettings, shared=(*BASIC, "on"))
def files(call: CommonOptions, sources: tuple[Path, ...]) -> None:
    """Add folders, videos, pictures and file lists (.txt).

    moue reads the files in place and never changes them. --copy copies them into the workspace.

    Example: moue collect photos/ clip.mp4 --every 2
    """
    with call.context(create=True) as context:
        limit = context.config.get(ConvertSettings).max_bytes
        summary = collect_stage(context, sources, limit)
        record_collect_call(context.catalog, sources, context.config.get(CollectSettings))
    print_summary(summary, call.json)


@collect.command()
@click.argument("queries", nargs=-1)
@click.option(
    "--query-file",
    type=PATH,
    help="Text file with one query per line, or one query and its weak label: query,label.",
)
@click.option(
    "--engine",
    "engines",
    default=",".join(DEFAULT_ENGINES),
    show_default=True,
    callback=_engines,
    help=f"Comma-separated names of the search engines: {', '.join(ENGINES)}.",
)
@click.option(
    "--number",
    "-n",
    type=click.IntRange(min=1),
    default=100,
    show_default=True,
    metavar="INTEGER",
    help="Number of pictures to download for each query.",
)
@LABEL
@FACE_ONLY
@ENGINE_URLS
@common(Filters, WebSettings, FaceSettings, without=["crop_scale", "face.licence"])
def web(
    call: CommonOptions,
    queries: tuple[str, ...],
    query_file: Path | None,
    engines: tuple[str, ...],
    number: int,
    label: str | None,
    face_only: bool,
    base_urls: dict[str, str],
) -> None:
    """Download pictures from search engines and open archives.

    moue divides --number among the engines. If an engine fails or has no more results, moue
    downloads the missing pictures from the other engines. Run the same command again to resume.
    docs/collecting.md explains which pictures you may collect, and which sources to try first. The
    parsers of the search engines have not been tested with the live services yet; `moue doctor
    --engines` tests them.

    \b
    Example:
        moue collect web "smiling face" --engine openverse,commons -n 500 --label smile
        moue collect web --query-file queries.txt --licence commercial --face-only
    """  # noqa: D301 - click's \b is the character
    label = _label(call.config.labels, label)
    searches = [Query(text, label) for text in queries]
    if not searches and query_file is None:
        raise click.UsageError(
            "give a QUERY or a --query-file; to collect a folder named web, write ./web"
        )
    with call.context(create=True) as context:
        if query_file is not None:
            labels = call.config.labels
            searches += [
                Query(query.text, query.label or label)
                for query in read_query_list(query_file, labels)
            ]
        summary = collect_search(
            context, searches, engines, number, base_urls, _picture_filter(context, face_only)
        )
    print_summary(summary, call.json)


@collect.command()
@click.argument("sources", nargs=-1, required=True)
@LABEL
@FACE_ONLY
@common(WebSettings, FaceSettings, without=["crop_scale"])
def urls(call: CommonOptions, sources: tuple[str, ...], label: str | None, face_only: bool) -> None:
    """Download the pictures of URL lists and web pages.

    SOURCES are files with lists of URLs (.txt, .csv) and URLs of web pages. A CSV list needs the
    column `url` and may have the columns `label`, `licence`, `author`, `page` and `title`. Run the
    same command again to resume.

    \b
    Example:
        moue collect urls mine.csv
        moue collect urls https://example.org/gallery.html --label pout
    """  # noqa: D301 - click's \b is the character
    label = _label(call.config.labels, label)
    with call.context(create=True) as context:
        named = [s if is_http_url(s) else str(absolute(Path(s))) for s in sources]
        summary = collect_urls(context, named, label, _picture_filter(context, face_only))
    print_summary(summary, call.json)


@collect.command()
@click.argument("device", default="0")
@LABEL
@FACE_ONLY
@common(CameraSettings, FaceSettings, without=["crop_scale"])
def camera(call: CommonOptions, device: str, label: str | None, face_only: bool) -> None:
    """Record pictures from a camera.

    DEVICE is the number of the camera; 0 is the first. Ctrl-C stops the recording. The pictures
    of one recording form a group, so they are always in the same split.

    Example: moue collect camera 0 --every 0.5 --min-change 3 --label smile
    """
    label = _label(call.config.labels, label)
    with call.context(create=True) as context:
        summary = collect_camera(context, device, label, _picture_filter(context, face_only))
    print_summary(summary, call.json)


def _picture_filter(context: Context, face_only: bool) -> PictureFilter | None:
    """Return the filter of --face-only: a function from the bytes of a file to a bool.

    The filter returns True if moue detects a face, and raises ImageError if the picture cannot be
    read. Return None if `face_only` is false.
    """
    settings = context.config.get(FaceSettings)
    return (lambda data: bool(detect_faces(Picture(data), settings))) if face_only else None
