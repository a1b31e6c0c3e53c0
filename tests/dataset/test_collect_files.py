from __future__ import annotations

import stat
from pathlib import Path

import pytest

from drawing import drawn, save
from moue.dataset.collect.register_files import sample_name
from moue.workspace.stages import set_dropped
from moue.workspace.types import USER
from rows import dropped, get, listing, sources, touch_later


def test_each_file_of_a_folder_becomes_a_sample(take, catalog, raw):
    summary = take(raw)
    assert (summary.done, summary.counts) == (3, {"new": 3, "all": 3})
    assert sources(catalog) == [
        str(raw / "pout" / "a.jpg"), str(raw / "smile" / "a.jpg"), str(raw / "中文" / "图 片.png"),
    ]  # fmt: skip
    names = [one.name for one in catalog.samples()]
    assert names[0] != names[1]
    assert names[2].startswith("图_片-")
    assert all(one.original == one.source for one in catalog.samples())


def test_originals_keep_their_bytes_and_times(take, raw):
    before = listing(raw)
    take(raw)
    take(raw, copy=True)
    assert listing(raw) == before


def test_collecting_again_adds_nothing(take, catalog, raw, monkeypatch):
    take(raw)
    before = list(map(str, catalog.samples()))
    monkeypatch.chdir(raw / "smile")
    for source in (raw, Path("../../raw"), Path(".."), Path(), raw / "pout" / ".." / "smile"):
        assert take(source).done == 0
    assert list(map(str, catalog.samples())) == before


def test_file_given_twice_counts_once(take, raw):
    assert take(raw, raw / "smile" / "a.jpg", raw / "smile").done == 3


def test_only_new_files_are_added(take, catalog, raw):
    take(raw)
    save(raw / "smile" / "b.jpg", drawn(4))
    assert take(raw).done == 1
    assert sources(catalog)[-1] == str(raw / "smile" / "b.jpg")


def test_touched_file_keeps_its_sample(take, catalog, raw):
    take(raw)
    touch_later(raw / "smile" / "a.jpg")
    assert take(raw).done == 0
    assert set(dropped(catalog).values()) == {None}
    assert take(raw).done == 0


def test_changed_file_replaces_its_sample(take, catalog, raw):
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


def test_restored_bytes_restore_the_sample(take, catalog, raw):
    path = raw / "smile" / "a.jpg"
    take(path)
    old = next(catalog.samples())
    catalog.mark_done("convert", "key", [old.name])
    bytes_before = path.read_bytes()
    save(path, drawn(9))
    take(path)
    path.write_bytes(bytes_before)
    touch_later(path)
    assert take(path).done == 0
    back, new = catalog.samples()
    assert (back.name, back.dropped) == (old.name, None)
    assert new.dropped == "replaced"
    assert not catalog.is_done("convert", "key", old.name)
    assert take(path).done == 0


def test_change_keeps_the_decision_of_the_user(take, catalog, raw):
    path = raw / "smile" / "a.jpg"
    take(path)
    old = next(catalog.samples())
    set_dropped(catalog, old, "by_hand", USER)
    save(path, drawn(9))
    take(path)
    assert list(dropped(catalog).values()) == ["by_hand", None]


def test_deleted_file_is_dropped_until_it_returns(take, catalog, raw, tmp_path):
    path = raw / "smile" / "a.jpg"
    names = tmp_path / "list.txt"
    names.write_text(str(path))
    take(names)
    path.rename(tmp_path / "away")
    summary = take(names)
    assert summary.done == 0
    assert "no longer exist" in summary.notes[0]
    assert list(dropped(catalog).values()) == ["missing"]
    (tmp_path / "away").rename(path)
    assert take(names).notes == []
    assert list(dropped(catalog).values()) == [None]


def test_copies_are_read_only(take, workspace, catalog, raw):
    take(raw, copy=True)
    for one in catalog.samples():
        kept = workspace.original(one)
        assert kept.parent.parent == workspace.originals
        assert kept.read_bytes() == Path(one.source).read_bytes()
        assert stat.S_IMODE(kept.stat().st_mode) == 0o444
        assert not Path(one.original).is_absolute()
    for path in list(raw.rglob("*.*")):
        path.unlink()
    assert all(workspace.original(one).exists() for one in catalog.samples())


def test_sample_name_is_safe_and_unique():
    name = sample_name(Path("/raw/b.1 (2)/é图#%.jpg"), "source", "sha")
    assert name.startswith("é图__-")
    assert sample_name(Path("e\u0301.jpg"), "x") == sample_name(Path("é.jpg"), "x")
    assert sample_name(Path("a"), "source", "sha") != sample_name(Path("a"), "sources", "ha")
    assert len(sample_name(Path("字" * 200 + ".jpg"), "x").encode()) < 150


@pytest.mark.parametrize("name", ["a.json", "data.yaml", "labels/a.txt", "a.xml", "l.csv"])
def test_label_files_of_other_tools_are_named(take, raw, name):
    """COCO, YOLO and VOC layouts: moue takes the pictures and says which files it does not read."""
    assert not take(raw).notes
    (raw / name).parent.mkdir(exist_ok=True)
    (raw / name).write_text("0 0.5 0.5 0.2 0.2\n")
    (note,) = take(raw).notes
    assert (
        f"{raw / name}: `moue collect` reads no labels; name the file in `moue label --csv`" in note
    )
