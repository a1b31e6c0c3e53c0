from __future__ import annotations

import socket
import socketserver
import threading
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from moue.dataset.collect.http.connection import tls_context
from moue.dataset.collect.http.fetch_error import FetchError
from webserver import body, served

CERTIFICATE = Path(__file__).with_name("localhost.pem")
"""A self-signed certificate for localhost and site.example, with its key."""


def pump(source, target):
    """Carry bytes until there are no more."""
    try:
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        pass


@pytest.fixture
def trusted(monkeypatch):
    """The certificate counts as one of the system's."""
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
    tls_context.cache_clear()
    yield
    tls_context.cache_clear()


@pytest.fixture
def secure():
    with served(CERTIFICATE) as site:
        site.on("/", body("secret"))
        yield site


@pytest.fixture
def proxy(monkeypatch):
    """A proxy that notes what it is asked and answers itself; and the environment names it."""
    seen = []

    class Handler(socketserver.StreamRequestHandler):
        def handle(self):
            lines = []
            while (line := self.rfile.readline().strip()) and len(lines) < 99:
                lines.append(line.decode())
            seen.append(lines)
            _, _, port = lines[0].split()[1].rpartition(":")
            if lines[0].startswith("CONNECT site.example"):
                self.wfile.write(b"HTTP/1.1 200 Continue\r\n\r\n")
                with socket.create_connection(("127.0.0.1", int(port))) as other:
                    back = threading.Thread(target=pump, args=[other, self.connection])
                    back.start()
                    pump(self.connection, other)
                    back.join()
            elif lines[0].startswith("CONNECT"):
                self.wfile.write(b"HTTP/1.1 403 Not that one\r\nContent-Length: 0\r\n\r\n")
            else:
                self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nby")

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=[0.01])
        thread.start()
        for name in ("no_proxy", "NO_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.delenv(name, raising=False)
        for name in ("http_proxy", "https_proxy"):
            monkeypatch.setenv(name, f"http://ann:word@127.0.0.1:{server.server_address[1]}")
        yield seen
        server.shutdown()
        thread.join()


def test_http_proxy_gets_the_whole_url(client, proxy):
    answer = client(robots=False, allow_private=False).get("http://example.org:81/a?b=c")
    assert answer.body == b"by"
    assert proxy[0][0] == "GET http://example.org:81/a?b=c HTTP/1.1"
    assert "Host: example.org:81" in proxy[0]
    assert "Proxy-Authorization: Basic YW5uOndvcmQ=" in proxy[0]


def test_refused_tunnel_is_reported(client, proxy):
    with pytest.raises(FetchError, match="403 Not that one"):
        client(robots=False).get("https://example.org/")
    assert proxy[0][0] == "CONNECT example.org:443 HTTP/1.1"


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "169.254.169.254", "2130706433"])
def test_private_hosts_are_refused_behind_a_proxy(client, proxy, host):
    with pytest.raises(FetchError, match="refused"):
        client(robots=False, allow_private=False).get(f"http://{host}/")
    assert proxy == []


def test_no_proxy_is_respected(client, proxy, site, monkeypatch):
    monkeypatch.setenv("no_proxy", urlsplit(site.root).hostname)
    site.on("/", body("itself"))
    assert client(robots=False).get(site.url("/")).body == b"itself"
    assert proxy == []


@pytest.mark.parametrize("address", ["http://127.0.0.1:port", "http://[::1", "127.0.0.1:99999"])
def test_an_invalid_proxy_address_is_reported(client, monkeypatch, address):
    monkeypatch.setenv("http_proxy", address)
    monkeypatch.setenv("no_proxy", "")
    with pytest.raises(FetchError, match="proxy URL of the environment"):
        client(robots=False).get("http://example.org/")


def test_unsupported_proxy_scheme_is_reported(client, monkeypatch):
    monkeypatch.setenv("http_proxy", "socks5://127.0.0.1:1")
    monkeypatch.setenv("no_proxy", "")
    with pytest.raises(FetchError, match="use an http:// proxy"):
        client(robots=False).get("http://example.org/")


def test_https_with_a_trusted_certificate_works(client, secure, trusted):
    asking = client(robots=False)
    for _ in range(2):
        assert asking.get(f"https://localhost:{secure.port}/").body == b"secret"


def test_untrusted_or_wrong_certificate_is_refused(client, secure, trusted, monkeypatch):
    with pytest.raises(FetchError, match=r"unreachable.*127.0.0.1"):
        client(robots=False).get(f"https://127.0.0.1:{secure.port}/")
    monkeypatch.delenv("SSL_CERT_FILE")
    tls_context.cache_clear()
    with pytest.raises(FetchError, match=r"unreachable.*CERTIFICATE_VERIFY_FAILED"):
        client(robots=False).get(f"https://localhost:{secure.port}/")
    assert secure.asked == []


def test_https_goes_through_a_proxy_tunnel(client, proxy, secure, trusted):
    asking = client(robots=False, allow_private=False)
    for _ in range(2):
        assert asking.get(f"https://site.example:{secure.port}/").body == b"secret"
    assert [lines[0] for lines in proxy] == [f"CONNECT site.example:{secure.port} HTTP/1.1"]


def test_hanging_tls_handshake_times_out(client):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"https://127.0.0.1:{silent.getsockname()[1]}/"
        with pytest.raises(FetchError, match="timeout"):
            client(robots=False, timeout=0.3).get(url)
