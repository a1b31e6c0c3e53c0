from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import cv2
import numpy as np
import pytest

from drawing import drawn
from moue.cli import main
from moue.errors import SourceError
from moue.face.backends import FaceSettings, detect_faces, detect_nearby
from moue.live.cascade import cascade
from moue.live.draw_view import Rate, draw_view, side_by_side
from moue.live.events import Event, EventSettings
from moue.live.live_settings import LiveSettings
from moue.live.outputs import event_output, video_output
from moue.live.session import interrupted, run_session
from moue.live.watch import TrackedFace, View, Watcher
from moue.media.image import Picture, read_image
from moue.media.video import Frame
from moue.predict.predictor import Prediction, Predictor
from moue.workspace.types import Face

av = pytest.importorskip("av")
from moue.media.video import frames  # noqa: E402

HAAR = FaceSettings(backend="haar")


def call(*arguments):
    return main(["live", *(str(a) for a in arguments), "--backend", "haar"])


def test_json_has_a_line_for_each_frame(clip, model, capsys):
    assert call(clip, "-m", model, "--json", "--fps", 25) == 0
    out, err = capsys.readouterr()
    lines = [json.loads(line) for line in out.splitlines()]
    assert [line["frame"] for line in lines] == list(range(12))
    assert [line["time"] for line in lines] == pytest.approx([i / 25 for i in range(12)])
    people = [[face["track"] for face in line["faces"]] for line in lines]
    assert people == [[], *[[1]] * 4, [], [], *[[1]] * 5]
    face = lines[4]["faces"][0]
    assert set(face) == {"track", "box", "score", "lips", "mouth_box", "roll", "backend", "label",
                         "probability", "probabilities", "measures", "unsmoothed"}  # fmt: skip
    assert face["measures"] is None  # haar gives no points
    assert set(face["unsmoothed"]) == {"label", "probability"}
    assert set(lines[0]) == {"file", "frame", "time", "width", "height", "dropped", "faces"}
    assert "12 frames" in err
    assert "0 dropped; 1 face" in err


def test_events_are_printed_as_text_and_json(clip, model, capsys):
    options = ("-m", model, "--fps", 2, "--max-age", 9, "--min-duration", 0)
    assert call(clip, *options) == 0
    words = capsys.readouterr().out.splitlines()
    assert call(clip, *options, "--json", "--events") == 0
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert len(words) == len(events)
    for line, event in zip(words, events, strict=True):
        assert set(event) == {"track", "label", "start", "end", "changes"}
        assert line.startswith(f"face 1: {event['label']} from {event['start']:.1f} s to ")
    assert call(clip, *options, "--min-duration", 60) == 0
    assert capsys.readouterr().out == ""


def test_video_and_timeline_are_written_with_every_frame(clip, model, tmp_path, capsys):
    video, timeline = tmp_path / "out" / "a.mp4", tmp_path / "out" / "a.png"
    assert call(clip, "-m", model, "--video", video, "--timeline", timeline) == 0
    written = list(frames(video))
    assert len(written) == 12
    assert written[4].image.shape == (256, 320, 3)
    assert read_image(timeline).shape[1] > 2000


def test_both_detectors_are_drawn_in_the_same_frame(clip, model, tmp_path, capsys):
    assert call(clip, "-m", model, "--cascade", "--video", tmp_path / "a.mp4") == 0
    first = next(iter(frames(tmp_path / "a.mp4"))).image
    assert first.shape[1] >= 2 * 320
    assert call(clip, "-m", model, "--cascade") == 2
    assert "--show or --video" in capsys.readouterr().err


def test_the_cascade_finds_the_box_of_the_tutorial(portrait):
    with cascade(waits=True) as search:
        seen = search(portrait)
    plain = cv2.CascadeClassifier(
        str(Path(cv2.__file__).parent / "data" / "haarcascade_frontalface_default.xml")
    )
    grey = cv2.cvtColor(portrait, cv2.COLOR_RGB2GRAY)
    expected = plain.detectMultiScale(grey, scaleFactor=1.1, minNeighbors=5, minSize=(30, 30))
    assert seen.boxes[:, :2].tolist() == expected[:, :2].tolist()
    assert seen.seconds > 0


def test_the_cascade_reduces_frames_to_the_tutorials_width(portrait):
    large = cv2.resize(portrait, (1280, 1280))
    with cascade(waits=True) as search:
        (box,) = search(large).boxes
    assert box[2] > 640
    assert (box <= 1280).all()


def test_the_cascade_never_delays_a_camera(portrait):
    with cascade(waits=False) as search:
        assert len(search(portrait).boxes) == 0
        while not len((seen := search(portrait)).boxes):
            threading.Event().wait(0.01)
    assert seen.seconds > 0


def test_drawn_frames_show_mouths_and_both_frame_rates(model, portrait):
    watcher = Watcher(Predictor.load(model, HAAR), LiveSettings())
    views = [watcher.process(Frame(i, i / 25, portrait)) for i in range(3)]
    changed = (draw_view(views[2], 0.01) != portrait).any(axis=2)
    x0, y0, x1, y1 = views[2].faces[0].smoothed.face.mouth_box.astype(int)
    assert changed[y0 : y1 + 1, x0 : x1 + 1].any()
    assert changed.mean() < 0.2
    with cascade(waits=True) as search:
        both = side_by_side(search)(views[2], 0.01)
    assert both.shape[1] >= 2 * portrait.shape[1]
    assert both.shape[0] > portrait.shape[0]


def test_frame_rate_uses_recent_frames_without_the_first():
    rate = Rate()
    assert rate.update(5.0) is None
    assert rate.update(0.01) == pytest.approx(100)
    for _ in range(100):
        last = rate.update(0.02)
    assert last == pytest.approx(50)
    assert Rate().update(0.0) is None


def test_a_detected_face_is_tracked(portrait):
    (face,) = detect_faces(Picture.from_array(portrait), HAAR)
    moved = np.roll(portrait, 6, axis=1)
    again = detect_nearby(Picture.from_array(moved), face, HAAR)
    assert again.box == pytest.approx(face.box + np.array([6, 0, 6, 0]), abs=0.15 * face.size)
    assert again.lips[0] > face.lips[0]
    assert detect_nearby(Picture.from_array(drawn(1, 256, 256)), face, HAAR) is None


def test_a_backend_without_tracking_searches_nearby(portrait):
    tutorial = FaceSettings(backend="haar-tutorial")
    (face,) = detect_faces(Picture.from_array(portrait), tutorial)
    again = detect_nearby(Picture.from_array(portrait), face, tutorial)
    assert again.box == pytest.approx(face.box, abs=0.2 * face.size)


def test_decreasing_times_repeat_the_previous_time(model, portrait):
    watcher = Watcher(Predictor.load(model, HAAR), LiveSettings())
    times = [watcher.process(Frame(i, t, portrait)).time for i, t in enumerate([0, 0.5, 0.1, 0.6])]
    assert times == [0, 0.5, 0.5, 0.6]


def test_frames_of_different_sizes_fit_into_one_video(tmp_path, portrait):
    sizes = [(64, 96), (64, 96), (200, 100), (30, 30)]
    with video_output(tmp_path / "a.mp4", lambda view: view.image) as output:
        for i, size in enumerate(sizes):
            output(View(Frame(i, i / 25, drawn(i, *size)), i / 25))
    assert [f.image.shape for f in frames(tmp_path / "a.mp4")] == [(64, 96, 3)] * 4


class Nobody:
    """A watcher without faces."""

    def process(self, frame):
        return View(frame, frame.time)


def test_a_session_returns_the_error_that_ended_it(tmp_path):
    def unplugged():
        for i in range(5):
            yield Frame(i, i / 25, drawn(i, 48, 64))
        raise SourceError("camera 0: sends no more frames")

    with video_output(tmp_path / "a.mp4", lambda view: view.image) as output:
        (error,) = run_session(unplugged(), Nobody(), [output], lambda view, seconds: None)
    assert isinstance(error, SourceError)
    assert len(list(frames(tmp_path / "a.mp4"))) == 5


def test_an_event_ends_when_its_track_was_last_seen():
    box = np.array([0, 0, 9, 9], np.float32)
    shown = Prediction(Face(box, 1.0, None, box, box), "smile", 0.9, {"smile": 0.9})

    def view(time, *numbers, gone=()):
        people = tuple(TrackedFace(number, shown, shown) for number in numbers)
        return View(Frame(0, time, drawn(0, 8, 8)), time, people, gone)

    events = []
    with event_output(
        events.append, EventSettings(min_duration=0, quick_change=0, speaking_changes=0)
    ) as output:
        output(view(1.0, 1, 2))
        output(view(2.0, 1, 2))
        output(view(4.0, 2, gone=((1, 2.0),)))
        output(view(5.0, 2))
    assert events == [Event(1, "smile", 1.0, 2.0), Event(2, "smile", 1.0, 5.0)]


def test_a_failed_output_does_not_stop_the_others(clip, model, tmp_path, capsys):
    video, timeline = tmp_path / "a.mp4", Path("/proc/a.png")  # a folder that takes no files
    assert call(clip, "-m", model, "--video", video, "--timeline", timeline, "--overwrite") == 1
    assert "a.png" in capsys.readouterr().err.splitlines()[-1]
    assert len(list(frames(video))) == 12


def test_a_session_ends_after_its_duration():
    seen = []
    source = (Frame(i, i / 10, drawn(0, 8, 8)) for i in range(100))
    assert run_session(source, Nobody(), [seen.append], lambda view, seconds: None, until=1.0) == []
    assert len(seen) == 11


def test_the_first_interrupt_stops_and_the_second_ends_at_once():
    stopped = []
    before = signal.getsignal(signal.SIGINT)
    with interrupted(lambda: stopped.append(True)) as happened:
        assert not happened()
        signal.raise_signal(signal.SIGINT)
        assert happened()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert stopped == [True]
    assert signal.getsignal(signal.SIGINT) == before


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_finishes_the_video_and_the_timeline(clip, model, tmp_path, how):
    video, timeline = tmp_path / "a.mp4", tmp_path / "a.png"
    command = [sys.executable, "-m", "moue", "live", str(clip), "-m", str(model), "--json",
               "--backend", "haar", "--realtime", "--fps", "2", "--video", str(video),
               "--timeline", str(timeline)]  # fmt: skip
    env = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, env=env, **pipes) as running:
        running.stdout.readline()
        running.send_signal(how)
        _, told = running.communicate(timeout=60)
    assert running.returncode == 130, told
    assert "Traceback" not in told
    assert 1 <= len(list(frames(video))) < 12
    assert read_image(timeline).shape[1] > 2000


def test_outputs_never_overwrite_originals(clip, model, tmp_path, capsys):
    before = {path: path.read_bytes() for path in clip.iterdir()}
    assert call(clip, "-m", model, "--timeline", clip / "000.png") == 1
    assert "choose another path" in capsys.readouterr().err
    assert {path: path.read_bytes() for path in clip.iterdir()} == before


@pytest.mark.parametrize("target", ["--video=x.avi", "--timeline=x.gif", "--video=x"])
def test_a_wrong_file_ending_is_a_usage_error(clip, capsys, target):
    assert call(clip, target) == 2
    assert "the file name must end in ." in capsys.readouterr().err


def test_a_source_without_frames_exits_with_1(model, tmp_path, capsys):
    (tmp_path / "a.png").write_text("no picture")
    assert call(tmp_path, "-m", model) == 1
    assert "no frame could be read" in capsys.readouterr().err
    assert call("97", "-m", model) == 1
    assert "camera 97: cannot be opened" in capsys.readouterr().err
