"""What the commands say of pictures and videos that are not read as they stand."""

from __future__ import annotations

import io
import json
from fractions import Fraction

import numpy as np
import PIL.Image
import pytest

from drawing import drawn, save
from moue.cli import main
from moue.dataset.collect.collect_files import CollectSettings, collect
from moue.dataset.convert import ConvertSettings, convert
from moue.live.live_settings import LiveSettings
from moue.live.source import source
from rows import context

av = pytest.importorskip("av")


def call(*words):
    return main([str(word) for word in words])


def film(path, start=0.0, count=10, form=None):
    with av.open(str(path), "w", format=form) as container:
        stream = container.add_stream("libx264", rate=10)
        stream.height, stream.width, stream.pix_fmt = 96, 128, "yuv420p"
        for index in range(count):
            frame = av.VideoFrame.from_ndarray(drawn(index), format="rgb24")
            frame.pts, frame.time_base = round(start * 10) + index, Fraction(1, 10)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def without_frames(path):
    data = film(path, form="matroska").read_bytes()
    path.write_bytes(data[: data.index(b"\x1f\x43\xb6\x75") + 60])
    return path


def animation(path):
    frames = [PIL.Image.fromarray(a) for a in (np.full((96, 128, 3), 255, np.uint8), drawn(1))]
    frames[0].save(path, save_all=True, append_images=frames[1:], duration=100)
    return path


def test_predict_has_a_line_for_a_video_without_frames(model, tmp_path, capsys):
    without_frames(tmp_path / "a.mkv")
    save(tmp_path / "b.png", drawn())
    assert call("predict", tmp_path, "--model", model) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2
    assert "a.mkv: contains no readable frame" in lines[0]
    assert call("predict", tmp_path, "--model", model, "--json") == 0
    first = json.loads(capsys.readouterr().out.splitlines()[0])
    assert "contains no readable frame" in first["error"]
    assert call("predict", tmp_path / "a.mkv", "--model", model) == 1


def test_collect_retries_a_video_without_frames(workspace, catalog, tmp_path):
    path = without_frames(tmp_path / "a.mkv")
    save(tmp_path / "b.png", drawn())
    summary = collect(context(workspace, catalog, CollectSettings()), [tmp_path])
    assert any("a.mkv" in note and "contains no readable frame" in note for note in summary.notes)
    film(path, form="matroska")
    assert collect(context(workspace, catalog, CollectSettings()), [tmp_path]).done == 1


def test_collect_stores_the_frames_before_the_end_of_a_truncated_video(
    workspace, catalog, tmp_path
):
    path = film(tmp_path / "clip.mkv", count=20)
    path.write_bytes(path.read_bytes()[:-500])
    for new in (4, 0):
        summary = collect(context(workspace, catalog, CollectSettings(every=0.5)), [path])
        assert (summary.done, summary.counts["all"]) == (new, 4)
        (note,) = summary.notes
        assert note.endswith("is missing; 4 earlier frames are stored")


def test_live_reports_a_video_without_frames(model, tmp_path, capsys):
    assert call("live", without_frames(tmp_path / "a.mkv"), "--model", model) == 1
    assert "contains no readable frame" in capsys.readouterr().err


def test_times_of_a_recording_count_from_its_start_everywhere(
    model, workspace, catalog, tmp_path, capsys
):
    path = film(tmp_path / "a.ts", start=100)
    summary = collect(context(workspace, catalog, CollectSettings(every=0.4)), [path])
    assert summary.done == 3
    named = sorted(one.source.rpartition("#")[2] for one in catalog.samples())
    assert named == ["t=0.000", "t=0.400", "t=0.800"]
    assert call("predict", path, "--model", model, "--json") == 0
    times = [json.loads(line)["time"] for line in capsys.readouterr().out.splitlines()]
    assert times[:2] == pytest.approx([0, 0.1])
    assert call("live", path, "--until", "0.45", "--json", "--model", model) == 0
    times = [json.loads(line)["time"] for line in capsys.readouterr().out.splitlines()]
    assert times == pytest.approx([0, 0.1, 0.2, 0.3, 0.4])


def test_convert_names_partly_used_pictures(workspace, catalog, tmp_path):
    for number in range(12):
        animation(tmp_path / f"{number:02d}.gif")
    save(tmp_path / "plain.png", drawn())
    collect(context(workspace, catalog, CollectSettings()), [tmp_path])
    summary = convert(context(workspace, catalog, ConvertSettings()))
    assert summary.counts == {"converted": 13}
    assert len(summary.notes) == 4
    assert summary.notes[0].endswith("00.gif: animation: only frame 2 is used")
    assert summary.notes[-1].startswith("and 9 more")


def test_predict_notes_that_one_frame_was_read(model, tmp_path, capsys):
    path = animation(tmp_path / "a.gif")
    assert call("predict", path, "--model", model) == 0
    assert "(animation: only frame 2 is used)" in capsys.readouterr().out
    assert call("predict", path, "--model", model, "--json") == 0
    assert json.loads(capsys.readouterr().out)["note"] == "animation: only frame 2 is used"


def test_a_very_long_picture_is_dropped_with_a_reason(model, workspace, catalog, tmp_path, capsys):
    PIL.Image.new("L", (70_000, 30)).save(tmp_path / "panorama.png")
    save(tmp_path / "good.png", drawn())
    collect(context(workspace, catalog, CollectSettings()), [tmp_path])
    summary = convert(context(workspace, catalog, ConvertSettings()))
    assert summary.counts == {"converted": 1, "too_large": 1}
    out = tmp_path / "out"
    assert call("predict", tmp_path, "--annotated", out, "--model", model) == 0
    assert "panorama.png: too_large" in capsys.readouterr().out
    assert (out / "good.png.jpg").exists()


def test_a_narrow_picture_suggests_a_smaller_min_face(model, tmp_path, capsys):
    path = tmp_path / "strip.png"
    PIL.Image.new("L", (60_000, 40)).save(path)
    assert call("predict", path, "--model", model) == 0
    line = capsys.readouterr().out
    assert "the picture has 60000 x 40 px" in line
    assert "--min-face 24" in line
    assert call("predict", path, "--model", model, "--min-face", "24") == 0
    assert "no face of at least 24 px" in capsys.readouterr().out


NAMES = ("1.jfif", "2.jpe", "3.mpo", "4.apng", "5.pnm", "6", "7.bin", "8.JPG", "9.heic")


def test_live_and_predict_accept_the_same_files(tmp_path):
    kinds = {"4.apng": "PNG", "5.pnm": "PPM", "9.heic": "AVIF"}
    for number, name in enumerate(NAMES):
        buffer = io.BytesIO()
        PIL.Image.fromarray(drawn(number)).save(buffer, kinds.get(name, "JPEG"))
        (tmp_path / name).write_bytes(buffer.getvalue())
    (tmp_path / "notes.txt").write_text("no frame")
    (tmp_path / "data.json").write_text("{}")
    said = []
    watched = source(str(tmp_path), LiveSettings(), said.append)
    assert watched.total == len(NAMES)
    found = [frame.image for frame in watched.frames()]
    assert len(found) == len(NAMES)
    assert all(np.abs(a.astype(int) - drawn(n)).mean() < 12 for n, a in enumerate(found))
    assert said == []


def test_the_frames_of_a_truncated_video_are_predicted_and_annotated(model, tmp_path, capsys):
    path = film(tmp_path / "clip.mkv", count=20)
    path.write_bytes(path.read_bytes()[:-500])
    out = tmp_path / "out"
    assert call("predict", path, "--annotated", out, "--model", model) == 0
    *lines, last = capsys.readouterr().out.splitlines()
    assert len(lines) >= 10
    assert last == f"{path}: the file is truncated: the end of the video is missing"
    with av.open(str(out / "clip.mkv.mp4")) as written:
        assert len(list(written.decode(video=0))) == len(lines)
