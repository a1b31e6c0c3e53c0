from __future__ import annotations

import os
import struct
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from drawing import drawn
from moue.errors import FileTaken, SourceError
from moue.media.video import frame_count, frames, is_video, write_video
from written_videos import alike, film, turned, written

av = pytest.importorskip("av")


def test_a_written_video_reads_back(tmp_path):
    path = film(tmp_path / "影片" / "a.mp4", [0, 0.1, 0.2, 0.3], every=0.1)
    found = list(frames(path))
    assert [f.index for f in found] == [0, 1, 2, 3]
    assert [f.time for f in found] == pytest.approx([0, 0.1, 0.2, 0.3])
    assert all(alike(f.image, drawn(i, 48, 64)) for i, f in enumerate(found))
    assert [p.name for p in path.parent.iterdir()] == ["a.mp4"]
    assert is_video(path)


def test_a_variable_frame_rate_keeps_its_times(tmp_path):
    times = [0, 0.02, 0.5, 0.51, 2.0]
    found = list(frames(film(tmp_path / "a.mp4", times)))
    assert [f.time for f in found] == pytest.approx(times, abs=1e-4)
    assert alike(found[3].image, drawn(3, 48, 64))


@pytest.mark.parametrize("every", [1 / 29.97, 1 / 3, 1e-4, 7.3, 5000])
def test_any_frame_rate_can_be_written(tmp_path, every):
    found = list(frames(film(tmp_path / "a.mp4", [0, every, 2 * every], every)))
    assert [f.time for f in found] == pytest.approx([0, every, 2 * every], abs=1e-4)


@pytest.mark.parametrize("size", [(47, 63), (1, 30), (2, 2)])
def test_odd_and_tiny_pictures_can_be_written(tmp_path, size):
    (found,) = frames(film(tmp_path / "a.mp4", [0], size=size))
    assert found.image.shape == (size[0] + size[0] % 2, size[1] + size[1] % 2, 3)
    assert found.image.flags["C_CONTIGUOUS"]


def test_frames_with_equal_times_are_all_kept(tmp_path):
    assert len(list(frames(film(tmp_path / "a.mp4", [0, 0, 0, 0.2])))) == 4


def test_frames_are_sampled_at_an_interval(tmp_path):
    path = film(tmp_path / "a.mp4", [i / 10 for i in range(35)], 0.1)
    found = list(frames(path, every=1.0))
    assert [f.time for f in found] == pytest.approx([0, 1, 2, 3])
    assert [f.index for f in found] == [0, 10, 20, 30]
    assert len(list(frames(path, every=100))) == 1


@pytest.mark.parametrize("every", [0, 0.05, 0.1, 0.25, 1, 100])
def test_the_frames_are_counted_before_they_are_read(tmp_path, every):
    path = film(tmp_path / "a.mp4", [i / 10 for i in range(35)], 0.1)
    assert frame_count(path, every) == pytest.approx(len(list(frames(path, every))), abs=1)
    assert frame_count(path) == 35


def test_a_video_without_a_length_has_no_frame_count(tmp_path):
    path = film(tmp_path / "a.mp4", [0, 0.1, 0.2], 0.1)
    with av.open(str(path)) as source, av.open(str(tmp_path / "a.mkv"), "w") as target:
        stream = target.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.dts is not None:
                packet.stream = stream
                target.mux(packet)
    assert frame_count(tmp_path / "a.mkv") is None
    assert len(list(frames(tmp_path / "a.mkv"))) == 3


MATRICES = {
    "as it is": ((1, 0, 0, 1), lambda a: a),
    "mirrored": ((-1, 0, 0, 1), np.fliplr),
    "flipped": ((1, 0, 0, -1), np.flipud),
    "upside down": ((-1, 0, 0, -1), lambda a: np.rot90(a, 2)),
    "clockwise": ((0, 1, -1, 0), lambda a: np.rot90(a, -1)),
    "anticlockwise": ((0, -1, 1, 0), lambda a: np.rot90(a, 1)),
    "transposed": ((0, 1, 1, 0), lambda a: a.transpose(1, 0, 2)),
    "transposed the other way": ((0, -1, -1, 0), lambda a: np.rot90(a.transpose(1, 0, 2), 2)),
}


@pytest.mark.parametrize("name", MATRICES)
def test_every_display_matrix_is_applied(tmp_path, name):
    (a, b, c, d), expected = MATRICES[name]
    path = film(tmp_path / "a.mp4", [0, 0.1])
    data, one = bytearray(path.read_bytes()), 1 << 16
    at = data.index(b"tkhd") + 44
    data[at : at + 36] = struct.pack(">9i", a * one, b * one, 0, c * one, d * one, 0, 0, 0, 1 << 30)
    path.write_bytes(data)
    assert alike(next(frames(path)).image, expected(drawn(0, 48, 64)))


@pytest.mark.parametrize(
    ("ratio", "shape"),
    [
        (Fraction(64, 45), (48, 91)), (Fraction(8, 3), (48, 171)), (Fraction(4, 3), (48, 85)),
        (Fraction(1, 2), (96, 64)), (Fraction(1), (48, 64)), (None, (48, 64)),
        (Fraction(200), (48, 64)),
    ],
)  # fmt: skip
def test_non_square_pixels_become_square(tmp_path, ratio, shape):
    image = next(frames(written(tmp_path / "a.mp4", [0], ratio))).image
    assert image.shape == (*shape, 3)
    stretched = cv2.resize(drawn(0, 48, 64), shape[::-1])
    assert np.abs(image.astype(int) - stretched).mean() < 12


@pytest.mark.parametrize("start", [0, 100, 90_000])
@pytest.mark.parametrize("suffix", ["mkv", "ts", "mp4"])
def test_times_start_at_the_first_frame(tmp_path, start, suffix):
    path = written(tmp_path / f"a.{suffix}", [start + i / 10 for i in range(5)])
    assert [f.time for f in frames(path)] == pytest.approx([0, 0.1, 0.2, 0.3, 0.4], abs=2e-3)
    assert [f.index for f in frames(path, every=0.2)] == [0, 2, 4]


def test_joined_recordings_have_increasing_times(tmp_path):
    first = written(tmp_path / "a.ts", [50 + i / 10 for i in range(5)])
    second = written(tmp_path / "b.ts", [i / 10 for i in range(5)])
    (tmp_path / "ab.ts").write_bytes(first.read_bytes() + second.read_bytes())
    times = [f.time for f in frames(tmp_path / "ab.ts")]
    assert len(times) >= 9
    assert times == sorted(times)
    assert times[-1] < 2


CONTAINERS = [
    ("a.mts", "mpegts", "libx264"), ("a.m2ts", "mpegts", "libx264"), ("a.mov", "mov", "libx264"),
    ("a.3gp", "3gp", "libx264"), ("a.mpg", "vob", "mpeg2video"), ("a.mkv", "matroska", "libx264"),
    ("a.webm", "webm", "libvpx"), ("a.flv", "flv", "libx264"), ("a.avi", "avi", "mpeg4"),
    ("a.wmv", "asf", "mpeg4"), ("a.264", "h264", "libx264"),
    ("a.m2v", "mpeg2video", "mpeg2video"), ("a.mxf", "mxf", "mpeg2video"),
    ("a", "mpegts", "libx264"),
    ("a.nut", "nut", "libx264"), ("a.y4m", "yuv4mpegpipe", "wrapped_avframe"),
    ("fragments.mp4", "mp4", "libx264"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "form", "codec"), CONTAINERS)
def test_every_container_is_recognised_and_read(tmp_path, name, form, codec):
    options = {"m2ts": {"mpegts_m2ts_mode": "1"}, "fragments.mp4": {"movflags": "frag_keyframe"}}
    more = next((o for end, o in options.items() if name.endswith(end)), {})
    path = written(
        tmp_path / name, [i / 25 for i in range(8)], size=(288, 352), rate=25, codec=codec,
        format=form, options=more,
    )  # fmt: skip
    assert is_video(path)
    found = list(frames(path))
    assert len(found) >= 7
    assert found[0].time == 0
    assert alike(found[0].image, drawn(0, 288, 352))


@pytest.mark.parametrize("name", ["pipe:0", "http:a.mp4", b"caf\xe9.mp4", "-", "影 片.mp4"])
def test_any_name_is_opened_as_a_file(tmp_path, name, monkeypatch):
    written(tmp_path / "whole.mp4", [0, 0.1])
    monkeypatch.chdir(tmp_path)
    path = Path(os.fsdecode(name))
    Path("whole.mp4").rename(path)
    assert len(list(frames(path))) == 2


def test_a_video_without_a_complete_frame_is_an_error(tmp_path):
    path = written(tmp_path / "a.mkv", [i / 10 for i in range(10)])
    data = path.read_bytes()
    path.write_bytes(data[: data.index(b"\x1f\x43\xb6\x75") + 60])
    with pytest.raises(SourceError, match=r"a\.mkv: contains no readable frame"):
        list(frames(path))


def test_a_recording_that_starts_without_a_keyframe_is_read(tmp_path):
    path = written(tmp_path / "a.ts", [i / 10 for i in range(40)], gop=10)
    data = path.read_bytes()
    path.write_bytes(data[188 * 6 :])
    assert 20 < len(list(frames(path))) < 40


def test_frames_of_impossible_sizes_are_refused(tmp_path):
    path = tmp_path / "a.y4m"
    path.write_bytes(b"YUV4MPEG2 W30000 H30000 F25:1 C420\nFRAME\n" + bytes(9999))
    with pytest.raises(SourceError, match=r"a\.y4m"):
        list(frames(path))


@pytest.mark.parametrize("quarter", range(4))
def test_a_video_from_a_rotated_camera_is_upright(tmp_path, quarter):
    path = turned(film(tmp_path / "a.mp4", [0, 0.1]), quarter)
    first = next(frames(path))
    assert alike(first.image, np.rot90(drawn(0, 48, 64), -quarter))


def test_a_failed_write_keeps_the_old_video(tmp_path):
    path = film(tmp_path / "a.mp4", [0, 0.1])
    before = path.read_bytes()

    def broken():
        with write_video(path) as add:
            add(drawn(), 0)
            raise KeyError

    with pytest.raises(KeyError):
        broken()
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_without_a_frame_no_video_is_written(tmp_path):
    assert not film(tmp_path / "a.mp4", []).exists()
    assert list(tmp_path.iterdir()) == []


def test_a_video_does_not_replace_a_folder(tmp_path):
    (tmp_path / "a.mp4" / "full").mkdir(parents=True)
    with pytest.raises(FileTaken, match="is a folder"):
        film(tmp_path / "a.mp4", [0])
    assert [p.name for p in tmp_path.iterdir()] == ["a.mp4"]


def test_an_audio_file_has_no_video(tmp_path):
    path = tmp_path / "a.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=8000)
        sound = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
        sound.sample_rate, sound.pts, sound.time_base = 8000, 0, Fraction(1, 8000)
        container.mux(stream.encode(sound))
        container.mux(stream.encode(None))
    with pytest.raises(SourceError, match="contains no video"):
        list(frames(path))


def test_an_unreadable_video_is_named(tmp_path):
    text = tmp_path / "text.mp4"
    text.write_text("no film at all " * 50)
    for path in (text, tmp_path / "none.mp4", tmp_path):
        with pytest.raises(SourceError, match=str(path)):
            list(frames(path))


def test_damage_raises_only_source_errors(tmp_path):
    data = film(tmp_path / "a.mp4", [i / 10 for i in range(6)], 0.1).read_bytes()
    rng = np.random.default_rng(0)
    broken = tmp_path / "broken.mp4"
    read, told = 0, []
    for _ in range(60):
        changed = bytearray(data)
        for at in rng.integers(0, len(data), 12):
            changed[at] = rng.integers(0, 256)
        broken.write_bytes(changed[: rng.integers(len(data) // 2, len(data) + 1)])
        try:
            read += sum(1 for _ in frames(broken))
        except SourceError as error:
            told.append(str(error))
    assert read < 360
    assert told
    assert all("broken.mp4" in line for line in told)


def test_a_video_is_recognised_by_its_content(tmp_path):
    path = tmp_path / "a"
    heads = {
        b"\0\0\0\x18ftypmp42": True, b"\0\0\0\x18ftypqt  ": True, b"\x1aE\xdf\xa3": True,
        b"RIFF\0\0\0\0AVI LIST": True, b"FLV\x01": True,
        b"\0\0\0\x18ftypheic": False, b"\0\0\0\x18ftypavif": False, b"\0\0\0\x18ftypmif1": False,
        b"\0\0\0\x18ftypcrx ": False, b"GIF89a" + b"G" * 600: False, b"G" * 100: False,
        (b"G" + bytes(187)) * 3: True, (b"\0\0\0\0G" + bytes(187)) * 3: True,
        b"RIFF\0\0\0\0WEBP": False, b"\xff\xd8\xff\xe0": False, b"": False, b"ftyp": False,
    }  # fmt: skip
    for head, expected in heads.items():
        path.write_bytes(head)
        assert is_video(path) == expected, head
