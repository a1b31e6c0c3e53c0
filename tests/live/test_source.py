from __future__ import annotations

import os
import socket
import struct
import threading
from contextlib import contextmanager

import cv2
import numpy as np
import pytest

from drawing import drawn, save
from moue.errors import SourceError
from moue.live.live_settings import LiveSettings
from moue.live.source import source
from moue.media.camera import camera_frames
from moue.media.image import encode_jpeg

av = pytest.importorskip("av")
from moue.media.video import write_video  # noqa: E402

SETTINGS = LiveSettings(fps=10, timeout=0.5)


def film(path, times, size=(48, 64)):
    with write_video(path) as add:
        for i, time in enumerate(times):
            add(drawn(i, *size), time)
    return path


def found(where, said=None, settings=SETTINGS):
    return source(str(where), settings, (said if said is not None else []).append)


def test_a_folder_plays_as_frames_without_bad_pictures(tmp_path):
    for i in (0, 1, 3):
        save(tmp_path / f"{i:03d}.png", drawn(i))
    (tmp_path / "002.png").write_text("no picture")
    (tmp_path / "notes.txt").write_text("no frame")
    said = []
    folder = found(tmp_path, said)
    assert (folder.live, folder.total) == (False, 4)
    frames = list(folder.frames())
    assert [frame.time for frame in frames] == pytest.approx([0, 0.1, 0.3])
    assert (frames[2].image == drawn(3)).all()
    assert len(said) == 1
    assert "002.png was skipped: not_an_image" in said[0]


def test_frames_of_a_folder_are_in_numeric_order(tmp_path):
    for number in (9, 10, 100):
        save(tmp_path / f"frame{number}.png", np.full((4, 4, 3), number, np.uint8))
    save(tmp_path / "._frame9.png", drawn(0, 4, 4))
    (tmp_path / "frame1.png").mkdir()
    watched = source(str(tmp_path), LiveSettings(), print)
    assert [int(frame.image[0, 0, 0]) for frame in watched.frames()] == [9, 10, 100]
    assert watched.total == 3


def test_a_video_keeps_its_own_times(tmp_path):
    times = [0, 0.02, 0.5, 0.51, 2.0]
    video = found(film(tmp_path / "a.mp4", times))
    assert (video.live, video.total) == (False, 5)
    assert [frame.time for frame in video.frames()] == pytest.approx(times, abs=1e-4)


def test_a_video_from_a_rotated_phone_is_upright(tmp_path):
    path = film(tmp_path / "a.mp4", [0, 0.1])
    data, one = bytearray(path.read_bytes()), 1 << 16
    at = data.index(b"tkhd") + 44
    data[at : at + 36] = struct.pack(">9i", 0, one, 0, -one, 0, 0, 0, 0, 1 << 30)
    path.write_bytes(data)
    first = next(found(path).frames()).image
    assert first.shape == (64, 48, 3)
    assert np.abs(first.astype(int) - np.rot90(drawn(0, 48, 64), -1)).mean() < 12


@pytest.mark.parametrize(
    ("where", "words"),
    [
        ("nowhere.mp4", "no such file"),
        ("empty", "contains no pictures"),
        ("a.txt", "is not a video"),
    ],
)
def test_an_unsupported_source_error_lists_supported_ones(tmp_path, where, words):
    (tmp_path / "empty").mkdir()
    (tmp_path / "a.txt").write_text("not a video")
    with pytest.raises(SourceError, match=words):
        found(tmp_path / where)


def test_a_missing_camera_is_a_one_line_error(capfd):
    camera = found("97")
    assert (camera.name, camera.live) == ("camera 97", True)
    with pytest.raises(SourceError, match="camera 97: cannot be opened"):
        next(camera.frames())
    assert capfd.readouterr().err == ""
    assert cv2.utils.logging.getLogLevel() != cv2.utils.logging.LOG_LEVEL_SILENT


def test_a_camera_without_frames_is_an_error(tmp_path):
    # To OpenCV a film that ends is what a camera is that goes away.
    capture = cv2.VideoCapture(str(film(tmp_path / "a.mp4", [0, 0.1, 0.2])))
    frames = camera_frames(capture, "camera 0")
    first = [next(frames) for _ in range(3)]
    assert np.abs(first[2].image.astype(int) - drawn(2, 48, 64)).mean() < 12
    assert [frame.index for frame in first] == [0, 1, 2]
    with pytest.raises(SourceError, match="sends no more frames"):
        next(frames)


@contextmanager
def served(*pieces, kind="video/mp4", length=None, keep_open=False):
    """A server that answers each call with the pieces, and then ends or falls silent."""
    listening = socket.create_server(("127.0.0.1", 0))
    done = threading.Event()
    head = f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nConnection: close\r\n"
    head += f"Content-Length: {length}\r\n" if length else ""

    def answer():
        while True:
            try:
                call, _ = listening.accept()
            except OSError:
                return
            with call:
                call.recv(4096)
                try:
                    call.sendall(head.encode() + b"\r\n")
                    for piece in pieces:
                        call.sendall(piece)
                except OSError:
                    continue
                if keep_open:
                    done.wait(10)

    threading.Thread(target=answer, daemon=True).start()
    try:
        yield f"http://anna:secret@127.0.0.1:{listening.getsockname()[1]}/live"
    finally:
        done.set()
        listening.close()


def parts(count):
    for i in range(count):
        jpeg = encode_jpeg(drawn(i, 48, 64))
        yield b"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n" % len(jpeg)
        yield jpeg + b"\r\n"


MOTION = "multipart/x-mixed-replace; boundary=frame"


def test_a_video_url_keeps_its_frame_times(tmp_path):
    times = [0, 0.02, 0.05]
    path = tmp_path / "a.ts"
    with av.open(str(path), "w", format="mpegts") as container:
        stream = container.add_stream("mpeg4", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for i in range(3):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(drawn(i, 48, 64))))
        container.mux(stream.encode(None))
    data = path.read_bytes()
    with served(data, kind="video/mp2t", length=len(data)) as url:
        stream = found(url)
        assert stream.live
        assert "secret" not in stream.name
        assert len(list(stream.frames())) == len(times)


def test_a_network_camera_ends_when_the_connection_breaks():
    with served(*parts(80), kind=MOTION) as url:
        frames = found(url).frames()
        first = [next(frames) for _ in range(80)]
        with pytest.raises(SourceError, match="http://127"):
            next(frames)
    times = [frame.time for frame in first]
    for number, frame in enumerate(first):
        assert np.abs(frame.image.astype(int) - drawn(number, 48, 64)).mean() < 12
    assert times[0] == pytest.approx(0, abs=0.01)
    assert times == sorted(times)


def test_a_stalled_stream_is_an_error_without_the_password():
    with served(*parts(40), kind=MOTION, keep_open=True) as url:
        frames = found(url).frames()
        with pytest.raises(SourceError, match=r"no frame arrived for 0\.5 s") as told:
            list(frames)
    assert "secret" not in str(told.value)


def test_a_missing_stream_is_an_error():
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with pytest.raises(SourceError, match=f"http://127.0.0.1:{port}/a: cannot be read"):
        next(found(f"http://127.0.0.1:{port}/a").frames())


def test_a_folder_skips_pipes_and_huge_files_with_a_note(tmp_path):
    for name in ("1.png", ".2.png", "10.png"):
        save(tmp_path / name, drawn())
    os.mkfifo(tmp_path / "3.png")
    (tmp_path / "4.png").symlink_to("/dev/zero")
    with (tmp_path / "5.png").open("wb") as file:
        file.truncate(30_000_000_000)
    said: list[str] = []
    frames = list(source(str(tmp_path), LiveSettings(), said.append).frames())
    assert len(frames) == 2
    notes = " ".join(said)
    assert "2 pipes, sockets or devices" in notes
    assert "1 hidden file" in notes
    assert "5.png was skipped: too_large" in notes
