"""Every behaviour of a hostile server ends in a reason, within its limits of bytes and time."""

from __future__ import annotations

import gzip
import time
import tracemalloc
import zlib

import pytest

import hostile
from moue.dataset.collect.http.fetch_error import FetchError
from moue.dataset.collect.http.http_client import ACCEPT_IMAGE, FetchedBody, _retry_after
from webserver import body, raw, served

LIMIT = 1_000_000
PARTS = (hostile.chunk_sizes, hostile.lengths, hostile.heads, hostile.compressed)
NAMES = sorted(name for part in PARTS for name in part(None))


@pytest.fixture(scope="module")
def server():
    with served() as site:
        hostile.serve(site, hostile.hostile(site) | hostile.cuts(site))
        yield site


def outcome(client, url):
    try:
        client.get(url, ACCEPT_IMAGE)
    except FetchError as failure:
        return failure.reason
    return None


@pytest.mark.parametrize("name", NAMES)
def test_bad_response_has_a_reason_and_bounded_memory(client, server, name):
    asking = client(robots=False, max_bytes=LIMIT, timeout=1.5)
    tracemalloc.start()
    try:
        reason = outcome(asking, server.url(f"/{name}"))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert reason in ("bad_answer", "cut_short", "too_large", "timeout", "unreachable")
    assert peak < 20 * LIMIT


def test_invalid_chunk_size_is_a_bad_answer(client, server):
    asking = client(robots=False)
    for name in ("minus-one", "minus-five", "huge", "hex-garbage", "empty", "plus", "underscore"):
        assert outcome(asking, server.url(f"/chunk-{name}")) == "bad_answer", name


def test_connection_closed_at_any_byte_has_a_reason(client, server):
    asking = client(robots=False)
    replies = hostile.cuts(server)
    reasons = {name: outcome(asking, server.url(f"/{name}")) for name in replies}
    assert set(reasons.values()) == {"unreachable", "cut_short"}
    assert reasons["cut-0"] == "unreachable"


@pytest.mark.parametrize("name", ["gzip-cut", "gzip-cut-by-one", "gzip-one-byte", "deflate-cut",
                                  "deflate-raw-cut", "gzip-wrong-sum"])  # fmt: skip
def test_incomplete_compressed_body_is_cut_short(client, server, name):
    assert outcome(client(robots=False), server.url(f"/{name}")) == "cut_short"


@pytest.mark.parametrize("name", ["gzip-bomb", "deflate-bomb"])
def test_compression_bombs_are_too_large(client, server, name):
    assert outcome(client(robots=False), server.url(f"/{name}")) == "too_large"


def test_every_compression_format_is_read(client, site):
    text = b"words " * 5000
    raw_deflate = zlib.compress(text)[2:-4]
    forms = {"gzip": gzip.compress(text) + bytes(100), "deflate": zlib.compress(text)}
    for name, data in [*forms.items(), ("deflate", raw_deflate), ("x-gzip", gzip.compress(text))]:
        site.on("/", body(data, Content_Encoding=name))
        assert client(robots=False).get(site.url("/")).body == text


def test_compressed_body_may_arrive_byte_by_byte(client, site):
    data = gzip.compress(b"hello")
    chunks = b"".join(b"1\r\n" + bytes([byte]) + b"\r\n" for byte in data) + b"0\r\n\r\n"
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n"
    site.on("/", raw(head + chunks))
    assert client(robots=False).get(site.url("/")).body == b"hello"


def test_interim_responses_are_skipped(client, site):
    site.on("/", raw(hostile.INTERIM * 3 + b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"))
    assert client(robots=False).get(site.url("/")).body == b"hi"


def test_connection_is_reused_after_a_404(client, site):
    ports = set()

    def gone(handler):
        ports.add(handler.client_address[1])
        handler.wfile.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\ngone")

    site.on("/", gone)
    asking = client(robots=False)
    for _ in range(3):
        assert outcome(asking, site.url("/")) == "gone"
    assert len(ports) == 1


@pytest.mark.parametrize(
    "page",
    [
        b"<!doctype html><head><meta charset=gbk>%s",
        b"<META http-equiv='Content-Type' content='text/html; charset = \"GB2312\"'><title>%s",
    ],
)
def test_the_charset_of_a_page_counts_where_the_header_names_none(page):
    body = page % "\u5fae\u7b11".encode("gbk")
    assert FetchedBody("", "text/html", body).text().endswith("\u5fae\u7b11")
    assert "\u5fae" not in FetchedBody("", "text/html; charset=utf-8", body).text()
    assert "\u5fae" not in FetchedBody("", "text/html", b" " * 1024 + body).text()


@pytest.mark.parametrize("zone", ["UTC", "Asia/Shanghai", "America/New_York"])
@pytest.mark.parametrize("form", ["%a, %d %b %Y %H:%M:%S GMT", "%a %b %d %H:%M:%S %Y"])
def test_a_date_of_retry_after_is_in_utc_wherever_moue_runs(monkeypatch, zone, form):
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        assert 900 < _retry_after(time.strftime(form, time.gmtime(time.time() + 1000)), 2) <= 1000
    finally:
        monkeypatch.undo()
        time.tzset()
