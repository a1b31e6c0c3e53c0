from __future__ import annotations

import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moue.web.address import check_name, is_public, parse, resolve
from moue.web.failure import Failure


@pytest.mark.parametrize(
    ("url", "spelt"),
    [
        ("http://Example.ORG", "http://example.org/"),
        ("https://example.org:443/a b?q=ü#part", "https://example.org/a%20b?q=%C3%BC"),
        ("http://example.org:8080/%E4%B8%AD?x=1&y=[2]", "http://example.org:8080/%E4%B8%AD?x=1&y=[2]"),
        ("http://bücher.example/", "http://xn--bcher-kva.example/"),
        ("http://example.org./a", "http://example.org/a"),
        ("http://example.org//a//b", "http://example.org//a//b"),
        ("http://[2001:DB8::1]:81/", "http://[2001:db8::1]:81/"),
        (" \thttp://example.org/a\n", "http://example.org/a"),
    ],
)  # fmt: skip
def test_one_address_has_one_spelling(url, spelt):
    assert str(parse(url)) == spelt
    assert str(parse(spelt)) == spelt


def test_a_relative_address_counts_from_its_page():
    assert str(parse("../b.jpg", "http://example.org/x/y/z.html")) == "http://example.org/x/b.jpg"
    assert str(parse("//cdn.example/b.jpg", "https://example.org/")) == "https://cdn.example/b.jpg"


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.org/a.jpg", "file:///etc/passwd", "javascript:alert(1)", "data:image/png,x",
        "gopher://example.org", "", "http://", "http:///a", "http://user:word@example.org/",
        "http://example.org:99999/", "http://exa mple.org/", "http://[::1", "a.jpg",
        "http://example.org/" + "a" * 5000, "http://example.org/\ud800", "http://a.b/?q=\ud800",
        "http://loc%61lhost.example/", "http://a\\b.example/", "http://[fe80::1%25eth0]/",
    ],
)  # fmt: skip
def test_what_is_no_http_address_is_refused(url):
    with pytest.raises(Failure) as caught:
        parse(url)
    assert caught.value.reason == "not_http"


@given(st.text(st.characters(exclude_categories=()), max_size=60))
def test_any_text_is_an_address_or_a_failure_and_never_breaks_a_line(text):
    try:
        address = parse(text, "http://example.org/a")
    except Failure:
        return
    request = f"GET {address.target} HTTP/1.1\r\nHost: {address.netloc}"
    assert request.isascii()
    assert len(request.split()) == 5


@pytest.mark.parametrize(
    "ip",
    [
        "127.0.0.1", "127.9.9.9", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254",
        "0.0.0.0", "100.64.0.1", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255",
        "192.0.0.8", "::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12::1", "ff02::1",
        "fec0::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1",
        "64:ff9b::a00:1", "64:ff9b:1::1", "2002:7f00:1::", "2002:c0a8:101::1", "2001:db8::1",
        "100::1",
    ],
)  # fmt: skip
def test_what_is_private_local_or_reserved_is_not_public(ip):
    assert not is_public(ip)


@pytest.mark.parametrize(
    "ip",
    ["8.8.8.8", "93.184.216.34", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"],
)
def test_what_is_of_the_internet_is_public(ip):
    assert is_public(ip)


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "[::1]", "[::ffff:127.0.0.1]", "0"]
)
def test_every_spelling_of_this_machine_is_refused(host):
    with pytest.raises(Failure) as caught:
        resolve(parse(f"http://{host}/"), allow_private=False)
    assert caught.value.reason in ("refused", "no_host")
    with pytest.raises(Failure):
        check_name(parse(f"http://{host}/"), allow_private=False)


def test_a_name_with_a_private_and_a_public_address_leads_to_the_public_one(monkeypatch):
    def answer(host, port, **_):
        addresses = ("10.0.0.1", "93.184.216.34", "127.0.0.1")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, port)) for ip in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", answer)
    places = resolve(parse("http://example.org/"), allow_private=False)
    assert places == [(socket.AF_INET, ("93.184.216.34", 80))]
    assert len(resolve(parse("http://example.org/"), allow_private=True)) == 3


@pytest.mark.parametrize(
    "host",
    [
        "router.local", "db.internal", "intranet", "nas.home.arpa", "localhost.localdomain",
        "localhost。", "127.0.0.1。",
    ],
)  # fmt: skip
def test_behind_a_proxy_local_names_are_refused_as_far_as_they_can_be_told(host):
    with pytest.raises(Failure, match="refused"):
        check_name(parse(f"http://{host}/"), allow_private=False)
    check_name(parse(f"http://{host}/"), allow_private=True)
    check_name(parse("http://example.org/"), allow_private=False)
