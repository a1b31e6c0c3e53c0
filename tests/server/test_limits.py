"""The limits of the server: sizes, times, queue, connections, live videos and uploads in work."""

from __future__ import annotations

import json
import socket
from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
import pytest
from websockets.exceptions import ConnectionClosed

from moue.media.image import encode_jpeg
from served_predictions import LINES, ask, lines, live, many, serving

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def small():
    """A server with small limits."""
    flags = (
        "--workers 1 --max-bytes 400000 --max-pixels 1000000 --max-faces 1 --body-timeout 1 "
        "--live 1 --batch 2 --memory 1500000 --connections 20"
    )
    with serving(*flags.split()) as running:
        yield running


def reason(server, body):
    status, found = server.predict(body)
    return status, found["reason"]


def test_bytes_and_pixels_are_limited(small, face):
    assert small.predict(face)[0] == 200
    assert reason(small, bytes(400_001)) == (413, "too_large")
    large = encode_jpeg(np.zeros((1001, 1000, 3), np.uint8))
    assert reason(small, large) == (422, "too_large")


def test_faces_are_limited_and_a_note_says_so(small, pictures):
    both = np.hstack([cv2.imread(str(path)) for path in pictures[:2]])[..., ::-1]
    _status, answer = small.predict(encode_jpeg(np.ascontiguousarray(both)))
    assert len(answer["faces"]) == 1
    assert answer["note"] == "only the first 1 of 2 faces were classified"


def test_the_pictures_of_a_request_are_limited(small, face):
    assert many(small, lines(face, face, face), LINES) == (413, "too_many")
    status, answers = many(small, lines(bytes(400_001), face), LINES)
    assert status == 200
    assert answers[0]["error"]["status"] == 413
    assert answers[1]["result"]["faces"]


def test_live_videos_are_limited(small, face):
    with live(small) as one:
        ask(one, face)
        with live(small) as other, pytest.raises(ConnectionClosed) as ended:
            other.recv(timeout=30)
        assert ended.value.rcvd.code == 1013
        assert ask(one, face)["error"] is None


def slow_upload(server, sent=b"x"):
    """Return a connection whose body does not arrive."""
    connection = socket.create_connection(("127.0.0.1", server.port), timeout=30)
    head = (
        "POST /v1/predict HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: image/jpeg\r\n"
        "Content-Length: 300000\r\n\r\n"
    )
    connection.sendall(head.encode() + sent)
    return connection


def test_a_slow_upload_ends_and_does_not_delay_others(small, face):
    slow = [slow_upload(small) for _ in range(15)]
    assert small.predict(face)[0] == 200
    for connection in slow:
        with connection:
            answer = b"".join(iter(lambda: connection.recv(4096), b""))  # noqa: B023
        assert answer.startswith(b"HTTP/1.1 408 ")
        assert json.loads(answer.partition(b"\r\n\r\n")[2])["reason"] == "slow_upload"


def test_the_uploads_in_work_are_limited(small, face):
    slow = [slow_upload(small, bytes(280_000)) for _ in range(5)]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _n: small.predict(face), range(24)))
    for connection in slow:
        connection.close()
    assert {status for status, _answer in found} <= {200, 503}
    assert ("memory", 503) in {(one.get("reason"), status) for status, one in found}
    assert small.predict(face)[0] in (200, 503)


def test_connections_are_limited(small, face):
    idle = [socket.create_connection(("127.0.0.1", small.port), timeout=30) for _ in range(20)]
    extra = socket.create_connection(("127.0.0.1", small.port), timeout=30)
    answer = extra.recv(4096)
    assert answer.startswith(b"HTTP/1.1 503 ")
    assert b"Retry-After: 1\r\n" in answer
    for connection in [*idle, extra]:
        connection.close()


def test_a_full_queue_answers_503_at_once_and_every_answer_is_right(face):
    with serving("--workers", "1", "--max-wait", "0.05") as server:
        right = server.predict(face)[1]
        with ThreadPoolExecutor(16) as pool:
            found = list(
                pool.map(
                    lambda _n: server.request(
                        "POST", "/v1/predict", face, {"Content-Type": "image/jpeg"}
                    ),
                    range(160),
                )
            )
        for status, headers, body in found:
            assert status in (200, 503)
            if status == 200:
                assert json.loads(body) == right
            else:
                assert json.loads(body)["reason"] == "busy"
                assert int(headers["retry-after"]) >= 1
        assert {status for status, _headers, _body in found} == {200, 503}
        assert server.predict(face) == (200, right)


def test_a_prediction_that_takes_too_long_ends_and_its_worker_is_replaced(face):
    noise = np.random.default_rng(0).integers(0, 255, (5000, 5000, 3), np.uint8)
    large = encode_jpeg(noise, 30)
    with serving("--workers", "1", "--timeout", "0.1") as server:
        assert reason(server, large) == (503, "timeout")
        assert server.predict(face)[0] in (200, 503)
        assert server.metric("moue_worker_restarts_total") >= 1
