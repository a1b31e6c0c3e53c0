from __future__ import annotations

import os
import tarfile
from pathlib import Path

import pytest

from drawing import drawn, save
from moue.dataset.collect.collect_files import CollectSettings, collect
from moue.errors import ImageError, SourceError
from moue.media.image import read_image
from rows import context, dropped, sources


def test_file_list_may_have_comments_and_a_bom(take, catalog, raw, tmp_path):
    names = tmp_path / "list.txt"
    names.write_text(
        f"# mine\r\nraw/smile/a.jpg\r\n\r\n  raw/../raw/中文/图 片.png  \r\n{raw}/none.jpg\r\n",
        encoding="utf-8-sig",
    )
    assert take(names).done == 3
    assert sources(catalog) == [str(raw / n) for n in ("smile/a.jpg", "中文/图 片.png", "none.jpg")]
    missing = next(catalog.samples("dropped IS NOT NULL"))
    assert (missing.dropped, missing.detail) == ("missing", "No such file or directory")


def test_missing_file_is_collected_once_it_exists(take, catalog, tmp_path):
    names = tmp_path / "list.txt"
    names.write_text("late.jpg")
    assert take(names).done == 1
    assert take(names).done == 0
    save(tmp_path / "late.jpg", drawn())
    assert take(names).done == 1
    assert list(dropped(catalog).values()) == ["replaced", None]
    assert take(names).done == 0


def test_binary_file_list_is_an_error(take, tmp_path):
    names = tmp_path / "list.txt"
    names.write_bytes("张三.jpg".encode("gbk"))
    with pytest.raises(SourceError, match="cannot be read as a list"):
        take(names)


def test_hidden_files_pipes_and_link_loops_are_skipped(take, catalog, raw):
    save(raw / ".hidden.jpg", drawn())
    save(raw / ".thumbs" / "a.jpg", drawn())
    os.mkfifo(raw / "pipe.jpg")
    (raw / "smile" / "circle").symlink_to(raw)
    (raw / "smile" / "itself").symlink_to("itself")
    (raw / "linked.jpg").symlink_to(raw / "pout" / "a.jpg")
    assert take(raw).done == 5
    reasons = {Path(one.source).name: one.dropped for one in catalog.samples()}
    assert reasons == {"a.jpg": None, "图 片.png": None, "linked.jpg": None, "itself": "missing"}


def test_workspace_is_not_a_source(take, workspace, raw):
    with pytest.raises(SourceError, match="is a workspace"):
        take(workspace.root)


def test_workspace_inside_a_folder_is_skipped(take, catalog, workspace):
    parent = workspace.root.parent
    save(workspace.images / "own.jpg", drawn())
    save(parent / "other" / "images" / "a.jpg", drawn())
    (parent / "other" / "moue.toml").write_text("")
    save(parent / "mine.jpg", drawn())
    take(parent)
    assert sources(catalog) == [str(parent / "mine.jpg")]


def test_source_may_be_in_the_workspace_outside_moue_folders(take, workspace):
    save(workspace.root / "photos" / "a.jpg", drawn())
    save(workspace.images / "a.jpg", drawn())
    assert take(workspace.root / "photos").done == 1
    for source in (workspace.images, workspace.images / "a.jpg"):
        with pytest.raises(SourceError, match="where moue writes its own files"):
            take(source)


def test_missing_or_empty_source_is_an_error(take, tmp_path):
    with pytest.raises(SourceError, match="no such file or folder"):
        take(tmp_path / "nothing")
    (tmp_path / "empty").mkdir()
    with pytest.raises(SourceError, match="no files were found"):
        take(tmp_path / "empty")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may list every folder")
def test_unreadable_folder_is_reported_and_skipped(take, raw):
    (raw / "smile").chmod(0)
    summary = take(raw)
    (raw / "smile").chmod(0o755)
    assert summary.done
    assert summary.left_out == {"unreadable": 1}
    assert "smile: Permission denied" in " ".join(summary.notes)


def test_too_deep_folder_is_reported_and_skipped(take, tmp_path):
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


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz"])
def test_archive_is_an_error(workspace, catalog, tmp_path, mode):
    path = tmp_path / "photos.tar"
    save(tmp_path / "a.png", drawn(1))
    with tarfile.open(path, mode) as archive:
        archive.add(tmp_path / "a.png", "a.png")
    with pytest.raises(SourceError, match="archive; extract it and collect the extracted"):
        collect(context(workspace, catalog, CollectSettings()), [path])
    with pytest.raises(ImageError, match="archive; extract it"):
        read_image(path)
