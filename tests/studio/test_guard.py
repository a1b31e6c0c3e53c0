"""Who may use the studio."""

from __future__ import annotations

import pytest

STATE = "/api/v1/state"


def test_a_program_with_the_key_gets_the_state(client):
    answer = client.get(STATE)
    assert answer.status_code == 200
    assert answer.json()["labels"] == ["none", "pout", "smile", "open"]


def test_a_stranger_gets_nothing(stranger):
    answer = stranger.get(STATE)
    assert answer.status_code == 401
    assert "labels" not in answer.json()


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:8765", "127.0.0.1.evil.example", "127.0.0.1@evil.example",
     "localhost:80:80", "127.0.0.1:x", "", "[::1", "0.0.0.0", "127.0.0.1/", "localhost.evil.com:1"],
)  # fmt: skip
def test_a_foreign_host_is_refused(client, host):
    answer = client.get(STATE, headers={"host": host})
    assert answer.status_code == 403
    assert answer.json()["error"]["code"] == "host"


@pytest.mark.parametrize("host", ["127.0.0.1:8765", "localhost:9000", "LOCALHOST", "[::1]:8765"])
def test_names_of_this_machine_are_served(client, host):
    assert client.get(STATE, headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    "origin",
    ["http://evil.example", "null", "http://127.0.0.1:3000", "http://localhost:8765", "file://",
     "http://127.0.0.1:8765.evil.example", "x", "http://["],
)  # fmt: skip
def test_a_foreign_origin_is_refused(client, origin):
    answer = client.get(STATE, headers={"origin": origin})
    assert answer.status_code == 403
    assert answer.json()["error"]["code"] == "origin"


def test_the_own_origin_is_served(client):
    answer = client.get(STATE, headers={"origin": "http://127.0.0.1:8765"})
    assert answer.status_code == 200


def test_every_answer_has_the_security_headers(client, stranger):
    for answer in (client.get(STATE), client.get("/static/link_used.css"), client.get("/nothing")):
        assert answer.headers["content-security-policy"].startswith("default-src 'self';")
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"


def test_a_token_opens_the_studio_once(stranger, studio):
    link = f"/?token={studio.access.new_token()}"
    assert stranger.get(link).status_code == 200
    cookie = stranger.cookies[studio.access.cookie]
    assert stranger.get(STATE).status_code == 200  # by the cookie
    stranger.cookies.clear()
    again = stranger.get(link)
    assert again.status_code == 403
    assert "moue studio" in again.text
    assert "这个链接已经用过" in again.text
    assert not stranger.cookies
    stranger.cookies.set(studio.access.cookie, cookie)
    assert stranger.get("/").status_code == 200


def test_the_cookie_is_strict_and_hidden_from_scripts(stranger, studio):
    answer = stranger.get(f"/?token={studio.access.new_token()}")
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert "path=/" in cookie


@pytest.mark.parametrize(
    "path", ["/static/../app.py", "/static/%2e%2e/app.py", "/static/..%2fapp.py"]
)
def test_static_files_are_those_of_the_package_only(client, path):
    assert client.get(path).status_code == 404
