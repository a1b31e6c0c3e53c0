"""`POST /v1/predict/many` and the WebSocket `/v1/live`."""

from __future__ import annotations

import json

import msgspec
import pytest
from websockets.exceptions import ConnectionClosed

from moue.server.schema import BatchLine
from served_predictions import LINES, ask, form, lines, live, many


@pytest.mark.parametrize("as_form", [True, False])
def test_many_pictures_are_answered_in_order(server, pictures, as_form):
    files = [path.read_bytes() for path in pictures[:5]]
    files.insert(2, b"not a picture")
    body, headers = form(*files) if as_form else (lines(*files), LINES)
    status, answers = many(server, body, headers)
    assert status == 200
    assert [one["index"] for one in answers] == list(range(6))
    for one, data in zip(answers, files, strict=True):
        single, alone = server.predict(data)
        assert one.get("result", one.get("error")) == alone
        assert ("result" in one) == (single == 200)
        assert msgspec.convert(one, BatchLine)


@pytest.mark.parametrize(
    ("body", "headers", "status", "reason"),
    [
        (b"", LINES, 422, "invalid"),
        (b"x", {"Content-Type": "multipart/form-data"}, 422, "invalid"),
        (form(b"one")[0][:-6], form()[1], 422, "invalid"),
        (form(b"one")[0], {"Content-Type": "multipart/form-data; boundary=other"}, 422, "invalid"),
        (b'{"image": ""}\n' * 65, LINES, 413, "too_many"),
        (form(*[b"x"] * 65)[0], form()[1], 413, "too_many"),
        (b"x", {"Content-Type": "image/jpeg"}, 415, "type"),
    ],
)
def test_a_malformed_request_is_a_problem(server, body, headers, status, reason):
    assert many(server, body, headers) == (status, reason)


def test_a_malformed_line_does_not_stop_the_others(server, face):
    body = b'{"image": 3}\n{"image": "%%"}\n\xff\n' + lines(face)
    _status, answers = many(server, body, LINES)
    assert [one.get("error", {}).get("reason") for one in answers] == ["invalid"] * 3 + [None]


def test_live_answers_each_frame_with_tracked_faces(server, face):
    with live(server) as socket:
        socket.send(json.dumps({"fps": 10}))
        answers = [ask(socket, face) for _ in range(4)]
    assert [one["frame"] for one in answers] == [0, 1, 2, 3]
    assert [one["time"] for one in answers] == [0, 0.1, 0.2, 0.3]
    found = answers[-1]["faces"][0]
    assert found["track"] == 1
    assert found["steadied"] == found["label"] == server.predict(face)[1]["faces"][0]["label"]


def test_a_broken_frame_does_not_end_a_live_video(server, face):
    with live(server) as socket:
        assert ask(socket, b"broken")["error"]
        assert ask(socket, face)["error"] is None


@pytest.mark.parametrize(
    ("messages", "code"),
    [(["[]"], 1008), (["{}", "{}"], 1003), ([b"x" * ((2 << 20) + 1)], 1009)],
)
def test_a_message_that_is_no_frame_ends_the_video(server, messages, code):
    with live(server) as socket:
        for message in messages:
            socket.send(message)
        with pytest.raises(ConnectionClosed) as ended:
            socket.recv(timeout=30)
    assert ended.value.rcvd.code == code


def test_two_live_videos_have_tracks_of_their_own(server, face, pictures):
    with live(server) as one, live(server) as other:
        for _ in range(3):
            first = ask(one, face)
            second = ask(other, pictures[4].read_bytes())
    assert [found["track"] for found in first["faces"] + second["faces"]] == [1, 1]
