"""Select the samples that `moue forget` removes, by file, SHA-256, URL or source."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from moue.dataset.collect.http.fetch_error import FetchError
from moue.dataset.collect.http.url_guard import parse_url
from moue.errors import CatalogError
from moue.files import absolute
from moue.workspace import provenance, queries
from moue.workspace.catalog import Catalog
from moue.workspace.imports import SCHEME, dataset_of
from moue.workspace.provenance import Origin
from moue.workspace.types import Sample
from moue.workspace.workspace import Workspace

__all__ = [
    "FETCHED", "NO_SOURCE", "ForgetSelection", "select_by_file", "select_by_name",
    "select_by_sha256", "select_by_source", "select_by_url",
]  # fmt: skip

FETCHED = ("http://", "https://", "camera:", SCHEME)
"""Prefixes of sources that moue copied; every other source is a file of the user."""
NO_SOURCE = "the catalog has no picture from this source; `moue info --sources` lists the sources"


@dataclass(slots=True)
class ForgetSelection:
    """Samples, origins, URLs and digests to forget.

    Attributes:
        samples: Samples to remove.
        origins: Origins to remove from samples that stay because they have other origins.
        urls: URLs that must not be fetched again, even if the catalog does not contain them.
        sha256: SHA-256 digests of files that must not be collected again.
    """

    samples: list[Sample] = field(default_factory=list)
    origins: list[Origin] = field(default_factory=list)
    urls: list[str] = field(default_factory=list)
    sha256: list[str] = field(default_factory=list)


def select_by_file(workspace: Workspace, catalog: Catalog, file: str) -> ForgetSelection:
    """Select the samples that a path or name identifies, and their exact duplicates.

    Args:
        file: Path or name, as `Workspace.find` accepts it. A mouth crop selects its sample. A
            video selects all of its frames. A folder selects every sample collected from it.

    Raises:
        CatalogError: No sample or several samples match.
    """
    path = _path(file)
    if path.is_dir() or queries.has_frames_of(catalog, file, str(path)):
        selection = select_by_source(catalog, file)
        if not (selection.samples or selection.origins):
            raise CatalogError(f"{file}: {NO_SOURCE}")
        return selection
    sample, mouth = workspace.find(catalog, file)
    if sample is None:
        assert mouth is not None
        return select_by_name(catalog, [mouth.sample])
    return select_by_name(catalog, [sample.name])


def select_by_name(catalog: Catalog, names: Iterable[str]) -> ForgetSelection:
    """Select the samples with these names, and their exact duplicates.

    Raises:
        CatalogError: A sample does not exist.
    """
    found: dict[str, Sample] = {}
    for name in names:
        sample = catalog.sample(name)
        same = queries.samples_with_sha256(catalog, sample.sha256) if sample.sha256 else []
        found |= {one.name: one for one in (sample, *same)}
    return ForgetSelection(samples=list(found.values()))


def select_by_sha256(catalog: Catalog, digests: Iterable[str]) -> ForgetSelection:
    """Select samples by the SHA-256 of their originals.

    Raises:
        CatalogError: A value does not consist of 64 hexadecimal digits.
    """
    selection = ForgetSelection(sha256=[digest.strip().lower() for digest in digests])
    for digest in selection.sha256:
        if not re.fullmatch("[0-9a-f]{64}", digest):
            raise CatalogError(f"{digest!r} is not a SHA-256; give 64 hexadecimal digits")
        selection.samples += queries.samples_with_sha256(catalog, digest)
    return selection


def select_by_url(catalog: Catalog, urls: Iterable[str]) -> ForgetSelection:
    """Select samples by the URL of the picture or of its web page, and their exact duplicates.

    Raises:
        CatalogError: A value is not an http or https URL.
    """
    selection = ForgetSelection()
    digests: dict[str, None] = {}
    for url in urls:
        try:
            normalized = str(parse_url(url))
        except FetchError as error:
            raise CatalogError(f"{url} is not an http or https URL; give a full URL") from error
        selection.urls.append(normalized)
        for spelling in (url, normalized):
            for name in provenance.samples_at_url(catalog, spelling):
                digests[catalog.sample(name).sha256] = None
    selection.samples = select_by_sha256(catalog, digests).samples
    return selection


def select_by_source(catalog: Catalog, source: str) -> ForgetSelection:
    """Select all samples and origins from a source.

    Args:
        source: Name of an engine, query, list, host, video, camera session, file, folder or data
            set, as `moue info --sources` prints it.

    Raises:
        CatalogError: The name is empty.
    """
    selection = ForgetSelection()
    path = str(_path(source))
    for sample in catalog.samples():
        origins = list(provenance.origins(catalog, sample.name))
        matching = [origin for origin in origins if _is_from(origin, source)]
        is_file = sample.source == path or sample.source.startswith(f"{path}/")
        is_video = sample.video in (source, path) or sample.source == source
        is_dataset = dataset_of(sample.source) in (source, f"{SCHEME}{path}")
        no_other_origin = len(matching) == len(origins) and sample.source.startswith(FETCHED)
        if is_file or is_video or is_dataset or (matching and no_other_origin):
            selection.samples.append(sample)
        else:
            selection.origins += matching
    return selection


def _path(text: str) -> Path:
    if not text.strip():  # Path("") is the current folder
        raise CatalogError("an empty name selects no picture; give a path or a name")
    return absolute(Path(text))


def _is_from(origin: Origin, source: str) -> bool:
    hosts = {urlsplit(url).hostname for url in (origin.url, origin.page or "")}
    names = (origin.engine, origin.query, f"{origin.engine}:{origin.query}")
    return source in names or source in hosts
