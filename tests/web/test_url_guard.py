from __future__ import annotations

import socket
from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moue.dataset.collect.http.fetch_error import FetchError
from moue.dataset.collect.http.url_guard import (
    check_host_name,
    is_cloud_metadata,
    is_public_ip,
    parse_url,
    resolve_host,
)


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
def test_urls_are_normalised(url, spelt):
    assert str(parse_url(url)) == spelt
    assert str(parse_url(spelt)) == spelt


def test_relative_url_is_joined_with_its_page():
    assert (
        str(parse_url("../b.jpg", "http://example.org/x/y/z.html")) == "http://example.org/x/b.jpg"
    )
    assert (
        str(parse_url("//cdn.example/b.jpg", "https://example.org/")) == "https://cdn.example/b.jpg"
    )


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
def test_invalid_urls_are_refused(url):
    with pytest.raises(FetchError) as caught:
        parse_url(url)
    assert caught.value.reason == "not_http"


def test_a_password_in_a_url_is_refused_and_not_repeated():
    with pytest.raises(FetchError, match="user name and password in URLs") as caught:
        parse_url("http://user:secret@example.org/a.jpg")
    assert "secret" not in str(caught.value)


@given(st.text(st.characters(exclude_categories=()), max_size=60))
def test_any_text_is_a_url_or_an_error(text):
    try:
        address = parse_url(text, "http://example.org/a")
    except FetchError:
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
        "2606:4700::5efe:127.0.0.1", "2606:4700::5efe:a00:1", "2606:4700::200:5efe:192.168.1.1",
        "2606:4700::5efe:168.63.129.16", "::ffff:0:127.0.0.1",
        "2001:0:4136:e378:8000:63bf:f5ff:fffe",
        "2001:0:7f00:1::1", "2002:a9fe:a9fe::1", "168.63.129.16", "::ffff:168.63.129.16",
        "64:ff9b::a83f:8110", "2002:a83f:8110::", "100.100.100.200",
    ],
)  # fmt: skip
def test_private_and_reserved_addresses_are_not_public(ip):
    assert not is_public_ip(ip)


@pytest.mark.parametrize(
    "ip",
    [
        "8.8.8.8",
        "93.184.216.34",
        "2606:4700::1111",
        "::ffff:8.8.8.8",
        "64:ff9b::808:808",
        "168.63.129.17",
        "2606:4700::5efe:8.8.8.8",
        "2606:4700:0:0:5efe:7f00:1:1",
    ],
)
def test_internet_addresses_are_public(ip):
    assert is_public_ip(ip)


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "[::1]", "[::ffff:127.0.0.1]", "0"]
)
def test_every_spelling_of_localhost_is_refused(host):
    with pytest.raises(FetchError) as caught:
        resolve_host(parse_url(f"http://{host}/"), allow_private=False)
    assert caught.value.reason in ("refused", "no_host")
    with pytest.raises(FetchError):
        check_host_name(parse_url(f"http://{host}/"), allow_private=False)


def test_only_public_addresses_of_a_name_are_used(monkeypatch):
    def answer(host, port, **_):
        addresses = ("10.0.0.1", "93.184.216.34", "127.0.0.1")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, port)) for ip in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", answer)
    places = resolve_host(parse_url("http://example.org/"), allow_private=False)
    assert places == [(socket.AF_INET, ("93.184.216.34", 80))]
    assert len(resolve_host(parse_url("http://example.org/"), allow_private=True)) == 3


@pytest.mark.parametrize(
    "host",
    [
        "router.local", "db.internal", "intranet", "nas.home.arpa", "localhost.localdomain",
        "localhost。", "127.0.0.1。",
    ],
)  # fmt: skip
def test_local_names_are_refused_behind_a_proxy(host):
    with pytest.raises(FetchError, match="refused"):
        check_host_name(parse_url(f"http://{host}/"), allow_private=False)
    check_host_name(parse_url(f"http://{host}/"), allow_private=True)
    check_host_name(parse_url("http://example.org/"), allow_private=False)


METADATA = [
    "169.254.169.254", "169.254.170.2", "169.254.42.42", "168.63.129.16", "100.100.100.200",
    "192.0.0.192", "fd00:ec2::254", "fd20:ce::254", "::ffff:169.254.169.254", "::a9fe:a9fe",
    "64:ff9b::a9fe:a9fe", "2002:a9fe:a9fe::", "fe80::5efe:169.254.169.254",
    "fd12::200:5efe:a83f:8110",
]  # fmt: skip


@pytest.mark.parametrize("ip", METADATA)
@pytest.mark.parametrize("allow_private", [False, True])
def test_cloud_metadata_is_always_refused(ip, allow_private, monkeypatch):
    """Nothing is connected to here: the address is refused when its name has been looked up."""
    assert is_cloud_metadata(ip)
    family = socket.AF_INET6 if ":" in ip else socket.AF_INET
    answer = [(family, socket.SOCK_STREAM, 6, "", (ip, 80))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: answer)
    with pytest.raises(FetchError, match="moue never connects to cloud metadata") as caught:
        resolve_host(parse_url("http://friendly.example/"), allow_private)
    assert caught.value.reason == "refused"
    with pytest.raises(FetchError, match="moue never connects to cloud metadata"):
        check_host_name(
            parse_url(f"http://[{ip}]/" if ":" in ip else f"http://{ip}/"), allow_private
        )


@pytest.mark.parametrize(
    "host",
    [
        "metadata.google.internal", "METADATA", "instance-data", "2852039166", "0xa9fea9fe",
        "169.254.43518", "0251.0376.0251.0376", "169.254.169.254.",
    ],
)  # fmt: skip
def test_metadata_names_never_reach_a_proxy(host):
    with pytest.raises(FetchError, match="moue never connects to cloud metadata"):
        check_host_name(parse_url(f"http://{host}/"), allow_private=True)


def test_allow_private_allows_private_addresses(monkeypatch):
    for ip in ("10.0.0.1", "192.168.7.7", "127.0.0.1"):
        answer = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, 80))]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, answer=answer, **__: answer)
        assert resolve_host(parse_url("http://nas.example/"), allow_private=True)
        with pytest.raises(FetchError, match="need --allow-private"):
            resolve_host(parse_url("http://nas.example/"), allow_private=False)


@given(st.integers(0, 2**32 - 1))
def test_ipv6_forms_are_checked_like_their_ipv4_address(number):
    ip = IPv4Address(number)
    forms = [0xFFFF << 32 | number, 0x64FF9B << 96 | number, 0x2002 << 112 | number << 80]
    isatap = 0x26064700 << 96 | 0x5EFE << 32 | number
    for form in (*forms, isatap):
        text = str(IPv6Address(form))
        assert is_public_ip(text) == is_public_ip(str(ip)), text
        assert is_cloud_metadata(text) == is_cloud_metadata(str(ip)), text
