"""Collecting from the web and from a camera."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import click

from moue.cli.console import print_summary
from moue.cli.options import PATH, CommonOptions, common
from moue.dataset.collect.candidate import Filters
from moue.dataset.collect.download import PictureFilter
from moue.dataset.collect.engines import DEFAULT, ENGINES
from moue.dataset.collect.face_filter import faces_only
from moue.dataset.collect.from_camera import CameraSettings, collect_camera
from moue.dataset.collect.http.http_settings import WebSettings
from moue.dataset.collect.query_lists import read_keyword_list
from moue.dataset.collect.search import SearchRequest, collect_search
from moue.dataset.collect.stats import Query
from moue.dataset.collect.url_lists import collect_urls
from moue.face.backends import FaceSettings
from moue.files import absolute
from moue.workspace.context import Context
from moue.workspace.label_set import LabelSet


def _engines(_: click.Context, __: click.Parameter, text: str) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))
    unknown = [name for name in names if name not in ENGINES]
    if unknown or not names:
        raise click.BadParameter(f"{', '.join(unknown)}: known are {', '.join(ENGINES)}")
    return names


def _label(labels: LabelSet, text: str | None) -> str | None:
    if text is not None and labels.find(text) is None:
        raise click.UsageError(f"--label {text!r} is not one of {labels.words}")
    return None if text is None else labels.find(text)


def _sites(_: click.Context, __: click.Parameter, pairs: Iterable[str]) -> dict[str, str]:
    sites = {}
    for pair in pairs:
        name, equals, url = pair.partition("=")
        if name not in ENGINES or not equals:
            raise click.BadParameter(f"{pair}: write it as engine=https://host")
        sites[name] = url
    return sites


LABEL = click.option(
    "--label", metavar="LABEL",
    help="What you expect to see, one of the labels; kept as a hint, never as the truth.",
)  # fmt: skip
SITES = click.option(
    "--site", "sites", multiple=True, metavar="ENGINE=URL", callback=_sites,
    help="Ask an engine at another address, such as a wiki of your own.",
)  # fmt: skip
FACE_ONLY = click.option(
    "--face-only", is_flag=True, help="Look at each picture as it arrives; keep those with a face."
)


@click.command()
@click.argument("queries", nargs=-1)
@click.option("--keywords", "table", type=PATH, help="A file; on each line: query, label.")
@click.option(
    "--engine",
    "engines",
    default=",".join(DEFAULT),
    show_default=True,
    callback=_engines,
    help=f"Who to ask, with commas between: {', '.join(ENGINES)}.",
)
@click.option(
    "--number",
    "-n",
    type=click.IntRange(min=1),
    default=100,
    show_default=True,
    help="Pictures for each query.",
)
@LABEL
@FACE_ONLY
@SITES
@common(Filters, WebSettings, FaceSettings, without=["crop_scale"])
def web(
    call: CommonOptions,
    queries: tuple[str, ...],
    table: Path | None,
    engines: tuple[str, ...],
    number: int,
    label: str | None,
    face_only: bool,
    sites: dict[str, str],
) -> None:
    """Search engines and open archives for pictures.

    The engines share the number; where one fails or has no more, another fills in. Again, the
    same command goes on where it stopped. What may be collected, and what better serves, tells
    docs/collecting.md. No engine's parser has been checked live yet: `moue doctor --engines`.

    \b
    Example:
        moue collect web "smiling face" --engine openverse,commons -n 500 --label smile
        moue collect web --keywords queries.txt --licence commercial --face-only
    """  # noqa: D301 - click's \b is the character
    label = _label(call.config.labels, label)
    asked = [Query(text, label) for text in queries]
    if not asked and table is None:
        raise click.UsageError("name a QUERY or --keywords FILE (a folder called web: ./web)")
    with call.job(create=True) as job:
        if table is not None:
            labels = call.config.labels
            asked += [
                Query(one.text, one.label or label) for one in read_keyword_list(table, labels)
            ]
        wish = SearchRequest(asked, engines, number, job.config.get(Filters), sites)
        settings = job.config.get(WebSettings)
        look = _look(job, face_only)
        summary = collect_search(job.workspace, job.catalog, wish, settings, job.progress, look)
    print_summary(summary, call.json)


@click.command()
@click.argument("sources", nargs=-1, required=True)
@LABEL
@FACE_ONLY
@common(WebSettings, FaceSettings, without=["crop_scale"])
def urls(call: CommonOptions, sources: tuple[str, ...], label: str | None, face_only: bool) -> None:
    """Fetch the pictures of URL lists (.txt, .csv) and of web pages (http…).

    A CSV file has a column url, and any of label, licence, author, page and title.

    \b
    Example:
        moue collect urls mine.csv
        moue collect urls https://example.org/gallery.html --label pout
    """  # noqa: D301 - click's \b is the character
    label = _label(call.config.labels, label)
    with call.job(create=True) as job:
        settings = job.config.get(WebSettings)
        look = _look(job, face_only)
        named = [s if s.startswith(("http://", "https://")) else str(absolute(Path(s)))
                 for s in sources]  # fmt: skip
        summary = collect_urls(
            job.workspace, job.catalog, named, label, settings, job.progress, look,
            call.config.labels,
        )  # fmt: skip
    print_summary(summary, call.json)


@click.command()
@click.argument("device", default="0")
@LABEL
@FACE_ONLY
@common(CameraSettings, FaceSettings, without=["crop_scale"])
def camera(call: CommonOptions, device: str, label: str | None, face_only: bool) -> None:
    """Keep pictures of a camera, every so often or when the picture changes.

    DEVICE is its number, from 0. Ctrl-C ends a sitting; each sitting is a group of its own,
    which no split divides.

    Example: moue collect camera 0 --every 0.5 --change 3 --label smile
    """
    label = _label(call.config.labels, label)
    with call.job(create=True) as job:
        settings = job.config.get(CameraSettings)
        look = _look(job, face_only)
        summary = collect_camera(
            job.workspace, job.catalog, device, label, settings, job.progress, look
        )
    print_summary(summary, call.json)


def _look(job: Context, face_only: bool) -> PictureFilter | None:
    return faces_only(job.config.get(FaceSettings)) if face_only else None
