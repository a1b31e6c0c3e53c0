"""The pages and the data of the course need the key of the server, and the addresses exist."""

from __future__ import annotations

import re

import pytest
from starlette.testclient import TestClient

from moue.learn import course
from moue.studio.access import Access
from moue.studio.app import create_course_app

PAGES = ["/learn/", "/learn/glossary", *(f"/learn/{name}" for name in course.names())]


@pytest.fixture
def access():
    return Access(8765)


@pytest.fixture
def reader(access):
    with TestClient(create_course_app(access), base_url="http://127.0.0.1:8765") as client:
        client.headers["Authorization"] = f"Bearer {access.key}"
        yield client


@pytest.fixture
def visitor(access):
    with TestClient(create_course_app(access), base_url="http://127.0.0.1:8765") as client:
        yield client


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_page_is_served_in_both_languages(reader, path, language):
    answer = reader.get(path, params={"lang": language})
    assert answer.status_code == 200
    assert f'data-language="{language}"' in answer.text or "glossary" in path
    assert "script-src" not in answer.headers["content-security-policy"]


@pytest.mark.parametrize("path", [*PAGES, "/learn/data/cascade", "/learn/other"])
def test_a_stranger_gets_no_page_and_no_data(visitor, path):
    assert visitor.get(path).status_code in (401, 403)


def test_a_link_opens_a_chapter_once_and_sets_the_cookie(visitor, access):
    link = access.link("learn/09-loss").partition("8765")[2]
    assert visitor.get(link).status_code == 200
    assert visitor.get("/learn/").status_code == 200
    visitor.cookies.clear()
    assert visitor.get(link).status_code == 403


@pytest.mark.parametrize("path", PAGES)
def test_every_file_and_page_that_a_page_names_exists(reader, path):
    page = reader.get(path).text
    found = set(re.findall(r'(?:href|src)="([^"#?]+)', page))
    assert found
    for address in found:
        assert reader.get(str(reader.base_url.join(path).join(address))).status_code == 200, address


@pytest.mark.parametrize("path", [p for p in PAGES if p != "/learn/glossary"])
def test_every_anchor_of_a_page_exists(reader, path):
    page = reader.get(path).text
    glossary = reader.get("/learn/glossary").text
    for target, anchor in re.findall(r'href="([^"#?]*)#([^"]+)"', page):
        text = glossary if target == "glossary" else reader.get(f"/learn/{target}").text
        assert f'id="{anchor}"' in (text if target else page), (target, anchor)


def test_the_language_comes_from_the_address_the_cookie_or_the_browser(reader):
    def language(**options):
        return re.search(r'<html lang="([^"]+)"', reader.get("/learn/", **options).text)[1]

    assert language(headers={"Accept-Language": "zh-TW,zh;q=0.9"}) == "zh-CN"
    assert language(headers={"Accept-Language": "fr"}) == "en"
    assert language(params={"lang": "zh"}) == "zh-CN"
    assert language(headers={"Accept-Language": "en"}) == "zh-CN"  # the cookie
    assert language(params={"lang": "en"}) == "en"


def test_data_is_served_and_an_unknown_name_is_an_error(reader):
    answer = reader.get("/learn/data/cascade")
    assert answer.status_code == 200
    assert len(answer.content) > 1000
    missing = reader.get("/learn/data/gone")
    assert missing.status_code == 400
    assert "gone" in missing.json()["error"]["message"]
    assert "没有" in missing.json()["error"]["translations"]["zh"]


def test_the_start_of_the_server_leads_to_the_course(reader):
    assert reader.get("/").url.path == "/learn/"
    assert reader.get("/learn").url.path == "/learn/"


def test_the_studio_serves_the_course_of_its_workspace(client):
    assert client.get("/learn/").status_code == 200
    assert 'href="../"' in client.get("/learn/").text
    assert client.get("/learn/data/gone").status_code == 400
