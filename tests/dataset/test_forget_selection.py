from __future__ import annotations

import pytest

from drawing import drawn, save
from moue.dataset.collect.collect_files import CollectSettings, collect
from moue.dataset.collect.collect_urls import collect_urls
from moue.dataset.collect.http.http_settings import WebSettings
from moue.dataset.forget import (
    forget,
)
from moue.dataset.forget_selection import (
    select_by_file,
    select_by_sha256,
    select_by_source,
    select_by_url,
)
from moue.errors import CatalogError
from rows import context
from webserver import body

FAST = WebSettings(allow_private=True, rate=0, timeout=5, max_connections=4)


def do(workspace, catalog, chosen):
    return forget(context(workspace, catalog), chosen, "asked to")


def names_in(workspace):
    return [str(path) for path in workspace.root.rglob("*") if path.is_file()]


def site_bytes(seed):
    from webserver import jpeg

    return jpeg(seed)


def test_invalid_hash_or_url_is_an_error(catalog):
    for choose, word in (
        (select_by_sha256, ""),
        (select_by_sha256, "abc"),
        (select_by_url, "ftp://x"),
        (select_by_url, ""),
    ):
        with pytest.raises(CatalogError, match="is no"):
            choose(catalog, [word])


def test_unknown_url_can_be_forgotten_in_advance(fetch, workspace, catalog, site):
    url = site.picture("/a.jpg", 1)
    assert do(workspace, catalog, select_by_url(catalog, [url])).done == 0
    assert fetch(url).done == 0
    assert site.paths() == []


def test_very_long_url_can_be_forgotten(fetch, workspace, catalog, site):
    url = site.picture("/" + "a" * 600 + ".jpg", 1)
    assert fetch(url).done == 1
    assert do(workspace, catalog, select_by_url(catalog, [url])).done == 1


def test_page_selects_all_its_pictures(workspace, catalog, site):
    site.picture("/1.jpg", 1), site.picture("/2.jpg", 2)
    page = site.on("/page.html", body("<img src=1.jpg><img src=2.jpg>"))
    collect_urls(context(workspace, catalog, FAST), [page], None)
    assert do(workspace, catalog, select_by_url(catalog, [page])).done == 2


def test_exact_duplicates_are_selected_together(fetch, workspace, catalog, site, tmp_path):
    raw = tmp_path / "raw" / "mine.jpg"
    raw.parent.mkdir()
    raw.write_bytes(site_bytes(1))
    collect(context(workspace, catalog, CollectSettings()), [raw])
    fetch(url := site.picture("/a.jpg", 1))
    assert do(workspace, catalog, select_by_url(catalog, [url])).done == 1
    assert list(catalog.samples()) == []


@pytest.mark.parametrize("source", ["list", "127.0.0.1", "{list}"])
def test_source_may_be_an_engine_a_host_or_a_list(
    fetch, workspace, catalog, used, tmp_path, source
):
    source = source.replace("{list}", f"list:{tmp_path / 'urls.txt'}")
    assert do(workspace, catalog, select_by_source(catalog, source)).done == 3
    assert list(catalog.samples()) == []


@pytest.mark.parametrize("how", ["original", "image", "crop", "crop name", "name", "begin", "id"])
def test_any_file_or_name_part_selects_a_picture(workspace, catalog, used, how):
    sample = used[1]
    named = {
        "original": str(workspace.original(sample)), "image": str(workspace.image(sample.name)),
        "crop": str(workspace.mouth(sample.name)), "crop name": f"{sample.name}_mouth.png",
        "name": sample.name, "begin": sample.name[:-2], "id": sample.name[-12:-4],
    }[how]  # fmt: skip
    chosen = select_by_file(workspace, catalog, named)
    assert [one.name for one in chosen.samples] == [sample.name]
    assert do(workspace, catalog, chosen).done == 1
    assert not any(sample.name in path for path in names_in(workspace))
    assert len(list(catalog.samples())) == 2


def test_path_selects_a_picture_and_its_duplicates(workspace, catalog, tmp_path):
    raw = tmp_path / "raw"
    save(raw / "a.jpg", drawn(1)), save(raw / "b.jpg", drawn(2))
    (raw / "copy.jpg").write_bytes((raw / "a.jpg").read_bytes())
    collect(context(workspace, catalog, CollectSettings()), [raw])
    chosen = select_by_file(workspace, catalog, "raw/a.jpg")
    assert {one.source for one in chosen.samples} == {str(raw / "a.jpg"), str(raw / "copy.jpg")}
    assert len(select_by_file(workspace, catalog, str(raw)).samples) == 3
    do(workspace, catalog, chosen)
    assert sorted(path.name for path in raw.iterdir()) == ["a.jpg", "b.jpg", "copy.jpg"]
    assert collect(context(workspace, catalog, CollectSettings()), [raw]).done == 0


def test_zero_or_several_matches_are_an_error(workspace, catalog, used):
    for named in ("nobody.jpg", "", "/", "zzz"):
        with pytest.raises(CatalogError, match=r"no such picture|no picture"):
            select_by_file(workspace, catalog, named)
    with pytest.raises(CatalogError, match="matches") as caught:
        select_by_file(workspace, catalog, "list-")
    assert all(sample.name in str(caught.value) for sample in used)
