from __future__ import annotations

import threading

import pytest

from drawing import drawn
from moue.errors import SourceError
from moue.live.capture import AHEAD, Capture
from moue.live.source import LiveSource, throttle
from moue.media.video import Frame

IMAGE = drawn(0, 8, 8)


def numbered(count, end=None, error=None):
    """Frames 0, 1, 2 …; sets `end` when all have been taken."""
    for i in range(count):
        yield Frame(i, i / 25, IMAGE)
    if end is not None:
        end.set()
    if error is not None:
        raise error


def camera(frames):
    return LiveSource("camera 0", lambda: frames, live=True)


def test_a_camera_yields_the_newest_frame_and_counts_dropped_ones():
    ended = threading.Event()
    with Capture(camera(numbered(100, ended)), timeout=10) as capture:
        assert ended.wait(10)
        assert [frame.index for frame in capture] == [99]
    assert capture.dropped == 99


def test_the_frame_captured_during_processing_is_next():
    more = threading.Semaphore(0)

    def frames():
        for frame in numbered(6):
            more.acquire()
            yield frame

    seen = []
    with Capture(camera(frames()), timeout=10) as capture:
        more.release()
        for frame in capture:
            seen.append(frame.index)
            more.release()
    assert seen == [0, 1, 2, 3, 4, 5]
    assert capture.dropped == 0


def test_a_file_drops_no_frame_and_buffers_few():
    read = []

    def frames():
        for frame in numbered(50):
            read.append(frame.index)
            yield frame

    with Capture(LiveSource("a.mp4", frames, live=False), timeout=10) as capture:
        for seen, frame in enumerate(capture):
            assert frame.index == seen
            assert len(read) <= seen + AHEAD + 2
    assert seen == 49
    assert capture.dropped == 0


def test_an_unplugged_camera_raises_after_its_last_frame():
    ended = threading.Event()
    gone = SourceError("camera 0: sends no more frames")
    with Capture(camera(numbered(3, ended, gone)), timeout=10) as capture:
        assert ended.wait(10)
        frames = iter(capture)
        assert next(frames).index == 2
        with pytest.raises(SourceError, match="no more frames"):
            next(frames)


def test_a_hanging_source_is_reported_and_blocks_nothing():
    hanging = threading.Event()

    def frames():
        yield from numbered(1)
        hanging.wait()

    with Capture(camera(frames()), timeout=0.1) as capture:
        found = iter(capture)
        assert next(found).index == 0
        with pytest.raises(SourceError, match=r"camera 0: no frame arrived for 0\.1 s"):
            next(found)
        hanging.set()


def test_a_slow_file_is_read_to_its_end():
    slow = threading.Event()

    def frames():
        slow.wait(0.3)
        yield from numbered(2)

    with Capture(LiveSource("a.mp4", frames, live=False), timeout=0.1) as capture:
        assert [frame.index for frame in capture] == [0, 1]


def test_stop_ends_the_iteration_without_a_frame():
    hanging = threading.Event()

    def frames():
        yield from numbered(1)
        hanging.wait()

    with Capture(camera(frames()), timeout=60) as capture:
        found = iter(capture)
        next(found)
        threading.Timer(0.05, capture.stop).start()
        assert list(found) == []
        hanging.set()


def test_stop_releases_a_file_that_was_read_ahead():
    closed = threading.Event()

    def frames():
        try:
            yield from numbered(1000)
        finally:
            closed.set()

    with Capture(LiveSource("a.mp4", frames, live=False), timeout=10) as capture:
        for frame in capture:
            if frame.index == 3:
                break
    assert closed.wait(10)


def test_real_time_waits_for_each_frame():
    waited = []
    frames = [Frame(0, 5.0, IMAGE), Frame(1, 6.0, IMAGE), Frame(2, 8.0, IMAGE)]
    assert list(throttle(iter(frames), waited.append)) == frames
    assert waited == pytest.approx([1.0, 3.0], abs=0.5)
