"""Which pictures somebody means who wants them forgotten."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from moue.dataset.collect.http.fetch_error import FetchError
from moue.dataset.collect.http.url_guard import parse
from moue.errors import CatalogError
from moue.files import absolute
from moue.workspace import provenance
from moue.workspace.catalog import Catalog
from moue.workspace.provenance import Origin
from moue.workspace.types import Sample
from moue.workspace.workspace import Workspace

FETCHED = ("http://", "https://", "camera:")
"""How the source of a picture begins behind which there is no file of somebody's own."""


@dataclass(slots=True)
class ForgetSelection:
    """What is to be forgotten.

    Attributes:
        samples: to be removed.
        only: origins to be removed of pictures that stay, since they came from elsewhere too.
        urls: not to be asked again, whether or not they are in the catalog.
        sha256: the same for bytes.
    """

    samples: list[Sample] = field(default_factory=list)
    only: list[Origin] = field(default_factory=list)
    urls: list[str] = field(default_factory=list)
    sha256: list[str] = field(default_factory=list)


def by_file(workspace: Workspace, catalog: Catalog, file: str) -> ForgetSelection:
    """Choose what a person means by a path or a name, and its copies with the same bytes.

    Args:
        file: as `Workspace.find` takes it. A mouth crop stands for its picture, a video for all
            its frames, and a folder for all that came from it.

    Raises:
        CatalogError: nothing in the catalog goes by it, or more than one picture does.
    """
    if not file.strip():  # it would mean the current folder
        raise CatalogError("an empty name means no picture; give a path or a name")
    path = absolute(Path(file))
    frame = next(catalog.samples("video IN (?, ?)", [file, str(path)]), None)
    if path.is_dir() or frame is not None:
        chosen = by_source(catalog, file)
        if not (chosen.samples or chosen.only):
            raise CatalogError(f"{file}: no picture came from there")
        return chosen
    sample, mouth = workspace.find(catalog, file)
    if sample is None:
        assert mouth is not None
        sample = next(catalog.samples("name = ?", [mouth.sample]))
    copies = catalog.samples("sha256 = ?", [sample.sha256]) if sample.sha256 else ()
    return ForgetSelection(samples=[sample, *(copy for copy in copies if copy.name != sample.name)])


def by_sha256(catalog: Catalog, digests: Iterable[str]) -> ForgetSelection:
    """Choose pictures by the hash of their bytes.

    Raises:
        CatalogError: one is no SHA-256.
    """
    wanted = [digest.strip().lower() for digest in digests]
    for digest in wanted:
        if not re.fullmatch("[0-9a-f]{64}", digest):
            raise CatalogError(f"{digest!r}: is no SHA-256; it has 64 hex digits")
    samples = [s for digest in wanted for s in catalog.samples("sha256 = ?", [digest])]
    return ForgetSelection(samples=samples, sha256=wanted)


def by_url(catalog: Catalog, urls: Iterable[str]) -> ForgetSelection:
    """Choose pictures by their own URL or that of a page that shows them, and their copies.

    Raises:
        CatalogError: one is no http address.
    """
    chosen = ForgetSelection()
    digests: dict[str, None] = {}
    for url in urls:
        try:
            spelt = str(parse(url))
        except FetchError as failure:
            raise CatalogError(f"{url}: is no http address") from failure
        chosen.urls.append(spelt)
        for name in {
            *provenance.samples_at_url(catalog, url),
            *provenance.samples_at_url(catalog, spelt),
        }:
            digests |= {sample.sha256: None for sample in catalog.samples("name = ?", [name])}
    chosen.samples = by_sha256(catalog, digests).samples
    return chosen


def by_source(catalog: Catalog, source: str) -> ForgetSelection:
    """Choose all that came from a source.

    Args:
        source: an engine, a query, a list, a host, a video or sitting, a file or folder, as
            `moue info --sources` names them.
    """
    chosen = ForgetSelection()
    path = str(absolute(Path(source)))
    for sample in catalog.samples():
        came = list(provenance.origins(catalog, sample.name))
        meant = [origin for origin in came if _is_of(origin, source)]
        is_file = sample.source == path or sample.source.startswith(f"{path}/")
        is_video = sample.video in (source, path) or sample.source == source
        only_thus = len(meant) == len(came) and sample.source.startswith(FETCHED)
        if is_file or is_video or (meant and only_thus):
            chosen.samples.append(sample)
        else:
            chosen.only += meant
    return chosen


def _is_of(origin: Origin, source: str) -> bool:
    hosts = {urlsplit(url).hostname for url in (origin.url, origin.page or "")}
    return source in (origin.engine, origin.query, f"{origin.engine}:{origin.query}") or (
        source in hosts
    )
