from __future__ import annotations

import gzip
import socket
import threading
import zlib
from concurrent.futures import ThreadPoolExecutor

import pytest

import moue
from moue.dataset.collect.http.fetch_error import FetchError
from moue.dataset.collect.http.http_client import ACCEPT_IMAGE, FetchedBody
from webserver import body, in_turn, raw, redirect, status

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


def test_an_answer_has_its_bytes_its_type_and_where_it_was(client, site):
    url = site.picture("/a.jpg", 1)
    answer = client().get(url, ACCEPT_IMAGE)
    assert answer.body[:2] == b"\xff\xd8"
    assert (answer.url, answer.type) == (url, "image/jpeg")


def test_it_says_who_asks_and_why(client, site):
    site.on("/", body("hello"))
    client(contact="ann@example.org").get(site.url("/"))
    agent = site.headers[-1]["User-Agent"]
    assert agent.startswith(f"moue/{moue.__version__} (collects pictures")
    assert "ann@example.org" in agent


def test_text_is_read_in_the_encoding_that_is_stated(client, site):
    site.on("/gbk", body("微笑".encode("gbk"), 'text/html; charset="GBK"'))
    site.on("/utf", body("微笑".encode()))
    asking = client()
    assert [asking.get(site.url(p)).text() for p in ("/gbk", "/utf")] == ["微笑"] * 2


@pytest.mark.parametrize("charset", ["klingon", "undefined", "idna", "zlib", "a\0b", '"'])
def test_text_in_an_encoding_that_is_none_is_read_as_utf_8(charset):
    assert FetchedBody("", f"text/html; charset={charset}", "微笑".encode()).text() == "微笑"


@pytest.mark.parametrize(
    ("encoding", "pack"),
    [("gzip", gzip.compress), ("deflate", zlib.compress), ("identity", bytes)],
)
def test_packed_content_is_unpacked(client, site, encoding, pack):
    site.on("/", body(pack(b"words " * 50), Content_Encoding=encoding))
    assert client().get(site.url("/")).body == b"words " * 50


def test_chunks_are_put_together(client, site):
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    site.on("/", raw(head + b"5\r\nhello\r\n1;x=y\r\n!\r\n0\r\n\r\n"))
    assert client().get(site.url("/")).body == b"hello!"


def test_a_line_is_used_again_and_a_stale_one_is_replaced(client, site):
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
def test_a_status_is_a_reason(client, site, code, expected):
    site.on("/", status(code))
    with pytest.raises(FetchError) as caught:
        client().get(site.url("/"))
    assert (caught.value.reason, caught.value.status) == (expected, code)


# hostile and broken servers


def test_a_server_that_hangs_ends_at_the_time_limit(client, site):
    site.on("/", lambda _: site.over.wait())
    assert reason(client(timeout=CUT), site.url("/")) == "timeout"


@pytest.mark.parametrize("head", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n"])
def test_a_server_that_drips_ends_at_the_time_limit(client, site, head):
    """Each byte comes soon enough for a socket's own timeout; their sum does not."""

    def drip(handler):
        handler.wfile.write(head)
        while not site.over.wait(CUT / 10):
            handler.wfile.write(b"H" if not head else b"x")
            handler.wfile.flush()

    site.on("/", drip)
    assert reason(client(timeout=CUT), site.url("/")) == "timeout"


def test_the_time_limit_is_for_one_file_through_all_redirects(client, site):
    def slow(handler):
        site.over.wait(CUT / 3)
        redirect("/")(handler)

    site.on("/", slow)
    assert reason(client(timeout=CUT, max_redirects=20), site.url("/")) == "timeout"
    assert len(site.paths()) < 5


def test_an_endless_body_ends_at_the_limit_of_bytes(client, site):
    def endless(handler):
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while not site.over.is_set():
            handler.wfile.write(bytes(65536))

    site.on("/", endless)
    assert reason(client(max_bytes=1_000_000), site.url("/")) == "too_large"


def test_endless_headers_end(client, site):
    def endless(handler):
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
        while not site.over.is_set():
            handler.wfile.write(b"X-More: " + b"a" * 1000 + b"\r\n")

    site.on("/", endless)
    assert reason(client(), site.url("/")) == "bad_answer"


def test_a_stated_length_over_the_limit_is_not_waited_for(client, site):
    def boast(handler):
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n")
        site.over.wait()

    site.on("/", boast)
    assert reason(client(), site.url("/")) == "too_large"


def test_a_length_that_promises_more_than_comes_is_cut_short(client, site):
    site.on("/", raw(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nfew"))
    assert reason(client(), site.url("/")) == "cut_short"


def test_what_comes_beyond_the_stated_length_is_never_taken_for_the_next_answer(client, site):
    forged = b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged"

    def lie(handler):
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ntrue" + forged)

    site.on("/lie", lie)
    site.on("/next", body("next"))
    asking = client(robots=False)
    assert asking.get(site.url("/lie")).body == b"true"
    assert asking.get(site.url("/next")).body == b"next"


def test_chunks_that_break_off_are_cut_short(client, site):
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    site.on("/", raw(head + b"ff\r\nhello"))
    assert reason(client(), site.url("/")) == "cut_short"


@pytest.mark.parametrize("layers", [1, 2])
def test_a_bomb_of_gzip_is_defused(client, site, layers):
    packed = gzip.compress(bytes(50_000_000))
    site.on("/", body(packed, Content_Encoding="gzip" + ", gzip" * (layers - 1)))
    assert reason(client(), site.url("/")) == ("too_large" if layers == 1 else "bad_answer")


@pytest.mark.parametrize(
    "junk",
    [b"", b"\x00\xff" * 99, b"HTTP/9 what\r\n\r\n", b"hello\r\n\r\n", b"HTTP/1.1 99999 x\r\n\r\n"],
)
def test_junk_is_a_reason(client, site, junk):
    site.on("/", raw(junk))
    assert reason(client(), site.url("/")) in ("bad_answer", "unreachable")


def test_broken_gzip_is_a_reason(client, site):
    site.on("/", body(b"no gzip at all", Content_Encoding="gzip"))
    assert reason(client(), site.url("/")) == "cut_short"


def test_a_port_where_nobody_listens_is_unreachable(client):
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{held.getsockname()[1]}/"
        assert reason(client(), url) == "unreachable"


def test_https_with_a_server_that_knows_none_is_unreachable(client, site):
    assert reason(client(), site.url("/").replace("http:", "https:")) == "unreachable"


# redirects


def test_redirects_are_followed_to_the_end(client, site):
    site.on("/a", redirect("b", 301))
    site.on("/b", redirect(site.url("/c"), 308))
    site.on("/c", body("here"))
    answer = client().get(site.url("/a"))
    assert (answer.body, answer.url) == (b"here", site.url("/c"))


def test_a_circle_of_redirects_ends(client, site):
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
def test_a_redirect_may_not_lead_to_where_may_not_be_gone(client, site, public, where, expected):
    site.on("/", redirect(where))
    assert reason(client(allow_private=False), f"http://{public}:{site.port}/") == expected
    assert site.paths() == ["/"]


def test_a_name_that_changes_its_mind_after_the_check_gains_nothing(client, site, monkeypatch):
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


def test_private_addresses_are_refused_unless_allowed(client, site):
    site.on("/", body("inside"))
    assert reason(client(allow_private=False), site.url("/")) == "refused"
    assert site.asked == []
    assert client(allow_private=True).get(site.url("/")).body == b"inside"


# busy servers


def test_a_busy_server_is_asked_again_after_its_rest(client, site):
    site.on("/", in_turn(status(503, Retry_After="0"), status(429, Retry_After="0"), body("now")))
    assert client().get(site.url("/")).body == b"now"


def test_a_server_that_stays_busy_is_left_alone(client, site):
    site.on("/", status(429, Retry_After="0"))
    assert reason(client(robots=False), site.url("/")) == "rate_limited"
    assert len(site.asked) == 3


@pytest.mark.parametrize("after", ["²", "soon", "Mon, 99 Foo 2026"])
def test_a_rest_that_cannot_be_read_is_short(client, site, after):
    site.on("/", status(429, Retry_After=after))
    assert reason(client(robots=False), site.url("/")) == "rate_limited"
    assert len(site.asked) == 1


@pytest.mark.parametrize("after", ["3600", "Wed, 21 Oct 2099 07:28:00 GMT"])
def test_a_long_rest_is_not_waited_for_and_nobody_asks_meanwhile(client, site, after):
    site.on("/", status(429, Retry_After=after))
    site.on("/other", body("x"))
    asking = client(robots=False)
    assert reason(asking, site.url("/")) == "rate_limited"
    assert reason(asking, site.url("/other")) == "rate_limited"
    assert site.paths() == ["/"]


def test_no_more_are_asked_of_one_host_at_once_than_may_be(client, site):
    under_way, most, lock = [0], [0], threading.Lock()
    met = threading.Barrier(2)

    def count(handler):
        with lock:
            under_way[0] += 1
            most[0] = max(most[0], under_way[0])
        met.wait(5)
        with lock:
            under_way[0] -= 1
        body("x")(handler)

    site.on("/", count)
    asking = client(robots=False, max_per_host=2)
    with ThreadPoolExecutor(8) as pool:
        assert all(a.body == b"x" for a in pool.map(asking.get, [site.url("/")] * 8))
    assert most == [2]


def test_closing_ends_what_is_under_way(client, site):
    arrived = threading.Event()

    def hang(_):
        arrived.set()
        site.over.wait()

    site.on("/", hang)
    site.on("/before", body("x"))
    asking = client(robots=False)
    asking.get(site.url("/before"))  # so that the connection is used again
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(asking.get, site.url("/"))
        arrived.wait(5)
        asking.close()
        assert isinstance(waiting.exception(5), FetchError)
    assert site.paths() == ["/before", "/"]
