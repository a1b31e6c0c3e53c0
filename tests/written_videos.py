"""Videos written for tests."""

from __future__ import annotations

import struct
from fractions import Fraction

import numpy as np
import pytest

from drawing import drawn
from moue.media.video import write_video

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


def written(path, stamps, ratio=None, size=(48, 64), codec="libx264", gop=12, rate=10, **options):
    """A video with these stamps, in seconds, and this shape of pixels."""
    with av.open(str(path), "w", **options) as container:
        stream = container.add_stream(codec, rate=rate)
        stream.height, stream.width, stream.pix_fmt = *size, "yuv420p"
        stream.codec_context.gop_size = gop
        if ratio:
            stream.codec_context.sample_aspect_ratio = ratio
        for i, stamp in enumerate(stamps):
            frame = av.VideoFrame.from_ndarray(drawn(i, *size), format="rgb24")
            frame.pts, frame.time_base = round(stamp * rate), Fraction(1, rate)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path
