from __future__ import annotations

import struct
from fractions import Fraction

import numpy as np
import pytest

from drawing import drawn
from moue.errors import SourceError
from moue.video import frame_count, frames, is_video, write_video

av = pytest.importorskip("av")


def film(path, times, every=0.0, size=(48, 64)):
    """A video whose frame number i is the picture drawn(i)."""
    with write_video(path, every) as add:
        for i, time in enumerate(times):
            add(drawn(i, *size), time)
    return path


def alike(a, b):
    return a.shape == b.shape and np.abs(a.astype(int) - b).mean() < 12


def turned(path, quarter):
    """Write into the track header that the film is to be shown turned clockwise."""
    one = 1 << 16
    a, b = [(one, 0), (0, one), (-one, 0), (0, -one)][quarter]
    data = bytearray(path.read_bytes())
    at = data.index(b"tkhd") + 44
    data[at : at + 36] = struct.pack(">9i", a, b, 0, -b, a, 0, 0, 0, 1 << 30)
    path.write_bytes(data)
    return path


def test_what_is_written_reads_back(tmp_path):
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


def test_frames_at_one_time_are_all_kept(tmp_path):
    assert len(list(frames(film(tmp_path / "a.mp4", [0, 0, 0, 0.2])))) == 4


def test_frames_are_taken_every_so_often(tmp_path):
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


def test_a_film_that_does_not_say_how_long_it_is_has_no_count(tmp_path):
    path = film(tmp_path / "a.mp4", [0, 0.1, 0.2], 0.1)
    with av.open(str(path)) as source, av.open(str(tmp_path / "a.mkv"), "w") as target:
        stream = target.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.dts is not None:
                packet.stream = stream
                target.mux(packet)
    assert frame_count(tmp_path / "a.mkv") is None
    assert len(list(frames(tmp_path / "a.mkv"))) == 3


@pytest.mark.parametrize("quarter", range(4))
def test_a_film_made_with_a_turned_camera_is_upright(tmp_path, quarter):
    path = turned(film(tmp_path / "a.mp4", [0, 0.1]), quarter)
    first = next(frames(path))
    assert alike(first.image, np.rot90(drawn(0, 48, 64), -quarter))


def test_a_failure_while_writing_leaves_the_old_film_and_no_rest(tmp_path):
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


def test_without_a_frame_there_is_no_film(tmp_path):
    assert not film(tmp_path / "a.mp4", []).exists()
    assert list(tmp_path.iterdir()) == []


def test_a_film_that_cannot_be_written_is_an_os_error(tmp_path):
    (tmp_path / "a.mp4" / "full").mkdir(parents=True)
    with pytest.raises(OSError):
        film(tmp_path / "a.mp4", [0])
    assert [p.name for p in tmp_path.iterdir()] == ["a.mp4"]


def test_a_sound_without_pictures_holds_no_video(tmp_path):
    path = tmp_path / "a.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=8000)
        sound = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
        sound.sample_rate, sound.pts, sound.time_base = 8000, 0, Fraction(1, 8000)
        container.mux(stream.encode(sound))
        container.mux(stream.encode(None))
    with pytest.raises(SourceError, match="holds no video"):
        list(frames(path))


def test_what_cannot_be_read_is_named(tmp_path):
    text = tmp_path / "text.mp4"
    text.write_text("no film at all " * 50)
    for path in (text, tmp_path / "none.mp4", tmp_path):
        with pytest.raises(SourceError, match=str(path)):
            list(frames(path))


def test_damage_never_ends_in_another_error(tmp_path):
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


def test_a_video_is_told_by_its_content(tmp_path):
    path = tmp_path / "a"
    heads = {
        b"\0\0\0\x18ftypmp42": True, b"\0\0\0\x18ftypqt  ": True, b"\x1aE\xdf\xa3": True,
        b"RIFF\0\0\0\0AVI LIST": True, b"FLV\x01": True,
        b"\0\0\0\x18ftypheic": False, b"\0\0\0\x18ftypavif": False, b"\0\0\0\x18ftypmif1": False,
        b"RIFF\0\0\0\0WEBP": False, b"\xff\xd8\xff\xe0": False, b"": False, b"ftyp": False,
    }  # fmt: skip
    for head, expected in heads.items():
        path.write_bytes(head)
        assert is_video(path) == expected, head
