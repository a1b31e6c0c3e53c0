from __future__ import annotations

import json
import threading

import numpy as np
import pytest

pytest.importorskip("starlette")

import anyio
from starlette.websockets import WebSocketDisconnect

from commands import call
from moue.demo.raw_folder import demo_pictures
from moue.http_api import live_socket
from moue.live.live_settings import LiveSettings
from moue.live.watch import Watcher
from moue.media.image import Picture, encode_jpeg
from moue.media.video import Frame
from moue.predict.predictor import Predictor
from moue.studio.routes.live import MAX_SESSIONS, live
from run_async import run_async

FPS = 25


@pytest.fixture(scope="module")
def photo():
    return next(demo_pictures()).path


@pytest.fixture(scope="module")
def clip():
    """JPEG frames of a face that moves to the right, with a frame without a face."""
    face = Picture(next(demo_pictures()).path.read_bytes()).rgb()
    frames = [np.roll(face, 2 * number, axis=1) for number in range(8)]
    frames[5] = np.full_like(face, 127)
    return [encode_jpeg(frame, 90) for frame in frames]


def post(client, path, data, kind="image/jpeg"):
    return client.post(f"/api/v1/{path}", content=data, headers={"content-type": kind})


def test_a_picture_gives_the_json_of_the_command(client, studio, photo, capsys):
    assert call("predict", photo, "--json", "-w", studio.workspace.root) == 0
    expected = json.loads(capsys.readouterr().out)
    answer = post(client, f"predict?name={photo.name}", photo.read_bytes()).json()
    assert answer["file"] == photo.name
    assert {key: answer[key] for key in expected if key != "file"} == {
        key: value for key, value in expected.items() if key != "file"
    }
    assert answer["image"].startswith("data:image/jpeg;base64,")
    assert len(answer["crops"]) == len(expected["faces"]) == 1
    assert answer["model"] == "mouth"


@pytest.mark.parametrize("data", [b"", b"not a picture", b"\xff\xd8\xff\xe0" + bytes(200)])
def test_what_is_not_a_picture_is_an_error_of_the_picture(client, data):
    answer = post(client, "predict", data)
    assert answer.status_code == 200
    assert answer.json()["error"]
    assert answer.json()["faces"] == []
    assert answer.json()["image"] is None


def test_a_too_large_picture_is_refused(client):
    assert post(client, "predict", bytes((32 << 20) + 1)).status_code == 413


def test_a_picture_with_too_many_pixels_is_not_decoded(client):
    import io

    from PIL import Image

    file = io.BytesIO()
    Image.new("1", (20_000, 20_000)).save(file, "PNG")
    answer = post(client, "predict", file.getvalue(), "image/png")
    assert "too_large" in answer.json()["error"]


@pytest.mark.parametrize("model", ["nobody", "../mouth", "/etc/passwd", ".", "mouth.onnx"])
def test_only_names_of_models_are_accepted(client, photo, model):
    answer = client.post(
        "/api/v1/predict", params={"model": model}, content=photo.read_bytes(),
        headers={"content-type": "image/jpeg"},
    )  # fmt: skip
    assert answer.status_code == 404


def test_other_content_types_are_refused(client, photo):
    assert post(client, "predict", photo.read_bytes(), "text/html").status_code == 415


def test_live_gives_the_views_of_the_watcher(client, clip):
    watcher = Watcher(Predictor.load(), LiveSettings())
    with client.websocket_connect(f"ws://127.0.0.1:8765/api/v1/live?fps={FPS}") as socket:
        for number, data in enumerate(clip):
            socket.send_bytes(data)
            answer = json.loads(socket.receive_text())
            view = watcher.process(Frame(number, number / FPS, Picture(data).rgb()))
            expected = view.to_dict("camera", 0)
            faces = [{k: v for k, v in one.items() if k != "steadied"} for one in answer["faces"]]
            assert answer | {"faces": faces} == expected | {"ms": answer["ms"], "error": None}
            assert all(one["steadied"] == one["label"] for one in answer["faces"])
    assert any(view.faces for view in [watcher.process(Frame(9, 0.4, Picture(clip[0]).rgb()))])


def test_a_broken_frame_is_answered_and_the_next_one_is_processed(client, clip):
    with client.websocket_connect("ws://127.0.0.1:8765/api/v1/live") as socket:
        for data in (b"", b"no picture", clip[0][:300]):
            socket.send_bytes(data)
            answer = json.loads(socket.receive_text())
            assert answer["error"]
            assert answer["faces"] == []
        socket.send_bytes(clip[0])
        assert json.loads(socket.receive_text())["width"] > 0


def test_text_and_too_large_frames_end_the_connection(client):
    with client.websocket_connect("ws://127.0.0.1:8765/api/v1/live") as socket:
        socket.send_text("hello")
        with pytest.raises(WebSocketDisconnect) as ended:
            socket.receive_text()
        assert ended.value.code == 1003
    with client.websocket_connect("ws://127.0.0.1:8765/api/v1/live") as socket:
        socket.send_bytes(bytes((2 << 20) + 1))
        with pytest.raises(WebSocketDisconnect) as ended:
            socket.receive_text()
        assert ended.value.code == 1009


@pytest.mark.parametrize("query", ["model=nobody", "fps=0", "fps=many", "other=1"])
def test_a_wrong_query_ends_the_connection(client, query):
    with client.websocket_connect(f"ws://127.0.0.1:8765/api/v1/live?{query}") as socket:
        with pytest.raises(WebSocketDisconnect) as ended:
            socket.receive_text()
        assert ended.value.code == 1008


def test_frames_that_come_too_fast_are_dropped_and_counted(client, studio, clip, monkeypatch):
    begun, go_on = threading.Event(), threading.Event()
    process = Watcher.process

    def slow(self, frame):
        begun.set()
        assert go_on.wait(30)
        return process(self, frame)

    monkeypatch.setattr(Watcher, "process", slow)
    with client.websocket_connect("ws://127.0.0.1:8765/api/v1/live") as socket:
        socket.send_bytes(clip[0])
        assert begun.wait(30)
        for data in clip[1:6]:
            socket.send_bytes(data)
        client.get("/api/v1/state")  # the frames before it have arrived
        go_on.set()
        first, second = (json.loads(socket.receive_text()) for _ in range(2))
    assert (first["frame"], second["frame"]) == (0, 1)
    assert second["dropped"] == 4


def test_the_number_of_live_cameras_is_bounded_and_a_closed_one_makes_room(client, studio):
    opened = [
        client.websocket_connect("ws://127.0.0.1:8765/api/v1/live") for _ in range(MAX_SESSIONS)
    ]
    sockets = [one.__enter__() for one in opened]
    with client.websocket_connect("ws://127.0.0.1:8765/api/v1/live") as socket:
        with pytest.raises(WebSocketDisconnect) as ended:
            socket.receive_text()
        assert ended.value.code == 1013
    for one in opened:
        one.__exit__(None, None, None)
    assert studio.live_sessions == 0
    assert len(sockets) == MAX_SESSIONS


def test_a_client_that_goes_away_in_the_middle_frees_its_session(client, studio, clip):
    with client.websocket_connect("ws://127.0.0.1:8765/api/v1/live") as socket:
        socket.send_bytes(clip[0])
    assert studio.live_sessions == 0


def test_strangers_have_no_live_camera(stranger):
    with (
        pytest.raises(WebSocketDisconnect),
        stranger.websocket_connect("ws://127.0.0.1:8765/api/v1/live"),
    ):
        pass


class SilentClient:
    """A connection whose client sends frames and never reads an answer."""

    def __init__(self, frames):
        self.frames, self.query_params, self.ended = iter(frames), {}, None

    async def accept(self):
        pass

    async def receive(self):
        for data in self.frames:
            return {"type": "websocket.receive", "bytes": data}
        return await anyio.sleep_forever()

    async def send_text(self, text):
        await anyio.sleep_forever()

    async def close(self, code, reason):
        self.ended = code


def test_a_client_that_reads_no_answers_is_disconnected(client, studio, clip, monkeypatch):
    monkeypatch.setattr(live_socket, "SEND_TIMEOUT", 0.05)
    silent = SilentClient(clip)
    run_async(live(studio, silent))
    assert silent.ended == 1008
    assert studio.live_sessions == 0
