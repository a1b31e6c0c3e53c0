from __future__ import annotations

import os
import stat
import tarfile
from pathlib import Path

import pytest

from drawing import drawn, save
from moue.dataset.collect.collect_files import CollectSettings, collect
from moue.dataset.collect.register_files import sample_name
from moue.errors import ImageError, SourceError
from moue.media.image import read_image
from moue.workspace.stages import set_dropped
from moue.workspace.types import USER
from rows import context, dropped, get, listing


@pytest.fixture
def raw(tmp_path):
    folder = tmp_path / "raw"
    save(folder / "smile" / "a.jpg", drawn(1))
    save(folder / "pout" / "a.jpg", drawn(2))
    save(folder / "中文" / "图 片.png", drawn(3))
    return folder


@pytest.fixture
def take(workspace, catalog):
    def take(*sources, **settings):
        return collect(context(workspace, catalog, CollectSettings(**settings)), sources)

    return take


def sources(catalog):
    return [one.source for one in catalog.samples()]


def later(path):
    """Make a file look as if it had been written a minute later."""
    before = path.stat()
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns + 60_000_000_000))


def test_every_file_of_a_folder_becomes_a_sample_of_its_own(take, catalog, raw):
    summary = take(raw)
    assert (summary.done, summary.counts) == (3, {"new": 3, "all": 3})
    assert sources(catalog) == [
        str(raw / "pout" / "a.jpg"), str(raw / "smile" / "a.jpg"), str(raw / "中文" / "图 片.png"),
    ]  # fmt: skip
    names = [one.name for one in catalog.samples()]
    assert names[0] != names[1]
    assert names[2].startswith("图_片-")
    assert all(one.original == one.source for one in catalog.samples())


def test_raw_files_keep_their_bytes_and_times(take, raw):
    before = listing(raw)
    take(raw)
    take(raw, copy=True)
    assert listing(raw) == before


def test_again_nothing_is_added_however_the_folder_is_spelt(take, catalog, raw, monkeypatch):
    take(raw)
    before = list(map(str, catalog.samples()))
    monkeypatch.chdir(raw / "smile")
    for source in (raw, Path("../../raw"), Path(".."), Path(), raw / "pout" / ".." / "smile"):
        assert take(source).done == 0
    assert list(map(str, catalog.samples())) == before


def test_one_file_named_twice_is_counted_once(take, raw):
    assert take(raw, raw / "smile" / "a.jpg", raw / "smile").done == 3


def test_only_what_is_new_is_added(take, catalog, raw):
    take(raw)
    save(raw / "smile" / "b.jpg", drawn(4))
    assert take(raw).done == 1
    assert sources(catalog)[-1] == str(raw / "smile" / "b.jpg")


def test_a_file_that_was_only_touched_is_the_same_sample(take, catalog, raw):
    take(raw)
    later(raw / "smile" / "a.jpg")
    assert take(raw).done == 0
    assert set(dropped(catalog).values()) == {None}
    assert take(raw).done == 0


def test_a_changed_file_becomes_a_new_sample_and_the_old_one_is_replaced(take, catalog, raw):
    take(raw)
    old = next(catalog.samples("source LIKE '%smile/a.jpg'"))
    save(raw / "smile" / "a.jpg", drawn(9))
    assert take(raw).done == 1
    assert get(catalog, old.name).dropped == "replaced"
    new = list(catalog.samples(source=old.source))[-1]
    assert new.dropped is None
    assert new.sha256 != old.sha256
    decisions = len(list(catalog.decisions()))
    assert take(raw).done == 0
    assert len(list(catalog.decisions())) == decisions


def test_a_file_that_gets_its_old_bytes_back_is_its_old_sample_again(take, catalog, raw):
    path = raw / "smile" / "a.jpg"
    take(path)
    old = next(catalog.samples())
    catalog.mark_done("convert", "key", [old.name])
    bytes_before = path.read_bytes()
    save(path, drawn(9))
    take(path)
    path.write_bytes(bytes_before)
    later(path)
    assert take(path).done == 0
    back, new = catalog.samples()
    assert (back.name, back.dropped) == (old.name, None)
    assert new.dropped == "replaced"
    assert not catalog.is_done("convert", "key", old.name)
    assert take(path).done == 0


def test_what_a_person_set_aside_stays_so_when_its_file_changes(take, catalog, raw):
    path = raw / "smile" / "a.jpg"
    take(path)
    old = next(catalog.samples())
    set_dropped(catalog, old, "by_hand", USER)
    save(path, drawn(9))
    take(path)
    assert list(dropped(catalog).values()) == ["by_hand", None]


def test_a_listed_file_that_goes_away_is_set_aside_and_comes_back(take, catalog, raw, tmp_path):
    path = raw / "smile" / "a.jpg"
    names = tmp_path / "list.txt"
    names.write_text(str(path))
    take(names)
    path.rename(tmp_path / "away")
    summary = take(names)
    assert summary.done == 0
    assert "no longer there" in summary.notes[0]
    assert list(dropped(catalog).values()) == ["missing"]
    (tmp_path / "away").rename(path)
    assert take(names).notes == []
    assert list(dropped(catalog).values()) == [None]


def test_copies_are_kept_read_only_with_their_own_bytes(take, workspace, catalog, raw):
    take(raw, copy=True)
    for one in catalog.samples():
        kept = workspace.original(one)
        assert kept.parent == workspace.originals
        assert kept.read_bytes() == Path(one.source).read_bytes()
        assert stat.S_IMODE(kept.stat().st_mode) == 0o444
        assert not Path(one.original).is_absolute()
    for path in list(raw.rglob("*.*")):
        path.unlink()
    assert all(workspace.original(one).exists() for one in catalog.samples())


def test_a_list_names_files_with_comments_and_a_byte_order_mark(take, catalog, raw, tmp_path):
    names = tmp_path / "list.txt"
    names.write_text(
        f"# mine\r\nraw/smile/a.jpg\r\n\r\n  raw/../raw/中文/图 片.png  \r\n{raw}/none.jpg\r\n",
        encoding="utf-8-sig",
    )
    assert take(names).done == 3
    assert sources(catalog) == [str(raw / n) for n in ("smile/a.jpg", "中文/图 片.png", "none.jpg")]
    missing = next(catalog.samples("dropped IS NOT NULL"))
    assert (missing.dropped, missing.detail) == ("missing", "No such file or directory")


def test_a_missing_file_that_comes_is_taken(take, catalog, tmp_path):
    names = tmp_path / "list.txt"
    names.write_text("late.jpg")
    assert take(names).done == 1
    assert take(names).done == 0
    save(tmp_path / "late.jpg", drawn())
    assert take(names).done == 1
    assert list(dropped(catalog).values()) == ["replaced", None]
    assert take(names).done == 0


def test_a_list_that_is_no_text_is_one_clear_error(take, tmp_path):
    names = tmp_path / "list.txt"
    names.write_bytes("张三.jpg".encode("gbk"))
    with pytest.raises(SourceError, match="cannot be read as a list"):
        take(names)


def test_hidden_files_pipes_and_circles_are_left_out(take, catalog, raw):
    save(raw / ".hidden.jpg", drawn())
    save(raw / ".thumbs" / "a.jpg", drawn())
    os.mkfifo(raw / "pipe.jpg")
    (raw / "smile" / "circle").symlink_to(raw)
    (raw / "smile" / "itself").symlink_to("itself")
    (raw / "linked.jpg").symlink_to(raw / "pout" / "a.jpg")
    assert take(raw).done == 5
    reasons = {Path(one.source).name: one.dropped for one in catalog.samples()}
    assert reasons == {"a.jpg": None, "图 片.png": None, "linked.jpg": None, "itself": "missing"}


def test_a_workspace_is_no_source(take, workspace, raw):
    with pytest.raises(SourceError, match="is a workspace"):
        take(workspace.root)


def test_a_workspace_inside_a_folder_is_left_out(take, catalog, workspace):
    parent = workspace.root.parent
    save(workspace.images / "own.jpg", drawn())
    save(parent / "other" / "images" / "a.jpg", drawn())
    (parent / "other" / "moue.toml").write_text("")
    save(parent / "mine.jpg", drawn())
    take(parent)
    assert sources(catalog) == [str(parent / "mine.jpg")]


def test_raw_pictures_may_lie_in_the_workspace_but_not_where_moue_writes(take, workspace):
    save(workspace.root / "photos" / "a.jpg", drawn())
    save(workspace.images / "a.jpg", drawn())
    assert take(workspace.root / "photos").done == 1
    for source in (workspace.images, workspace.images / "a.jpg"):
        with pytest.raises(SourceError, match="moue writes its own files there"):
            take(source)


def test_a_source_that_is_not_there_or_empty_is_an_error(take, tmp_path):
    with pytest.raises(SourceError, match="no such file or folder"):
        take(tmp_path / "nothing")
    (tmp_path / "empty").mkdir()
    with pytest.raises(SourceError, match="no files here"):
        take(tmp_path / "empty")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may list every folder")
def test_a_folder_that_cannot_be_listed_is_named_and_the_rest_is_taken(take, raw):
    (raw / "smile").chmod(0)
    summary = take(raw)
    (raw / "smile").chmod(0o755)
    assert summary.done
    assert summary.left_out == {"unreadable": 1}
    assert "smile: Permission denied" in " ".join(summary.notes)


def test_a_chain_of_folders_that_is_too_long_is_named_and_the_rest_is_taken(take, tmp_path):
    """The system's own limit on a path stands for every folder that cannot be listed."""
    folder = tmp_path / "raw"
    save(folder / "a.jpg", drawn())
    here = os.open(folder, os.O_DIRECTORY)
    for _ in range(20):
        os.mkdir("f" * 250, dir_fd=here)
        here, last = os.open("f" * 250, os.O_DIRECTORY, dir_fd=here), here
        os.close(last)
    os.close(here)
    summary = take(folder)
    assert summary.done == 1
    assert "File name too long" in " ".join(summary.notes)


def test_a_name_is_tame_unique_and_says_where_it_came_from():
    name = sample_name(Path("/raw/b.1 (2)/é图#%.jpg"), "source", "sha")
    assert name.startswith("é图__-")
    assert sample_name(Path("e\u0301.jpg"), "x") == sample_name(Path("é.jpg"), "x")
    assert sample_name(Path("a"), "source", "sha") != sample_name(Path("a"), "sources", "ha")
    assert len(sample_name(Path("字" * 200 + ".jpg"), "x").encode()) < 150


# videos

av = pytest.importorskip("av")


def film(path, seed=0, seconds=3):
    from moue.media.video import write_video

    with write_video(path, 0.5) as add:
        for i in range(2 * seconds):
            add(drawn(seed + i), i / 2)
    return path


def test_frames_are_samples_with_their_time_and_their_video(take, workspace, catalog, tmp_path):
    clip = film(tmp_path / "raw" / "影片.mp4")
    before = clip.read_bytes(), clip.stat().st_mtime_ns
    assert take(tmp_path / "raw").done == 3
    assert sources(catalog) == [f"{clip}#t={t}.000" for t in range(3)]
    assert {one.video for one in catalog.samples()} == {str(clip)}
    assert all(workspace.original(one).stat().st_mode & 0o222 == 0 for one in catalog.samples())
    assert (clip.read_bytes(), clip.stat().st_mtime_ns) == before
    assert take(clip).done == 0


def test_more_frames_of_a_video_are_added_to_those_that_are_there(take, catalog, tmp_path):
    clip = film(tmp_path / "a.mp4")
    take(clip)
    assert take(clip, every=0.5).done == 3
    assert set(dropped(catalog).values()) == {None}
    assert take(clip, every=1.0).done == 0


def test_the_frames_of_a_changed_video_replace_the_old_ones(take, catalog, tmp_path):
    clip = film(tmp_path / "a.mp4", seconds=2)
    take(clip)
    first = clip.read_bytes()
    film(clip, seed=50, seconds=2)
    later(clip)
    assert take(clip).done == 2
    assert list(dropped(catalog).values()) == ["replaced", "replaced", None, None]
    clip.write_bytes(first)
    later(clip)
    assert take(clip).done == 0
    assert list(dropped(catalog).values()) == [None, None, "replaced", "replaced"]


def test_only_frames_that_differ_are_kept_when_changes_are_asked_for(take, catalog, tmp_path):
    from moue.media.video import write_video

    with write_video(tmp_path / "a.mp4", 0.5) as add:
        for i, seed in enumerate((1, 1, 1, 2, 2, 3)):
            add(drawn(seed), i / 2)
    assert take(tmp_path / "a.mp4", every=0.5, min_change=5.0).done == 3
    times = [source.partition("#t=")[2] for source in sources(catalog)]
    assert times == ["0.000", "1.500", "2.500"]
    assert take(tmp_path / "a.mp4", every=0.5, min_change=5.0).done == 0
    assert take(tmp_path / "a.mp4", every=0.5).done == 3


# cameras


def sit(workspace, catalog, device, **settings):
    """A video stands for the camera: it is read in the same way."""
    from moue.dataset.collect.collect_camera import CameraSettings, collect_camera

    chosen = CameraSettings(**settings)
    return collect_camera(context(workspace, catalog, chosen), str(device), "smile")


def test_a_sitting_before_a_camera_is_a_group_with_its_hint(workspace, catalog, tmp_path):
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
def test_a_sitting_ends_when_it_was_told_to(workspace, catalog, tmp_path, end):
    assert sit(workspace, catalog, film(tmp_path / "camera.mp4"), every=1.0, **end).done == 2


def test_a_camera_that_is_not_there_is_one_clear_error(workspace, catalog):
    with pytest.raises(SourceError, match="camera 97: cannot be opened"):
        sit(workspace, catalog, 97)


def test_a_broken_video_is_noted_and_the_rest_goes_on(take, catalog, raw):
    (raw / "clip.mp4").write_bytes(b"\0\0\0\x18ftypmp42" + bytes(200))
    summary = take(raw)
    assert summary.done == 3
    (note,) = summary.notes
    assert "clip.mp4: skipped" in note


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz"])
def test_an_archive_is_named_with_what_to_do(workspace, catalog, tmp_path, mode):
    path = tmp_path / "photos.tar"
    save(tmp_path / "a.png", drawn(1))
    with tarfile.open(path, mode) as archive:
        archive.add(tmp_path / "a.png", "a.png")
    with pytest.raises(SourceError, match="archive; extract it and collect its folder"):
        collect(context(workspace, catalog, CollectSettings()), [path])
    with pytest.raises(ImageError, match="archive; extract it"):
        read_image(path)
