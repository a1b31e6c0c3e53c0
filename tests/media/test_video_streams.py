"""Which stream of a video is read, its times without stamps, and videos that are cut short."""

from __future__ import annotations

import numpy as np
import pytest

from drawing import drawn
from moue.errors import SourceError
from moue.media.video import frame_count, frames
from written_videos import written

av = pytest.importorskip("av")


@pytest.mark.parametrize("form", ["h264", "hevc"])
def test_missing_timestamps_follow_the_frame_rate(tmp_path, form):
    codec = "libx265" if form == "hevc" else "libx264"
    path = written(tmp_path / f"x.{form}", range(6), rate=1, format=form, codec=codec)
    assert [frame.time for frame in frames(path)] == pytest.approx([i / 25 for i in range(6)])


@pytest.mark.parametrize("name", ["x.mp4", "x.mkv", "x.avi"])
def test_a_truncated_video_gives_its_frames_and_then_an_error(tmp_path, name):
    codec = "mpeg4" if name.endswith("avi") else "libx264"
    options = {"options": {"movflags": "faststart"}} if name.endswith("mp4") else {}
    path = written(tmp_path / name, [i / 10 for i in range(20)], codec=codec, **options)
    assert len(list(frames(path))) == 20
    data = path.read_bytes()
    path.write_bytes(data[: len(data) * 3 // 4])
    seen = []
    with pytest.raises(SourceError, match="is truncated"):
        seen += (frame.index for frame in frames(path))
    path.write_bytes(data[:-1])
    with pytest.raises(SourceError, match="is truncated"):
        list(frames(path))


def test_a_video_of_unknown_length_is_read_to_its_end(tmp_path):
    path = written(tmp_path / "x.mkv", [0, 0.1, 0.2], options={"live": "1"})
    assert len(list(frames(path))) == 3
    fragmented = {"options": {"movflags": "frag_keyframe+empty_moov"}}
    path = written(tmp_path / "x.mp4", [0, 0.1, 0.2], **fragmented)
    assert len(list(frames(path))) == 3


@pytest.mark.parametrize("form", ["matroska", "mp4"])
def test_the_stream_with_the_most_pixels_is_read(tmp_path, form):
    path = tmp_path / "x"
    with av.open(str(path), "w", format=form) as container:
        streams = []
        for size in ((32, 32), (64, 96), (48, 48)):
            stream = container.add_stream("libx264", rate=10)
            stream.height, stream.width, stream.pix_fmt = *size, "yuv420p"
            streams.append((stream, size))
        for stream, size in streams:
            for i in range(3):
                frame = av.VideoFrame.from_ndarray(drawn(i, *size), format="rgb24")
                container.mux(stream.encode(frame))
            container.mux(stream.encode(None))
    assert {frame.image.shape for frame in frames(path)} == {(64, 96, 3)}
    assert frame_count(path) in (3, None)


def test_a_cover_picture_is_no_video(tmp_path):
    from av.stream import Disposition

    path = tmp_path / "song.m4a"
    with av.open(str(path), "w", format="mp4") as container:
        cover = container.add_stream("mjpeg", rate=1)
        cover.height, cover.width, cover.pix_fmt = 64, 64, "yuvj420p"
        cover.disposition = Disposition.attached_pic
        sound = container.add_stream("aac", rate=44100)
        container.mux(cover.encode(av.VideoFrame.from_ndarray(drawn(0, 64, 64), format="rgb24")))
        quiet = av.AudioFrame.from_ndarray(
            np.zeros((1, 4096), np.float32), format="fltp", layout="mono"
        )
        quiet.rate, quiet.pts = 44100, 0
        container.mux(sound.encode(quiet))
        for stream in (cover, sound):
            container.mux(stream.encode(None))
    with pytest.raises(SourceError, match="contains no video"):
        list(frames(path))
    assert frame_count(path) is None
