from __future__ import annotations

import socketserver
import threading
from urllib.parse import urlsplit

import pytest

from moue.web.failure import Failure
from webserver import body


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
            if lines[0].startswith("CONNECT"):
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


def test_the_proxy_of_the_environment_is_asked_for_the_whole_address(client, proxy):
    answer = client(robots=False, allow_private=False).get("http://example.org:81/a?b=c")
    assert answer.body == b"by"
    assert proxy[0][0] == "GET http://example.org:81/a?b=c HTTP/1.1"
    assert "Host: example.org:81" in proxy[0]
    assert "Proxy-Authorization: Basic YW5uOndvcmQ=" in proxy[0]


def test_a_proxy_is_asked_for_a_tunnel_to_https_and_its_no_is_told(client, proxy):
    with pytest.raises(Failure, match="403 Not that one"):
        client(robots=False).get("https://example.org/")
    assert proxy[0][0] == "CONNECT example.org:443 HTTP/1.1"


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "169.254.169.254", "2130706433"])
def test_through_a_proxy_too_what_is_plainly_private_is_refused(client, proxy, host):
    with pytest.raises(Failure, match="refused"):
        client(robots=False, allow_private=False).get(f"http://{host}/")
    assert proxy == []


def test_hosts_that_need_no_proxy_are_asked_themselves(client, proxy, site, monkeypatch):
    monkeypatch.setenv("no_proxy", urlsplit(site.root).hostname)
    site.on("/", body("itself"))
    assert client(robots=False).get(site.url("/")).body == b"itself"
    assert proxy == []


def test_another_kind_of_proxy_is_one_clear_reason(client, monkeypatch):
    monkeypatch.setenv("http_proxy", "socks5://127.0.0.1:1")
    monkeypatch.setenv("no_proxy", "")
    with pytest.raises(Failure, match="only http:// proxies"):
        client(robots=False).get("http://example.org/")
