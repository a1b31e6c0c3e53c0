from __future__ import annotations

import pytest

from drawing import drawn
from moue.errors import SourceError
from rows import context, dropped, sources, touch_later

av = pytest.importorskip("av")


def film(path, seed=0, seconds=3):
    from moue.media.video import write_video

    with write_video(path, 0.5) as add:
        for i in range(2 * seconds):
            add(drawn(seed + i), i / 2)
    return path


def test_frames_record_their_time_and_video(take, workspace, catalog, tmp_path):
    clip = film(tmp_path / "raw" / "影片.mp4")
    before = clip.read_bytes(), clip.stat().st_mtime_ns
    assert take(tmp_path / "raw").done == 3
    assert sources(catalog) == [f"{clip}#t={t}.000" for t in range(3)]
    assert {one.video for one in catalog.samples()} == {str(clip)}
    assert all(workspace.original(one).stat().st_mode & 0o222 == 0 for one in catalog.samples())
    assert (clip.read_bytes(), clip.stat().st_mtime_ns) == before
    assert take(clip).done == 0


def test_smaller_interval_adds_frames(take, catalog, tmp_path):
    clip = film(tmp_path / "a.mp4")
    take(clip)
    assert take(clip, every=0.5).done == 3
    assert set(dropped(catalog).values()) == {None}
    assert take(clip, every=1.0).done == 0


def test_changed_video_replaces_its_frames(take, catalog, tmp_path):
    clip = film(tmp_path / "a.mp4", seconds=2)
    take(clip)
    first = clip.read_bytes()
    film(clip, seed=50, seconds=2)
    touch_later(clip)
    assert take(clip).done == 2
    assert list(dropped(catalog).values()) == ["replaced", "replaced", None, None]
    clip.write_bytes(first)
    touch_later(clip)
    assert take(clip).done == 0
    assert list(dropped(catalog).values()) == [None, None, "replaced", "replaced"]


def test_min_change_skips_similar_frames(take, catalog, tmp_path):
    from moue.media.video import write_video

    with write_video(tmp_path / "a.mp4", 0.5) as add:
        for i, seed in enumerate((1, 1, 1, 2, 2, 3)):
            add(drawn(seed), i / 2)
    assert take(tmp_path / "a.mp4", every=0.5, min_change=5.0).done == 3
    times = [source.partition("#t=")[2] for source in sources(catalog)]
    assert times == ["0.000", "1.500", "2.500"]
    assert take(tmp_path / "a.mp4", every=0.5, min_change=5.0).done == 0
    assert take(tmp_path / "a.mp4", every=0.5).done == 3


def sit(workspace, catalog, device, **settings):
    """A video stands for the camera: it is read in the same way."""
    from moue.dataset.collect.collect_camera import CameraSettings, collect_camera

    chosen = CameraSettings(**settings)
    return collect_camera(context(workspace, catalog, chosen), str(device), "smile")


def test_camera_session_is_one_group_with_a_weak_label(workspace, catalog, tmp_path):
    from moue.workspace.provenance import weak_labels

    clip = film(tmp_path / "camera.mp4")
    assert sit(workspace, catalog, clip, every=1.0).done == 3
    kept = list(catalog.samples())
    assert len({one.video for one in kept}) == 1
    assert kept[0].video.startswith("camera:")
    assert [one.source.partition("#t=")[2] for one in kept] == ["0.000", "1.000", "2.000"]
    assert list(weak_labels(catalog, kept[0].name).values()) == ["smile"]
    assert all(workspace.original(one).stat().st_mode & 0o222 == 0 for one in kept)


@pytest.mark.parametrize("end", [{"max_seconds": 1.2}, {"number": 2}])
def test_camera_session_ends_at_its_limit(workspace, catalog, tmp_path, end):
    assert sit(workspace, catalog, film(tmp_path / "camera.mp4"), every=1.0, **end).done == 2


def test_missing_camera_is_an_error(workspace, catalog):
    with pytest.raises(SourceError, match="camera 97: cannot be opened"):
        sit(workspace, catalog, 97)


def test_broken_video_is_reported_and_skipped(take, catalog, raw):
    (raw / "clip.mp4").write_bytes(b"\0\0\0\x18ftypmp42" + bytes(200))
    summary = take(raw)
    assert summary.done == 3
    (note,) = summary.notes
    assert "clip.mp4: skipped" in note
