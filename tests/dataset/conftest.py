"""Pictures that are collected from files and the web, and mouths sorted into folders."""

from __future__ import annotations

import pytest

from drawing import drawn, save
from engine_answers import ANSWERS, ANY, PATHS, SETTINGS
from moue.dataset.collect.candidate import Filters, Query
from moue.dataset.collect.collect_files import CollectSettings, collect
from moue.dataset.collect.collect_search import collect_search
from moue.dataset.collect.collect_urls import collect_urls
from moue.dataset.collect.engines import ENGINES
from moue.dataset.collect.http.http_client import HttpClient
from moue.dataset.collect.http.http_settings import WebSettings
from moue.dataset.convert import ConvertSettings, convert
from moue.dataset.crop import mouth_name
from moue.dataset.dataset_folder import build_dataset_folder
from moue.dataset.label import LabelUpdate, set_labels
from moue.dataset.label_folders_write import write_label_folders
from moue.media.image import encode_png
from moue.workspace.owned_files import put
from moue.workspace.types import Mouth
from rows import context, mouth
from sorting_folders import new
from webserver import body

FAST = {
    "allow_private": True, "rate": 0.0, "timeout": 5.0, "max_backoff": 0.0, "max_connections": 4,
}  # fmt: skip


@pytest.fixture
def search(workspace, catalog, site):
    """Searches with engines that are all at the site."""

    def search(engines="openverse", number=3, queries="smile", label=None, progress=None, **more):
        filters = Filters(**{k: more.pop(k) for k in ("size", "licence", "type") if k in more})
        names = engines.split(",")
        wanted = [Query(text, label) for text in queries.split(",")]
        job = context(workspace, catalog, WebSettings(**(FAST | more)), filters, progress=progress)
        return collect_search(job, wanted, names, number, dict.fromkeys(names, site.root))

    return search


@pytest.fixture
def fetch(workspace, catalog, tmp_path):
    """Downloads the pictures of a list of URLs."""

    def fetch(*urls, label=None, picture_filter=None, name="urls.txt", **settings):
        table = tmp_path / name
        table.write_text("\n".join(urls))
        job = context(workspace, catalog, WebSettings(**(FAST | settings)))
        return collect_urls(job, [str(table)], label, picture_filter)

    return fetch


@pytest.fixture
def used(fetch, workspace, catalog, site):
    """Three pictures from the web, with all files that moue makes of a picture."""
    fetch(*(site.picture(f"/{i}.jpg", i) for i in range(3)), label="smile")
    convert(context(workspace, catalog, ConvertSettings()))
    for sample in catalog.samples():
        name = mouth_name(sample.name, 0)
        catalog.put_mouths(sample.name, [Mouth(name=name, sample=sample.name, face=0, width=9)])
        catalog.update_mouth(name, label="smile", split="train")
        put(catalog, workspace.mouth(name), encode_png(drawn(1, 9, 9)), sample.name)
        sorted_copy = workspace.root / "sorting" / "smile" / f"{name}_mouth.png"
        put(catalog, sorted_copy, encode_png(drawn(1, 9, 9)), sample.name)
        page = workspace.reports / "landmarks" / f"{sample.name}.jpg"
        put(catalog, page, b"page", sample.name)
    put(catalog, workspace.reports / "clean" / "kept-01.jpg", b"sheet")
    assert (workspace.reports / "collect" / "new.jpg").exists()
    put(catalog, workspace.reports / "001-fast.html", b"page")
    build_dataset_folder(context(workspace, catalog))
    return list(catalog.samples())


@pytest.fixture
def raw(tmp_path):
    """Three pictures in folders, one with a name of Chinese characters."""
    folder = tmp_path / "raw"
    save(folder / "smile" / "a.jpg", drawn(1))
    save(folder / "pout" / "a.jpg", drawn(2))
    save(folder / "中文" / "图 片.png", drawn(3))
    return folder


@pytest.fixture
def take(workspace, catalog):
    """Collects files."""

    def take(*sources, **settings):
        return collect(context(workspace, catalog, CollectSettings(**settings)), sources)

    return take


@pytest.fixture
def folder(workspace, catalog):
    """Four mouths sorted into folders: a and b smile, c pouts, d has no label."""
    new(workspace, catalog, *"abcd")
    for name, label in zip("abc", ("smile", "smile", "pout"), strict=True):
        set_labels(catalog, [LabelUpdate(mouth(catalog, name), label, "folder", "why")])
    place = workspace.root / "sorting"
    write_label_folders(context(workspace, catalog), place)
    return place


@pytest.fixture
def client():
    """A client that may ask this machine."""
    with HttpClient(SETTINGS) as client:
        yield client


@pytest.fixture
def answered(site, client):
    """Searches an engine whose every answer is one of the files."""

    def search(name, file, filters=ANY):
        data = (ANSWERS / file).read_bytes()
        kind = "application/json" if file.endswith("json") else "text/html; charset=utf-8"
        site.on(PATHS[name], body(data, kind))
        return list(ENGINES[name].search(client, "smile", filters, site.root))

    return search
