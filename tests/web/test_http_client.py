from __future__ import annotations

import gzip
import socket
import zlib

import pytest

import moue
from moue.dataset.collect.http.fetch_error import FetchError
from moue.dataset.collect.http.http_client import ACCEPT_IMAGE, FetchedBody
from webserver import body, raw, redirect, status

CUT = 0.3
"""Seconds after which a client that hurries gives a server up."""


@pytest.fixture
def public(monkeypatch):
    """A host of the internet, which is this machine."""
    look_up, ip = socket.getaddrinfo, "93.184.216.34"

    def named(host, port, **more):
        return look_up(ip if host == "site.example" else host, port, **more)

    class Socket(socket.socket):
        def connect(self, where):
            super().connect(("127.0.0.1", where[1]) if where[0] == ip else where)

    monkeypatch.setattr(socket, "getaddrinfo", named)
    monkeypatch.setattr(socket, "socket", Socket)
    return "site.example"


def reason(client, url, **more):
    with pytest.raises(FetchError) as caught:
        client.get(url, **more)
    return caught.value.reason


def test_response_has_body_type_and_url(client, site):
    url = site.picture("/a.jpg", 1)
    answer = client().get(url, ACCEPT_IMAGE)
    assert answer.body[:2] == b"\xff\xd8"
    assert (answer.url, answer.type) == (url, "image/jpeg")


def test_user_agent_names_moue_and_the_contact(client, site):
    site.on("/", body("hello"))
    client(contact="ann@example.org").get(site.url("/"))
    agent = site.headers[-1]["User-Agent"]
    assert agent.startswith(f"moue/{moue.__version__} (collects pictures")
    assert "ann@example.org" in agent


def test_text_uses_the_stated_charset(client, site):
    site.on("/gbk", body("微笑".encode("gbk"), 'text/html; charset="GBK"'))
    site.on("/utf", body("微笑".encode()))
    asking = client()
    assert [asking.get(site.url(p)).text() for p in ("/gbk", "/utf")] == ["微笑"] * 2


@pytest.mark.parametrize("charset", ["klingon", "undefined", "idna", "zlib", "a\0b", '"'])
def test_unknown_charset_falls_back_to_utf_8(charset):
    assert FetchedBody("", f"text/html; charset={charset}", "微笑".encode()).text() == "微笑"


@pytest.mark.parametrize(
    ("encoding", "pack"),
    [("gzip", gzip.compress), ("deflate", zlib.compress), ("identity", bytes)],
)
def test_compressed_body_is_decompressed(client, site, encoding, pack):
    site.on("/", body(pack(b"words " * 50), Content_Encoding=encoding))
    assert client().get(site.url("/")).body == b"words " * 50


def test_chunked_body_is_joined(client, site):
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    site.on("/", raw(head + b"5\r\nhello\r\n1;x=y\r\n!\r\n0\r\n\r\n"))
    assert client().get(site.url("/")).body == b"hello!"


def test_connections_are_reused_and_stale_ones_replaced(client, site):
    ports = []

    def where(handler):
        ports.append(handler.client_address[1])
        handler.close_connection = len(ports) == 2  # without having said so
        body("x")(handler)

    site.on("/", where)
    asking = client(robots=False)
    for _ in range(3):
        assert asking.get(site.url("/")).body == b"x"
    assert ports[0] == ports[1] != ports[2]


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (404, "gone"),
        (410, "gone"),
        (403, "gone"),
        (500, "server_error"),
        (304, "gone"),
        (204, "gone"),
    ],
)
def test_http_status_becomes_a_reason(client, site, code, expected):
    site.on("/", status(code))
    with pytest.raises(FetchError) as caught:
        client().get(site.url("/"))
    assert (caught.value.reason, caught.value.status) == (expected, code)


def test_body_shorter_than_stated_is_cut_short(client, site):
    site.on("/", raw(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nfew"))
    assert reason(client(), site.url("/")) == "cut_short"


def test_surplus_bytes_never_become_the_next_response(client, site):
    forged = b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged"

    def lie(handler):
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ntrue" + forged)

    site.on("/lie", lie)
    site.on("/next", body("next"))
    asking = client(robots=False)
    assert asking.get(site.url("/lie")).body == b"true"
    assert asking.get(site.url("/next")).body == b"next"


def test_incomplete_chunked_body_is_cut_short(client, site):
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    site.on("/", raw(head + b"ff\r\nhello"))
    assert reason(client(), site.url("/")) == "cut_short"


@pytest.mark.parametrize(
    "junk",
    [b"", b"\x00\xff" * 99, b"HTTP/9 what\r\n\r\n", b"hello\r\n\r\n", b"HTTP/1.1 99999 x\r\n\r\n"],
)
def test_junk_response_is_reported(client, site, junk):
    site.on("/", raw(junk))
    assert reason(client(), site.url("/")) in ("bad_answer", "unreachable")


def test_broken_gzip_is_cut_short(client, site):
    site.on("/", body(b"no gzip at all", Content_Encoding="gzip"))
    assert reason(client(), site.url("/")) == "cut_short"


def test_closed_port_is_unreachable(client):
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{held.getsockname()[1]}/"
        assert reason(client(), url) == "unreachable"


def test_https_to_a_plain_http_server_is_unreachable(client, site):
    assert reason(client(), site.url("/").replace("http:", "https:")) == "unreachable"


# redirects


def test_redirects_are_followed(client, site):
    site.on("/a", redirect("b", 301))
    site.on("/b", redirect(site.url("/c"), 308))
    site.on("/c", body("here"))
    answer = client().get(site.url("/a"))
    assert (answer.body, answer.url) == (b"here", site.url("/c"))


def test_redirect_loop_ends(client, site):
    site.on("/a", redirect("/b"))
    site.on("/b", redirect("/a"))
    assert reason(client(max_redirects=4), site.url("/a")) == "redirects"
    assert len(site.paths()) == 5


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("http://127.0.0.1/", "refused"),
        ("http://169.254.169.254/latest/meta-data", "refused"),
        ("http://[::ffff:10.0.0.1]/", "refused"),
        ("file:///etc/passwd", "not_http"),
        ("ftp://example.org/a", "not_http"),
    ],
)
def test_redirect_to_a_forbidden_address_is_refused(client, site, public, where, expected):
    site.on("/", redirect(where))
    assert reason(client(allow_private=False), f"http://{public}:{site.port}/") == expected
    assert site.paths() == ["/"]


def test_dns_rebinding_gains_nothing(client, site, monkeypatch):
    """DNS rebinding: the connection goes to the address that was checked, not to the name."""
    looked_up = []

    def min_change(host, port, **_):
        looked_up.append(host)
        ip = "127.0.0.1" if len(looked_up) == 1 else "10.255.255.1"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, port))]

    monkeypatch.setattr(socket, "getaddrinfo", min_change)
    site.on("/", body("once"))
    url = f"http://rebind.example:{site.port}/"
    assert client(robots=False).get(url).body == b"once"
    assert looked_up == ["rebind.example"]


def test_private_address_needs_allow_private(client, site):
    site.on("/", body("inside"))
    assert reason(client(allow_private=False), site.url("/")) == "refused"
    assert site.asked == []
    assert client(allow_private=True).get(site.url("/")).body == b"inside"
