"""Originals that were moved within a source, or deleted from it."""

from __future__ import annotations

import pytest

from drawing import drawn, save
from moue.cli import main
from moue.dataset.collect.collect_files import CollectSettings, collect
from rows import context, dropped


@pytest.fixture
def raw(tmp_path):
    for number, label in enumerate(("smile", "none", "open")):
        save(tmp_path / "photos" / label / f"{label}.png", drawn(number))
    return tmp_path / "photos"


@pytest.fixture
def take(workspace, catalog):
    def take(folder, **settings):
        return collect(context(workspace, catalog, CollectSettings(**settings)), [folder])

    return take


def sources(catalog, raw):
    return {s.name: s.source.removeprefix(f"{raw}/") for s in catalog.samples()}


@pytest.mark.parametrize("copy", [False, True])
def test_a_moved_original_keeps_its_sample(take, catalog, raw, copy):
    take(raw, copy=copy)
    before = sources(catalog, raw)
    (raw / "smile" / "smile.png").rename(raw / "open" / "other name.png")
    summary = take(raw, copy=copy)
    after = sources(catalog, raw)
    assert summary.done == 0
    assert after.keys() == before.keys()
    assert {after[name] for name in before if after[name] != before[name]} == {
        "open/other name.png"
    }
    assert set(dropped(catalog).values()) == {None}
    assert "1 originals were moved" in summary.notes[0]


def test_a_renamed_class_folder_keeps_its_samples(take, catalog, raw):
    save(raw / "smile" / "second.png", drawn(9))
    take(raw)
    (raw / "smile").rename(raw / "pout")
    take(raw)
    assert {s for s in sources(catalog, raw).values() if s.startswith("pout/")} == {
        "pout/smile.png", "pout/second.png",
    }  # fmt: skip
    assert set(dropped(catalog).values()) == {None}


def test_a_moved_folder_keeps_its_samples(take, catalog, raw, tmp_path):
    take(raw)
    before = sources(catalog, raw)
    moved = raw.rename(tmp_path / "elsewhere")
    (moved / "smile" / "smile.png").rename(moved / "open" / "smile.png")
    summary = take(moved)
    after = sources(catalog, moved)
    assert summary.done == 0
    assert {after[n] for n in before if after[n] != before[n]} == {"open/smile.png"}
    assert "3 originals were moved" in summary.notes[0]


def test_originals_collected_as_files_may_move(workspace, catalog, raw):
    files = sorted(raw.rglob("*.png"))
    run = context(workspace, catalog, CollectSettings())
    collect(run, files)
    moved = files[0].rename(raw / "smile" / "moved.png")
    assert collect(run, [moved, *files[1:]]).done == 0
    assert str(moved) in {s.source for s in catalog.samples()}
    assert catalog.total() == 3


def test_a_copy_beside_its_original_is_a_new_sample(take, catalog, raw, tmp_path):
    take(raw)
    copied = save(tmp_path / "copies" / "smile.png", drawn(0)).parent
    assert take(copied).done == 1
    assert catalog.total() == 4


def test_a_deleted_original_is_restored_with_its_file(take, catalog, raw):
    take(raw)
    file = raw / "none" / "none.png"
    data = file.read_bytes()
    file.unlink()
    assert "dropped as missing" in take(raw).notes[0]
    assert sorted(map(str, dropped(catalog).values())) == ["None", "None", "missing"]
    file.write_bytes(data)
    take(raw)
    assert set(dropped(catalog).values()) == {None}


def test_a_new_file_at_the_old_path_is_a_new_sample(take, catalog, raw):
    take(raw)
    old = raw / "smile" / "smile.png"
    data = old.read_bytes()
    old.rename(raw / "open" / "smile.png")
    take(raw)
    old.write_bytes(data)
    assert take(raw).done == 1
    assert sorted(sources(catalog, raw).values()) == [
        "none/none.png", "open/open.png", "open/smile.png", "smile/smile.png",
    ]  # fmt: skip


def test_a_copied_original_that_is_deleted_stays_in_use(take, catalog, raw):
    take(raw, copy=True)
    (raw / "none" / "none.png").unlink()
    assert "their copies in originals/ stay" in take(raw, copy=True).notes[0]
    assert set(dropped(catalog).values()) == {None}


def test_moved_originals_update_labels_and_data_set(raw, tmp_path):
    place = tmp_path / "all"
    for number in range(7, 13):
        save(raw / ("smile", "open")[number % 2] / f"{number}.png", drawn(number))

    def built():
        stages = ("convert", "clean", "dedupe", "crop", "label", "split")
        for stage in (("collect", raw, "--kind", "mouth"), *((stage,) for stage in stages)):
            assert main([*map(str, stage), "-w", str(place)]) == 0
        found = {}
        for path in (place / "dataset").rglob("*.png"):
            found.setdefault(path.parent.name, set()).add(path.name.rpartition("-")[0])
        return found

    before = built()
    assert before["none"] == {"none"}
    (raw / "smile").rename(raw / "pout")
    (raw / "open" / "open.png").rename(raw / "pout" / "open.png")
    (raw / "none" / "none.png").unlink()
    after = built()
    assert after.get("none", set()) == after.get("smile", set()) == set()
    assert after["pout"] == before["smile"] | {"open"}
    assert after["open"] == before["open"] - {"open"}
