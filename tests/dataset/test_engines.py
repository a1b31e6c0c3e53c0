from __future__ import annotations

import json
from itertools import islice

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine_answers import ANSWERS, ANY, PATHS, SETTINGS
from moue.dataset.collect.candidate import Candidate
from moue.dataset.collect.engines import DEFAULT_ENGINES, ENGINES, baidu
from moue.dataset.collect.engines.base import NOT_CHECKED
from moue.dataset.collect.http.http_client import FetchedBody, HttpClient
from moue.errors import Blocked, EngineError, LayoutChanged, NoResults, RateLimited
from webserver import body

FIRST = {
    "openverse": Candidate(
        url="https://live.flickr.example/1_b.jpg", page="https://www.flickr.example/photos/1",
        title="Smiling woman & hat", licence="CC BY-SA 2.0",
        licence_url="https://creativecommons.org/licenses/by-sa/2.0/", author="Ann Example",
    ),
    "commons": Candidate(
        url="https://upload.example/a/%E5%BE%AE%E7%AC%91_Smile.jpg",
        page="https://commons.example/wiki/File:Smile.jpg", title="微笑 – Smile.jpg",
        licence="CC BY-SA 4.0",
        licence_url="https://creativecommons.org/licenses/by-sa/4.0", author="Ann Example",
    ),
    "bing": Candidate(
        url="https://img.example/smile%20one.jpg?w=1&h=2", title="A smiling face",
        page="https://page.example/smile?a=1&amp;b=2",
    ),
    "baidu": Candidate(
        url="http://img.ex.com/smile1.jpg", page="http://page.example.com/20x",
        title="微笑 的'女孩' 照片",
    ),
    "google": Candidate(
        url="https://img.example/smile.jpg?a=1&b=2", page="https://page.example/a?x=1",
        title='A "smiling" face & more',
    ),
}  # fmt: skip
SECOND = {
    "openverse": Candidate(
        url="https://museum.example/2.png", licence="CC0 1.0",
        licence_url="https://creativecommons.org/publicdomain/zero/1.0/",
    ),
    "commons": Candidate(
        url="https://upload.example/b/Second.png", title="Second.png",
        page="https://commons.example/wiki/File:Second.png", licence="Public domain",
    ),
    "bing": Candidate(
        url="https://img.example/笑.png", page="https://page.example/2", title="微笑 & more"
    ),
    "baidu": Candidate(
        url="https://img.example/2.jpg", page="https://page.example/2", title="two \\' three"
    ),
    "google": Candidate(
        url="https://img.example/微笑.png", page="https://page.example/b", title="微笑",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", list(ENGINES))
def test_typical_response_is_parsed(answered, name):
    """What cannot be read in it is passed over: a page that repeats itself is asked once more."""
    file = "html" if name in ("bing", "google") else "json"
    assert answered(name, f"{name}.{file}") == [FIRST[name], SECOND[name]]


def test_google_data_in_a_script_string_is_parsed(answered):
    (found,) = answered("google", "google-escaped.html")
    assert (found.url, found.page) == ("https://img.example/e.jpg?a=1", "https://page.example/e")


@pytest.mark.parametrize(
    ("file", "outcome", "words"),
    [
        ("openverse-empty.json", NoResults, "no results for 'smile'"),
        ("commons-empty.json", NoResults, "no results"),
        ("bing-empty.html", NoResults, "no results"),
        ("baidu-empty.json", NoResults, "no results"),
        ("google-empty.html", NoResults, "no results"),
        ("openverse-changed.json", LayoutChanged, "update the parser in .*openverse.py"),
        ("commons-changed.json", LayoutChanged, "error badvalue"),
        ("bing-changed.html", LayoutChanged, "update the parser in .*bing.py"),
        ("baidu-changed.json", LayoutChanged, "results can be parsed"),
        ("google-changed.html", LayoutChanged, "no results were found in the page"),
        ("bing-blocked.html", Blocked, "CAPTCHA"),
        ("baidu-blocked.json", Blocked, "CAPTCHA"),
        ("baidu-captcha.html", Blocked, "CAPTCHA"),
        ("google-consent.html", Blocked, "consent"),
        ("google-captcha.html", Blocked, "CAPTCHA"),
        ("google-scripts.html", Blocked, "browser that runs scripts"),
        ("commons-busy.json", RateLimited, "maxlag"),
    ],
)
def test_response_without_pictures_is_an_engine_error(answered, file, outcome, words):
    with pytest.raises(outcome, match=words) as caught:
        answered(file.partition("-")[0].partition(".")[0], file)
    assert str(caught.value).startswith(file.partition("-")[0])


@pytest.mark.parametrize("name", list(ENGINES))
@pytest.mark.parametrize(
    "junk",
    [b"", b"null", b"[]", b"\xff\xfe\x00", b"<html></html>", b"{}", b'{"data": 3}', b"[" * 99_999],
)
def test_junk_is_a_layout_change(site, client, name, junk):
    site.on(PATHS[name], body(junk))
    with pytest.raises(LayoutChanged):
        list(ENGINES[name].search(client, "smile", ANY, site.root))


FILES = [path.name for path in sorted(ANSWERS.iterdir()) if path.suffix != ".md"]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.just("http://x/"),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=4,
)


class Answered(HttpClient):
    """A client whose every answer is the same, without a server."""

    def get(self, url, accept="", *, robots=True):
        return self.answer


def outcome(name, data):
    """What an engine makes of an answer; anything but pictures or an outcome is raised."""
    client = Answered(SETTINGS)
    client.answer = FetchedBody("http://x.example/", "text/html; charset=utf-8", data)
    try:
        found = list(islice(ENGINES[name].search(client, "smile", ANY), 50))
    except EngineError as error:
        return error
    assert found
    return found


@given(st.data())
@settings(max_examples=150)
def test_garbled_response_is_parsed_or_an_engine_error(data):
    file = data.draw(st.sampled_from(FILES))
    whole = (ANSWERS / file).read_bytes()
    start, end = sorted(data.draw(st.tuples(*[st.integers(0, len(whole))] * 2)))
    junk = data.draw(st.binary(max_size=6) | st.sampled_from([b"<![", b"{", b'"', b"\\", b"null"]))
    outcome(file.partition("-")[0].partition(".")[0], whole[:start] + junk + whole[end:])


def _mutated(draw, value):
    """The same data, with something else in one place or another."""
    if draw(st.integers(0, 9)) == 0:
        return draw(JSON)
    if isinstance(value, dict):
        return {k: _mutated(draw, v) for k, v in value.items() if draw(st.integers(0, 30))}
    return [_mutated(draw, v) for v in value] if isinstance(value, list) else value


@given(st.data(), st.sampled_from(["openverse", "commons"]))
@settings(max_examples=150)
def test_json_of_any_shape_is_parsed_or_an_engine_error(data, name):
    whole = json.loads((ANSWERS / f"{name}.json").read_text())
    outcome(name, json.dumps(_mutated(data.draw, whole)).encode())


def test_no_parser_claims_a_live_check():
    """Change this together with the docs, once one has been."""
    assert {engine.checked for engine in ENGINES.values()} == {NOT_CHECKED}
    assert all(ENGINES[name].api for name in DEFAULT_ENGINES)


ENCODE = str.maketrans("abcdefghijklmnopqrstuvw1234567890", "wkv1ju2it3hs4g5rq6fp7eo8dn9cm0bla")


@given(st.text("abcdefghijklmnopqrstuvwxyz0123456789:/._-%?=", max_size=40))
def test_baidu_cipher_is_decoded(path):
    url = f"https://{path}"
    marks = {":": "_z2C$q", ".": "_z&e3B", "/": "AzdH3F"}
    ciphered = "".join(marks.get(c) or c.translate(ENCODE) for c in url)
    assert baidu.decode(ciphered) == url
    assert baidu.decode(url) == url
