"""An overloaded server refuses requests before their body, and answers the others as always."""

from __future__ import annotations

import json
import os
import signal
import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from served_predictions import LINES, lines, many, serving

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="stops a worker process"),
]
HEAD = "POST /v1/predict{query} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: {kind}\r\n"
HEALTH = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


class Raw:
    """A connection that reads answers from a socket."""

    def __init__(self, server):
        self.socket = socket.create_connection(("127.0.0.1", server.port), timeout=60)
        self.file = self.socket.makefile("rb")

    def send(self, data):
        self.socket.sendall(data)

    def answer(self):
        """Return the status, the headers and the JSON of the next answer."""
        status = int(self.file.readline().split()[1])
        headers = {}
        while line := self.file.readline().strip():
            name, _, value = line.decode().partition(":")
            headers[name.lower()] = value.strip()
        return status, headers, json.loads(self.file.read(int(headers["content-length"])))

    def close(self):
        self.file.close()
        self.socket.close()

    def ended(self):
        """Return whether the server has closed the connection."""
        return self.file.read(1) == b""


@pytest.fixture
def connect():
    """A function that opens a connection to a server; all are closed after the test."""
    opened = []

    def new(server):
        opened.append(Raw(server))
        return opened[-1]

    yield new
    for one in opened:
        one.close()


def head(length=None, query="", kind="image/jpeg", more=""):
    size = "" if length is None else f"Content-Length: {length}\r\n"
    return (HEAD.format(query=query, kind=kind) + size + more + "\r\n").encode()


def whole(picture, **options):
    return head(len(picture), **options) + picture


@contextmanager
def overloaded(server, picture, connect):
    """Stop the only worker and fill the queue; yield the connections that wait for answers."""
    (worker,) = server.workers()
    os.kill(worker, signal.SIGSTOP)
    try:
        waiting = [connect(server) for _ in range(3)]  # in work, sent to the worker, in the queue
        for connection in waiting:
            connection.send(whole(picture))
        while server.metric("moue_queue_length") < 1:
            pass
        yield waiting
    finally:
        os.kill(worker, signal.SIGCONT)


@pytest.fixture(scope="module")
def small():
    """A server with one worker, in which one picture may wait."""
    with serving("--workers", "1", "--max-wait", "0.01") as running:
        yield running


def test_a_request_is_refused_before_its_body_and_the_connection_stays(small, face, connect):
    right = small.predict(face)[1]
    with overloaded(small, face, connect) as waiting:
        connection = connect(small)
        for _ in range(2):
            connection.send(head(50_000))
            status, headers, problem = connection.answer()
            assert (status, problem["reason"]) == (503, "busy")
            assert int(headers["retry-after"]) >= 1
            assert "connection" not in headers
            connection.send(bytes(50_000))
        connection.send(HEALTH)
        assert connection.answer()[0] == 200
    assert [one.answer()[2] for one in waiting] == [right] * 3
    connection.send(whole(face))
    assert connection.answer()[2] == right


def test_a_refused_request_with_a_large_body_ends_its_connection(small, face, connect):
    with overloaded(small, face, connect):
        for length, more in ((2_000_000, ""), (None, "Transfer-Encoding: chunked\r\n")):
            connection = connect(small)
            connection.send(head(length, more=more))
            status, headers, _problem = connection.answer()
            assert (status, headers["connection"]) == (503, "close")
        connection.send(b"3\r\nabc\r\n0\r\n\r\n")
        assert connection.ended()


def test_a_client_that_waits_before_its_body_is_refused_without_it(small, face, connect):
    with overloaded(small, face, connect):
        connection = connect(small)
        connection.send(head(100, more="Expect: 100-continue\r\n"))
        assert connection.answer()[0] == 503


def test_a_key_is_checked_before_an_overload(face, connect):
    key = "a-key-of-24-characters-x"
    with serving("--workers", "1", "--max-wait", "0.01", MOUE_KEYS=key) as server:
        (worker,) = server.workers()
        os.kill(worker, signal.SIGSTOP)
        allowed = f"Authorization: Bearer {key}\r\n"
        waiting = [connect(server) for _ in range(3)]
        for connection in waiting:
            connection.send(whole(face, more=allowed))
        foreign, known = connect(server), connect(server)
        status = 0
        while status != 503:
            known.send(whole(b"x", more=allowed))
            known.socket.settimeout(0.2)
            try:
                status = known.answer()[0]
            except TimeoutError:  # it waits in the queue
                known.close()
                known = connect(server)
        foreign.send(whole(face))
        assert foreign.answer()[0] == 401
        os.kill(worker, signal.SIGCONT)
        assert waiting[0].answer()[0] == 200


def test_refused_requests_are_counted_and_summarized_in_the_log(small, face, connect):
    before = small.metric("moue_refusals_total")
    with overloaded(small, face, connect):
        connection = connect(small)
        for _ in range(20):
            connection.send(whole(face))
            assert connection.answer()[0] == 503
        assert small.metric("moue_refusals_total") == before + 20
    while not (found := summaries(small)):
        small.request("GET", "/healthz")
    assert found[-1]["reason"] == "busy"
    assert found[-1]["count"] >= 1


def summaries(server):
    return [one for one in server.events() if one["event"] == "requests_refused"]


def test_a_client_that_goes_away_leaves_the_queue(small, face, connect):
    right = small.predict(face)[1]
    with overloaded(small, face, connect) as waiting:
        waiting[2].close()
        while small.metric("moue_queue_length"):
            pass
        connection = connect(small)
        connection.send(whole(face))
        while not small.metric("moue_queue_length"):
            pass
    assert connection.answer()[2] == right
    assert waiting[1].answer()[2] == right


def test_many_pictures_are_not_starved_by_single_ones(face):
    with serving("--workers", "1", "--max-wait", "0.3") as server, ThreadPoolExecutor(13) as pool:
        right = server.predict(face)[1]
        work = [pool.submit(server.predict, face) for _ in range(120)]
        status, answers = many(server, lines(*[face] * 8), LINES)
        while status == 503:
            status, answers = many(server, lines(*[face] * 8), LINES)
        assert [one["result"] for one in answers] == [right] * 8
        assert {one.result()[0] for one in work} <= {200, 503}


@pytest.mark.parametrize(
    ("options", "status"),
    [
        ({}, 200),
        ({"query": "?min_face=40&max_error=0.1"}, 200),
        ({"query": "?min_face=1"}, 422),
        ({"query": "?what=1"}, 422),
        ({"query": "?max_error=%ff"}, 422),
        ({"kind": "text/plain"}, 415),
        ({"kind": "application/octet-stream"}, 200),
    ],
)
def test_the_framework_and_the_short_way_give_the_same_answers(
    server, face, options, status, connect
):
    plain, framework = connect(server), connect(server)
    plain.send(whole(face, **options))
    framework.send(head(more="Transfer-Encoding: chunked\r\n", **options))
    framework.send(b"%x\r\n%s\r\n0\r\n\r\n" % (len(face), face))
    first, second = plain.answer(), framework.answer()
    assert first[0] == second[0] == status
    assert first[2] == second[2]
    ours = {"date", "x-request-id", "content-length"}
    names = set(first[1]) - ours
    assert {n: first[1][n] for n in names} == {n: v for n, v in second[1].items() if n not in ours}


def test_requests_sent_before_the_answers_are_answered_in_order(server, pictures, connect):
    bodies = [path.read_bytes() for path in pictures[:4]]
    right = [server.predict(body)[1] for body in bodies]
    connection = connect(server)
    connection.send(b"".join(whole(body) for body in bodies) + HEALTH)
    assert [connection.answer()[2] for _ in bodies] == right
    assert connection.answer()[0] == 200


def test_an_old_client_gets_its_answer_and_the_end(server, face, connect):
    connection = connect(server)
    connection.send(whole(face).replace(b"HTTP/1.1", b"HTTP/1.0"))
    status, headers, _answer = connection.answer()
    assert (status, headers["connection"]) == (200, "close")
    assert connection.ended()


def test_a_body_in_small_parts_is_put_together(server, face, connect):
    right = server.predict(face)[1]
    connection = connect(server)
    data = whole(face)
    for start in range(0, len(data), 997):
        connection.send(data[start : start + 997])
    assert connection.answer()[2] == right
