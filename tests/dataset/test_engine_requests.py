from __future__ import annotations

from itertools import islice

import pytest

from engine_answers import ANY, PATHS
from moue.dataset.collect.candidate import Filters
from moue.dataset.collect.engines import ENGINES
from moue.errors import Blocked, LayoutChanged, Offline, RateLimited
from webserver import as_json, body, by_query, openverse, redirect, status


@pytest.mark.parametrize(
    ("reply", "outcome"),
    [
        (status(403), Blocked), (status(401), Blocked), (status(404), LayoutChanged),
        (status(429, Retry_After="60"), RateLimited), (status(503, Retry_After="60"), RateLimited),
        (status(500), Offline), (redirect("http://127.0.0.1:1/"), Offline),
    ],
    ids=["403", "401", "404", "429", "503", "500", "elsewhere"],
)  # fmt: skip
@pytest.mark.parametrize("name", list(ENGINES))
def test_http_status_becomes_an_engine_error(site, client, name, reply, outcome):
    site.on(PATHS[name], reply)
    with pytest.raises(outcome):
        list(ENGINES[name].search(client, "smile", ANY, site.root))


@pytest.mark.parametrize("name", list(ENGINES))
def test_robots_txt_applies_to_html_engines_only(site, client, name):
    site.on("/robots.txt", body("User-agent: *\nDisallow: /", "text/plain"))
    site.on(PATHS[name], body("{}"))
    with pytest.raises((Blocked, LayoutChanged)) as caught:
        list(ENGINES[name].search(client, "smile", ANY, site.root))
    assert isinstance(caught.value, Blocked) is not ENGINES[name].api
    assert ENGINES[name].api or "--no-robots" in str(caught.value)


def test_result_pages_are_fetched_on_demand(site, client):
    pages = {
        str(n): openverse([f"http://x.example/{n}-{i}.jpg" for i in range(2)], page_count=3, page=n)
        for n in (1, 2, 3)
    }
    site.on(PATHS["openverse"], by_query("page", pages))
    search = ENGINES["openverse"].search(client, "smile", ANY, site.root)
    assert [found.url[-7:] for found in islice(search, 3)] == ["1-0.jpg", "1-1.jpg", "2-0.jpg"]
    assert len(site.asked) == 2
    assert len(list(search)) == 3
    assert len(site.asked) == 3


def test_commons_follows_its_continue_parameters(site, client):
    def page(number, **more):
        info = [{"url": f"http://x.example/{number}.jpg"}]
        return as_json({"query": {"pages": [{"imageinfo": info}]}} | more)

    more = {"continue": {"gsroffset": 50, "continue": "gsroffset||"}}
    pages = {"": page(1, **more), "50": page(2, batchcomplete=True)}
    site.on(PATHS["commons"], by_query("gsroffset", pages))
    found = ENGINES["commons"].search(client, "smile", ANY, site.root)
    assert [one.url for one in found] == ["http://x.example/1.jpg", "http://x.example/2.jpg"]


def test_error_of_a_later_page_comes_after_results(site, client):
    first = openverse(["http://x.example/1.jpg"], page_count=2)
    site.on(PATHS["openverse"], by_query("page", {"1": first, "2": status(403)}))
    search = ENGINES["openverse"].search(client, "smile", ANY, site.root)
    assert next(search).url == "http://x.example/1.jpg"
    with pytest.raises(Blocked):
        next(search)


@pytest.mark.parametrize(
    ("name", "filters", "words"),
    [
        ("openverse", {"licence": "commercial"}, ["license_type=commercial"]),
        ("openverse", {"licence": "public-domain"}, ["license=cc0%2Cpdm"]),
        ("openverse", {"licence": "free"}, ["q=smile"]),
        ("commons", {"licence": "public-domain"}, ["haslicense%3Aunrestricted"]),
        ("bing", {"type": "face", "colour": "grey"}, ["face-face", "color2-bw"]),
        ("baidu", {"type": "face", "size": "large"}, ["face=1", "z=3"]),
        ("google", {"licence": "free", "size": "medium"}, ["tbs=isz%3Am%2Cil%3Acl"]),
    ],
)  # fmt: skip
def test_filters_become_native_parameters(answered, site, name, filters, words):
    file = "html" if name in ("bing", "google") else "json"
    answered(name, f"{name}.{file}", Filters(**filters))
    asked = next(path for path in site.asked if path.startswith(PATHS[name]))
    assert all(word in asked for word in words)


def test_safe_search_is_always_on(answered, site):
    for name, word in {"bing": "adlt=strict", "google": "safe=active"}.items():
        answered(name, f"{name}.html")
        assert word in site.asked[-1]
    answered("openverse", "openverse.json")
    assert "mature=false" in site.asked[-1]


@pytest.mark.parametrize(
    ("name", "filters", "unsupported"),
    [
        ("baidu", {"licence": "free", "size": "large"}, ["licence"]),
        ("commons", {"type": "face"}, ["type"]),
        ("bing", {"type": "face", "licence": "commercial"}, []),
    ],
)
def test_engines_report_unsupported_filters(name, filters, unsupported):
    assert ENGINES[name].unsupported_filters(Filters(**filters)) == unsupported
