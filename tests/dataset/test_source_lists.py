from __future__ import annotations

import pytest

from moue.dataset.collect.candidate import Query
from moue.dataset.collect.collect_urls import collect_urls
from moue.dataset.collect.http.http_client import HttpClient
from moue.dataset.collect.http.http_settings import WebSettings
from moue.dataset.collect.source_lists import read_query_list, read_url_list
from moue.dataset.collect.web_page import page_images
from moue.errors import Blocked, Offline, SourceError
from moue.workspace import provenance
from rows import context
from webserver import body, redirect, status

FAST = WebSettings(allow_private=True, rate=0, timeout=5, max_backoff=0, max_connections=4)


def test_text_file_has_one_url_per_line(tmp_path):
    table = tmp_path / "urls.txt"
    table.write_text("\ufeff# mine\r\nhttp://x.example/1\r\n\r\n  http://x.example/2  \r\n")
    assert [found.url for found in read_url_list(table)] == [
        "http://x.example/1",
        "http://x.example/2",
    ]


def test_csv_file_may_state_label_and_licence(tmp_path):
    table = tmp_path / "urls.csv"
    table.write_text(
        "Label,image_url,License,author,age\nsmiling,http://x/1,CC0,Ann,9\n,http://x/2,,,\n,,,,\n"
    )
    first, second = read_url_list(table)
    assert (first.url, first.label, first.licence) == ("http://x/1", "smile", "CC0")
    assert first.author == "Ann"
    assert (second.url, second.label, second.licence) == ("http://x/2", None, None)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.csv", b"file\nx\n", "column named url"),
        ("a.csv", b"", "column named url"),
        ("a.csv", b"url,label\nhttp://x/1,grin\n", "a.csv:2: label 'grin'"),
        ("a.txt", b"\xff\xfe\x00", "cannot be read"),
        ("none.txt", None, "cannot be read"),
    ],
)
def test_unusable_url_list_is_one_error(tmp_path, name, content, words):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(SourceError, match=words):
        list(read_url_list(tmp_path / name))


def test_query_list_has_optional_labels(tmp_path):
    table = tmp_path / "queries.txt"
    table.write_text("# 多个关键词\nsmiling face, smile\n微笑 女孩，smile\nface\npout, lips, 1\n")
    assert read_query_list(table) == [
        Query("smiling face", "smile"), Query("微笑 女孩", "smile"), Query("face"),
        Query("pout, lips", "pout"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "words"), [("a, b\n", "queries.txt:1: label 'b'"), ("\n# x\n", "list has no queries")]
)
def test_unusable_query_list_is_one_error(tmp_path, text, words):
    (tmp_path / "queries.txt").write_text(text)
    with pytest.raises(SourceError, match=words):
        read_query_list(tmp_path / "queries.txt")


PAGE = """<html><head><base href="/deep/"><meta property="og:image" content="/og.jpg">
<body><img src="one.jpg" alt="One &amp; only"><img src="one.jpg"><IMG SRC='//cdn.example/two.png'>
<img src="small.jpg" srcset="mid.jpg 400w, large.jpg 1200w, small.jpg 100w">
<img src="data:image/gif;base64,R0" data-src="lazy.webp"><img src="data:image/gif;base64,R0">
<picture><source srcset="wide.avif 2x, narrow.avif"><img src="javascript:alert(1)"></picture>
<a href="full.JPG?x=1" title="Full">x</a><a href="page.html">y</a><img>"""


def test_page_pictures_come_in_page_order(site):
    url = site.on("/a/page.html", body(PAGE))
    with HttpClient(FAST) as client:
        found = list(page_images(client, url))
    assert [one.url.removeprefix(site.root) for one in found] == [
        "/og.jpg", "/deep/one.jpg", "http://cdn.example/two.png", "/deep/large.jpg",
        "/deep/lazy.webp", "/deep/wide.avif", "/deep/full.JPG?x=1",
    ]  # fmt: skip
    assert (found[1].title, found[1].page) == ("One & only", url)


@pytest.mark.parametrize(
    ("reply", "error", "words"),
    [
        (body("<p>nothing"), SourceError, "no picture was found"),
        (body("<meta name=robots content='noai'><img src=a.jpg>"), Blocked, "noai"),
        (body("<img src=a.jpg>", X_Robots_Tag="noimageai"), Blocked, "noai"),
        (status(404), Offline, "404"),
        (redirect("http://127.0.0.1:1/"), Offline, "unreachable"),
    ],
)
def test_page_without_pictures_has_a_note(site, reply, error, words):
    url = site.on("/page.html", reply)
    with HttpClient(FAST) as client, pytest.raises(error, match=words) as caught:
        list(page_images(client, url))
    assert type(caught.value) is error


@pytest.mark.parametrize(
    "srcset",
    [
        "s.jpg 100w,best.jpg 800w", "s.jpg 100w,\n  best.jpg 800w\n", "best.jpg",
        "s.jpg, best.jpg 2x",
        "/i,w=1/s.jpg 1x, best.jpg 1.5x,", "data:image/gif;base64,R0 900w, best.jpg 2w",
    ],
)  # fmt: skip
def test_largest_size_of_a_picture_is_chosen(site, srcset):
    url = site.on("/page.html", body(f"<img src=s.jpg srcset='{srcset}'>"))
    with HttpClient(FAST) as client:
        assert [found.url for found in page_images(client, url)] == [site.url("/best.jpg")]


def test_invalid_base_url_is_ignored(site):
    url = site.on("/a/page.html", body("<base href='javascript:void(0)'><img src=b.jpg>"))
    with HttpClient(FAST) as client:
        assert [found.url for found in page_images(client, url)] == [site.url("/a/b.jpg")]


def test_broken_page_is_read_as_far_as_possible(site):
    url = site.on("/page.html", body("<img src=a.jpg><![endless <img src=b.jpg>"))
    with HttpClient(FAST) as client:
        assert [found.url for found in page_images(client, url)] == [site.url("/a.jpg")]


def test_lists_and_pages_set_weak_labels(workspace, catalog, site, tmp_path):
    table = tmp_path / "urls.csv"
    table.write_text(
        f"url,label,licence\n{site.picture('/1.jpg', 1)},pout,CC0\n{site.picture('/2.jpg', 2)},,\n"
    )
    page = site.on("/page.html", body("<img src=/3.jpg>"))
    site.picture("/3.jpg", 3)
    summary = collect_urls(context(workspace, catalog, FAST), [str(table), page], "smile")
    assert summary.done == 3
    labels = [list(provenance.weak_labels(catalog, s.name).values()) for s in catalog.samples()]
    assert labels == [["pout"], ["smile"], ["smile"]]
    assert [s.licence for s in catalog.samples()] == ["CC0", None, None]
    assert [o.engine for o in provenance.origins(catalog)] == ["list", "list", "page"]


def test_one_failed_source_is_noted_and_all_are_an_error(workspace, catalog, site, tmp_path):
    table = tmp_path / "urls.txt"
    table.write_text(site.picture("/1.jpg", 1))
    gone = site.url("/gone.html")
    summary = collect_urls(context(workspace, catalog, FAST), [gone, str(table)], None)
    assert summary.done == 1
    assert gone in summary.notes[-1]
    with pytest.raises(SourceError, match="gone"):
        collect_urls(context(workspace, catalog, FAST), [gone], None)
