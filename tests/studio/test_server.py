"""The command `studio` as a process: links, Ctrl-C, and requests that no browser sends."""

from __future__ import annotations

import http.client
import json
import os
import re
import sys
from urllib.parse import urlsplit

import pytest

from moue.cli import main
from served_studio import studio_of

pytest.importorskip("uvicorn")
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

pytestmark = pytest.mark.skipif(os.name != "posix", reason="sends signals")


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with studio_of(tmp_path_factory.mktemp("served") / "w") as server:
        yield server


@pytest.fixture(scope="module")
def cookie(server):
    return server.open()


def test_the_link_opens_the_page_once(server, cookie):
    link = server.link.partition(str(server.port))[2]
    assert server.request("GET", link)[0] == 403
    status, _headers, body = server.request("GET", "/api/v1/state", {"Cookie": cookie})
    assert status == 200
    assert json.loads(body)["workspace"]["name"] == "w"


@pytest.mark.parametrize(
    "headers",
    [{"Host": "evil.example"}, {"Origin": "http://evil.example"}, {"Host": ""},
     {"Host": "127.0.0.1:1@evil.example"}, {"Origin": "null"}],
)  # fmt: skip
def test_foreign_requests_are_refused_with_the_right_cookie(server, cookie, headers):
    for path in ("/api/v1/state", "/", "/static/app.js"):
        assert server.request("GET", path, {"Cookie": cookie, **headers})[0] == 403


@pytest.mark.parametrize(
    "path",
    ["/static/../../config.py", "/static/..%2f..%2fconfig.py", "/../../etc/passwd", "//etc/passwd",
     "/static//etc/passwd", "/static/%2e%2e/page.py", "/static/\\..\\page.py", "/api/v1/../../x",
     "/static/%00", "/api/v1/mouths/..%2f..%2fcatalog.db", "/api/v1/mouths/%2e%2e"],
)  # fmt: skip
def test_paths_do_not_leave_the_package(server, cookie, path):
    status, _headers, body = server.request("GET", path, {"Cookie": cookie})
    assert status in (400, 404)
    assert b"import" not in body
    assert b"root:" not in body


def test_a_socket_needs_own_host_own_origin_and_cookie(server, cookie):
    address = f"ws://127.0.0.1:{server.port}/api/v1/live"
    foreign = [
        {"origin": "http://evil.example", "additional_headers": {"Cookie": cookie}},
        {"origin": f"http://127.0.0.1:{server.port}"},
        {"additional_headers": {"Cookie": cookie.replace("=", "=x")}},
    ]
    for options in foreign:
        with pytest.raises(InvalidStatus) as refused, connect(address, **options):
            pass
        assert refused.value.response.status_code == 403
    own = {"origin": f"http://127.0.0.1:{server.port}", "additional_headers": {"Cookie": cookie}}
    with connect(address, **own):
        pass
    # the name of another host that resolves to this machine
    head = (
        "GET /api/v1/live HTTP/1.1\r\nHost: evil.example\r\nUpgrade: websocket\r\n"
        "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        f"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nCookie: {cookie}\r\n\r\n"
    )
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    connection.connect()
    connection.sock.sendall(head.encode())
    assert b" 403 " in connection.sock.recv(4096).partition(b"\r\n")[0]
    connection.close()


def test_ctrl_c_ends_the_studio_with_an_open_stream(tmp_path):
    folder = tmp_path / "w"
    with studio_of(folder) as server:
        record = folder / ".studio" / "server.json"
        assert record.stat().st_mode & 0o777 == 0o600
        cookie = server.open()
        stream = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
        stream.request("GET", "/api/v1/events", headers={"Cookie": cookie})
        answer = stream.getresponse()
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert answer.readline() == b": connected\n"
        code, output = server.stop()
        answer.close()
        stream.close()
        assert code == 0, output
        assert "Traceback" not in output
        assert not record.exists()


def test_the_command_gives_another_link_while_the_studio_runs(tmp_path, capsys):
    folder = tmp_path / "w"
    with studio_of(folder) as server:
        assert main(["studio", "--no-browser", "--workspace", str(folder)]) == 0
        printed = capsys.readouterr().out
        assert "already running" in printed
        assert "Ctrl-C" not in printed
        link = re.search(r"http://\S+", printed)[0]
        assert link != server.link
        assert urlsplit(link).port == server.port
        path = link.partition(str(server.port))[2]
        assert server.request("GET", path)[0] == 200
        assert server.request("GET", path)[0] == 403


@pytest.mark.parametrize("allowed", [False, True])
def test_allow_lets_the_page_import_another_folder(tmp_path, allowed):
    outside = tmp_path / "elsewhere" / "photos"
    outside.mkdir(parents=True)
    flags = ("--allow", str(outside)) if allowed else ()
    body = json.dumps({"command": "collect", "options": {"sources": [str(outside)]}}).encode()
    with studio_of(tmp_path / "home" / "w", *flags, HOME=str(tmp_path / "home")) as server:
        headers = {
            "Cookie": server.open(),
            "Origin": f"http://127.0.0.1:{server.port}",
            "Content-Type": "application/json",
            "Content-Length": str(len(body)),
        }
        status = server.request("POST", "/api/v1/jobs", headers, body)[0]
    assert (status == 403) != allowed
    assert status < 500


def test_a_port_in_use_is_an_error_with_a_remedy(tmp_path, server, capsys):
    code = main(["studio", "--no-browser", "-w", str(tmp_path / "w"), "--port", str(server.port)])
    assert code == 1
    assert "--port" in capsys.readouterr().err


def test_without_the_extra_the_command_says_how_to_install_it(tmp_path, monkeypatch, capsys):
    monkeypatch.delitem(sys.modules, "moue.studio.server", raising=False)
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    assert main(["studio", "--no-browser", "-w", str(tmp_path / "w")]) == 1
    assert "[studio]" in capsys.readouterr().err
    assert not (tmp_path / "w").exists()
