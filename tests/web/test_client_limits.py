from __future__ import annotations

import gzip
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from moue.dataset.collect.http.fetch_error import FetchError
from webserver import body, in_turn, redirect, status

CUT = 0.3


def reason(client, url, **more):
    with pytest.raises(FetchError) as caught:
        client.get(url, **more)
    return caught.value.reason


# hostile and broken servers


def test_hanging_server_times_out(client, site):
    site.on("/", lambda _: site.over.wait())
    assert reason(client(timeout=CUT), site.url("/")) == "timeout"


@pytest.mark.parametrize("head", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n"])
def test_dripping_server_times_out(client, site, head):
    """Each byte comes soon enough for a socket's own timeout; their sum does not."""

    def drip(handler):
        handler.wfile.write(head)
        while not site.over.wait(CUT / 10):
            handler.wfile.write(b"H" if not head else b"x")
            handler.wfile.flush()

    site.on("/", drip)
    assert reason(client(timeout=CUT), site.url("/")) == "timeout"


def test_time_limit_covers_all_redirects(client, site):
    def slow(handler):
        site.over.wait(CUT / 3)
        redirect("/")(handler)

    site.on("/", slow)
    assert reason(client(timeout=CUT, max_redirects=20), site.url("/")) == "timeout"
    assert len(site.paths()) < 5


def test_endless_body_is_too_large(client, site):
    def endless(handler):
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while not site.over.is_set():
            handler.wfile.write(bytes(65536))

    site.on("/", endless)
    assert reason(client(max_bytes=1_000_000), site.url("/")) == "too_large"


def test_endless_headers_are_a_bad_answer(client, site):
    def endless(handler):
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
        while not site.over.is_set():
            handler.wfile.write(b"X-More: " + b"a" * 1000 + b"\r\n")

    site.on("/", endless)
    assert reason(client(), site.url("/")) == "bad_answer"


def test_stated_length_over_the_limit_fails_at_once(client, site):
    def boast(handler):
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n")
        site.over.wait()

    site.on("/", boast)
    assert reason(client(), site.url("/")) == "too_large"


@pytest.mark.parametrize("layers", [1, 2])
def test_gzip_bomb_is_refused(client, site, layers):
    packed = gzip.compress(bytes(50_000_000))
    site.on("/", body(packed, Content_Encoding="gzip" + ", gzip" * (layers - 1)))
    assert reason(client(), site.url("/")) == ("too_large" if layers == 1 else "bad_answer")


# busy servers


def test_busy_server_is_retried(client, site):
    site.on("/", in_turn(status(503, Retry_After="0"), status(429, Retry_After="0"), body("now")))
    assert client().get(site.url("/")).body == b"now"


def test_busy_server_gets_three_requests_at_most(client, site):
    site.on("/", status(429, Retry_After="0"))
    assert reason(client(robots=False), site.url("/")) == "rate_limited"
    assert len(site.asked) == 3


@pytest.mark.parametrize("after", ["²", "soon", "Mon, 99 Foo 2026"])
def test_invalid_retry_after_uses_the_default(client, site, after):
    site.on("/", status(429, Retry_After=after))
    assert reason(client(robots=False), site.url("/")) == "rate_limited"
    assert len(site.asked) == 1


@pytest.mark.parametrize("after", ["3600", "Wed, 21 Oct 2099 07:28:00 GMT"])
def test_long_back_off_blocks_the_host(client, site, after):
    site.on("/", status(429, Retry_After=after))
    site.on("/other", body("x"))
    asking = client(robots=False)
    assert reason(asking, site.url("/")) == "rate_limited"
    assert reason(asking, site.url("/other")) == "rate_limited"
    assert site.paths() == ["/"]


def test_concurrent_requests_per_host_are_limited(client, site):
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


def test_close_ends_running_requests(client, site):
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
