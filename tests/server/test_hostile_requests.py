"""Mutated requests, requests that schemathesis generates, and clients that are slow on purpose.

`MOUE_MUTATED_REQUESTS=100000` sends that many mutated requests instead of a few hundred.
"""

from __future__ import annotations

import json
import os
import socket
import struct
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed

pytest.importorskip("schemathesis")

from moue.server.protocol import MAX_HEAD
from mutated_requests import ALLOWED, FLAGS, held, send, settled
from served_predictions import ask, live, serving

COUNT = int(os.environ.get("MOUE_MUTATED_REQUESTS", "600"))
KEY = "a-key-of-24-characters-x"
PAGE = b"GET /openapi.json HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
TESTS = Path(__file__).parent.parent
GROWTH = 60
"""Maximum growth of the memory of all processes, in MiB, while the caches fill."""
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="reads /proc"),
]


def unexpected(server):
    """Return the errors in the log that should not occur."""
    return [one for one in server.events() if one["level"] == "error"]


def test_mutated_requests_are_answered_and_nothing_leaks(tmp_path, face):
    with serving(*FLAGS.split(), TMPDIR=str(tmp_path), cwd=tmp_path) as server:
        right = server.predict(face)
        send(server, 120, seed=1_000_000)  # opens what stays open
        before = settled(server, 0)
        found = send(server, COUNT)
        assert {status for _kind, status in found} <= ALLOWED
        assert {kind for kind, _status in found} == {"picture", "query", "many", "raw", "video"}
        assert found["picture", 200]
        assert found["picture", 422]
        descriptors, memory = settled(server, before[0])
        assert descriptors <= before[0]
        assert memory <= before[1] + GROWTH
        assert server.metric("moue_worker_restarts_total") == 0
        assert server.predict(face) == right
        assert not unexpected(server)
        assert not list(tmp_path.iterdir())
        assert server.stop() == 0


def test_schemathesis_finds_no_fault(tmp_path):
    environment = {"SCHEMATHESIS_HOOKS": "picture_generators", "PYTHONPATH": str(TESTS)}
    command = [sys.executable, "-m", "schemathesis.cli", "run"]
    # A schema cannot say what is a picture, so valid requests may be refused.
    flags = "--max-examples 15 --seed 1 --no-color --checks all --exclude-checks"
    with serving("--workers", "1", MOUE_KEYS=KEY) as server:
        done = subprocess.run(
            [*command, f"{server.address}/openapi.json", "--header", f"Authorization: Bearer {KEY}",
             *flags.split(), "positive_data_acceptance"],
            capture_output=True, text=True, timeout=300, env=os.environ | environment,
            cwd=tmp_path,  # it writes a cache
        )  # fmt: skip
        assert done.returncode == 0, done.stdout
        assert not unexpected(server)


@pytest.mark.parametrize(
    ("sent", "status", "reason"),
    [
        (b"GET /healthz HTTP/1.1\r\nX: " + b"x" * MAX_HEAD, 431, "head"),
        (b"GET /healthz HTTP/1.1\r\n" + b"X: 1\r\n" * (MAX_HEAD // 6), 431, "head"),
        (b"GET /" + b"x" * MAX_HEAD, 431, "head"),
        (b"POST /v1/predict HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n"
         + b"X: 1\r\n" * MAX_HEAD, 431, "head"),
        (b"hello\r\n\r\n", 400, "http"),
        (b"GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400, "http"),
        (b"POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", 400, "http"),
    ],
)  # fmt: skip
def test_a_request_that_is_too_large_or_no_http_is_refused(server, sent, status, reason):
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
        connection.sendall(sent)
        answer = connection.recv(65536)
    assert answer.startswith(f"HTTP/1.1 {status} ".encode())
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["reason"] == reason


@pytest.fixture(scope="module")
def slow_server():
    """A server with two workers and short times."""
    flags = "--workers 2 --body-timeout 2 --connections 200 --live 6"
    with serving(*flags.split()) as running:
        yield running


def connections(server, count, sent, receive_buffer=None):
    """Open connections, and send the same bytes on each."""
    with ExitStack() as stack:
        opened = []
        for _ in range(count):
            connection = stack.enter_context(socket.socket())
            if receive_buffer is not None:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
            connection.connect(("127.0.0.1", server.port))
            connection.settimeout(30)
            connection.sendall(sent)
            opened.append(connection)
        return opened, stack.pop_all()


def all_right(server, face, right, count=20):
    return all(server.predict(face) == right for _ in range(count))


def test_slow_heads_do_not_delay_others(slow_server, face):
    right = slow_server.predict(face)
    before = held(slow_server)[0]
    opened, stack = connections(slow_server, 60, b"POST /v1/predict HTTP/1.1\r\nHost: 127.")
    with stack:
        for byte in b"0.0.1\r\nX-Slow: y":
            for connection in opened:
                connection.sendall(bytes([byte]))
            assert slow_server.predict(face) == right
    assert settled(slow_server, before)[0] <= before


def test_many_requests_before_the_first_answer_are_refused(slow_server, face):
    right, before = slow_server.predict(face), held(slow_server)
    _opened, stack = connections(slow_server, 20, PAGE * 400)
    with stack:
        assert slow_server.predict(face) == right
        assert held(slow_server)[1] < before[1] + GROWTH
    opened, stack = connections(slow_server, 1, PAGE * 10)
    with stack:
        answers = b""
        while answers.count(b"HTTP/1.1 200 OK") < 10:
            answers += opened[0].recv(1 << 16)


def test_a_client_that_sends_pings_and_does_not_read_is_disconnected(slow_server, face):
    right, before = slow_server.predict(face), held(slow_server)
    with raw_video(slow_server, face, 1) as connection:
        with pytest.raises(OSError):  # a reset, as soon as the server gives up
            send_pings(connection)
        assert held(slow_server)[1] < before[1] + GROWTH
    assert slow_server.predict(face) == right
    assert settled(slow_server, before[0])[0] <= before[0]


def send_pings(connection):
    """Send pings until the server ends the connection."""
    pings = (struct.pack("!BB", 0x89, 0x80 | 125) + bytes(4 + 125)) * 500
    while True:
        connection.sendall(pings)


def test_clients_that_do_not_read_do_not_delay_others_and_are_disconnected(slow_server, face):
    right = slow_server.predict(face)
    before = held(slow_server)
    first = len(requests(slow_server)) + 300
    opened, stack = connections(slow_server, 30, PAGE * 10, receive_buffer=2048)
    with stack:
        until, sent = time.monotonic() + 90, 0
        while not (ended := requests(slow_server, "slow_reader")) and time.monotonic() < until:
            if len(requests(slow_server)) >= first + sent:
                opened[0].sendall(PAGE * 10)
                sent += 10
            assert slow_server.predict(face) == right
        assert ended
        assert held(slow_server)[1] < before[1] + GROWTH  # not all answers are in its memory
        assert settled(slow_server, before[0])[0] <= before[0]  # though the clients still wait


def requests(server, reason=None):
    """Return the requests for the document in the log, or those that ended for a reason."""
    found = [one for one in server.events() if one.get("route") == "/openapi.json"]
    return [one for one in found if reason in (None, one.get("reason"))]


def test_live_clients_that_do_not_read_do_not_delay_others(slow_server, face):
    right = slow_server.predict(face)
    with ExitStack() as stack:
        quiet = [stack.enter_context(raw_video(slow_server, face, 40)) for _ in range(4)]
        assert all_right(slow_server, face, right)
        with live(slow_server) as video:
            assert [ask(video, face) for _ in range(4)][-1]["faces"]
        assert len(quiet) == 4
    while slow_server.metric("moue_live_sessions"):
        pass


def raw_video(server, face, count):
    """Return a connection that has sent frames of a live video, and reads nothing."""
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    connection.connect(("127.0.0.1", server.port))
    connection.sendall(
        b"GET /v1/live HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n"
        b"Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        b"Sec-WebSocket-Version: 13\r\n\r\n"
    )
    frame = struct.pack("!BBH", 0x82, 0x80 | 126, len(face)) + bytes(4) + face
    for _ in range(count):
        connection.sendall(frame)
    return connection


def test_a_live_client_that_sends_nothing_is_disconnected(slow_server):
    with live(slow_server) as silent, pytest.raises(ConnectionClosed) as ended:
        silent.recv(timeout=60)
    assert ended.value.rcvd.code == 1008
