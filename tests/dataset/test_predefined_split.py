"""Splits that folders named train, val and test give."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from drawing import save
from moue.cli import main
from moue.dataset.class_folders import ClassFolders
from moue.dataset.dedupe import dedupe
from moue.dataset.leakage import leakage_notes, measure_leakage
from moue.dataset.predefined_split import predefined_splits
from moue.dataset.split import SplitSettings, split
from moue.errors import SplitError
from moue.workspace.columns import names_of
from moue.workspace.label_set import DEFAULT, LabelSet
from moue.workspace.provenance import record_roots
from moue.workspace.types import SPLITS
from moue.workspace.workspace import Workspace
from rows import add, context, dropped, sample


def put(catalog, name, source, label="smile", **fields):
    add(catalog, sample(name, source=source, **fields))
    for one in catalog.mouths(sample=name):
        catalog.update_mouth(one.name, label=label)


def splits(catalog):
    return {one.name: one.split for one in catalog.mouths("split IS NOT NULL")}


def fill(catalog, *folders, count=4):
    """`count` pictures of each of two labels in each folder, as `/data/train`."""
    for folder in folders:
        for i in range(count):
            for label in ("none", "smile"):
                name = f"{folder.strip('/').replace('/', '-')}-{label}-{i}"
                put(catalog, name, f"{folder}/{label}/{i}.jpg", label)


@pytest.mark.parametrize(
    ("train", "val", "test"),
    [("train", "val", "test"), ("Training", "valid", "testing"), ("train", "dev", "Test"),
     ("训练集", "验证集", "测试集"), ("Train Set", "val_set", "test "),
     ("a/train", "a/validation", "b/test"), ("none/train", "none/val", "smile/test")],
)  # fmt: skip
def test_folder_names_of_any_spelling_give_the_split(catalog, train, val, test):
    record_roots(catalog, [Path("/data")])
    fill(catalog, f"/data/{train}", f"/data/{val}", f"/data/{test}")
    summary = split(catalog, SplitSettings(predefined=True))
    names = {"train": train, "val": val, "test": test}
    assert {name.rsplit("-", 2)[0]: s for name, s in splits(catalog).items()} == {
        folder.replace("/", "-"): s for s, folder in ((s, f"data/{f}") for s, f in names.items())
    }
    assert (
        "used the predefined split: train (8 pictures), val (8 pictures), test (8"
        in (summary.notes[0])
    )
    assert split(catalog, SplitSettings(predefined=True)).done == 0


def test_an_unused_predefined_split_suggests_the_flag(catalog):
    record_roots(catalog, [Path("/data")])
    fill(catalog, "/data/train", "/data/test")
    (note, *_) = split(catalog, SplitSettings()).notes
    assert "the predefined split is not used: train (8 pictures), test (8 pictures)" in note
    assert "`moue split --predefined`" in note


def test_a_previous_split_only_decides_the_validation_set(catalog):
    record_roots(catalog, [Path("/data")])
    fill(catalog, "/data/train", "/data/test", count=20)
    split(catalog, SplitSettings())
    first = splits(catalog)
    summary = split(catalog, SplitSettings(predefined=True))
    found = splits(catalog)
    assert {s for name, s in found.items() if name.startswith("data-test")} == {"test"}
    assert {s for name, s in found.items() if name.startswith("data-train")} == {"train", "val"}
    assert any("no folder is named val" in note for note in summary.notes)
    for name, before in first.items():
        if name.startswith("data-train") and before != "test":
            assert found[name] == before


def test_the_validation_set_is_whole_groups_of_train(catalog):
    record_roots(catalog, [Path("/data")])
    fill(catalog, "/data/train", "/data/test", count=20)
    for i in range(20):
        for label in ("none", "smile"):
            catalog.update_sample(f"data-train-{label}-{i}", subject=f"p{i // 2}")
    split(catalog, SplitSettings(predefined=True))
    persons = {s.name: s.subject for s in catalog.samples("subject IS NOT NULL")}
    where = {(persons[name], s) for name, s in splits(catalog).items() if name in persons}
    assert len(where) == 10
    assert {s for _, s in where} == {"train", "val"}


def test_pictures_outside_split_folders_are_in_train(catalog):
    record_roots(catalog, [Path("/data")])
    fill(catalog, "/data/train", "/data/valid", "/data/more")
    summary = split(catalog, SplitSettings(predefined=True))
    assert {s for name, s in splits(catalog).items() if "more" in name} == {"train"}
    assert any("8 pictures outside split folders" in note for note in summary.notes)


def test_a_predefined_split_may_divide_a_group_with_a_note(workspace, catalog):
    record_roots(catalog, [Path("/data")])
    fill(catalog, "/data/train", "/data/val", "/data/test")
    for name in ("data-train-smile-0", "data-test-smile-0"):
        catalog.update_sample(name, subject="anna")
    split(catalog, SplitSettings(predefined=True))
    found = measure_leakage(catalog, workspace.reports / "leakage.json")
    assert found.divided_groups == 1
    assert found.divided_members == (
        (("data-train-smile-0", "train"), ("data-test-smile-0", "test")),
    )
    assert any(
        "one group are in several splits: data-train-smile-0 (train), data-test-smile-0 (test)"
        in note
        for note in leakage_notes(found)
    )


def named(catalog, labels=DEFAULT):
    """The predefined split by name of the sample."""
    found = predefined_splits(catalog, labels)
    names = names_of(catalog, found.numbers.tolist())
    return {
        names[number]: SPLITS[split]
        for number, split in zip(found.numbers.tolist(), found.splits.tolist(), strict=True)
    }


def test_the_flag_needs_split_folders(catalog):
    record_roots(catalog, [Path("/data/test")])
    fill(catalog, "/data/test/a", "/data/test/b")
    assert named(catalog) == {}
    with pytest.raises(SplitError, match="needs folders named train"):
        split(catalog, SplitSettings(predefined=True))


def test_separately_collected_folders_name_splits(catalog):
    record_roots(catalog, [Path("/data/train"), Path("/data/test")])
    fill(catalog, "/data/train", "/data/test", count=1)
    assert set(named(catalog).values()) == {"train", "test"}


def test_a_folder_is_a_label_or_a_split_but_not_both(catalog):
    record_roots(catalog, [Path("/data")])
    put(catalog, "a", "/data/dev/a.jpg")
    assert named(catalog) == {"a": "val"}
    assert named(catalog, LabelSet(("dev", "smile"))) == {}
    near = LabelSet(("tests", "smile"))
    put(catalog, "b", "/data/test/b.jpg")
    assert ClassFolders(catalog, near).of("/data/test/b.jpg").suggestion is None
    assert ClassFolders(catalog, DEFAULT).of("/data/test/b.jpg").label is None


def test_duplicates_in_another_predefined_split_are_kept(catalog):
    record_roots(catalog, [Path("/data")])
    for i, place in enumerate(("train", "train", "test", "test", "more")):
        put(catalog, f"p{i}", f"/data/{place}/smile/{i}.jpg", sha256="same", phash=7)
    given = predefined_splits(catalog)
    dedupe(context(Workspace(catalog.path.parent), catalog), given)
    assert dropped(catalog) == {
        "p0": None, "p1": "duplicate", "p2": None, "p3": "duplicate", "p4": "duplicate",
    }  # fmt: skip
    dedupe(context(Workspace(catalog.path.parent), catalog))
    assert list(dropped(catalog).values()).count(None) == 1


@pytest.fixture(scope="module")
def same_everywhere(tmp_path_factory):
    """Folders train, val and test that hold the same pictures."""
    root = tmp_path_factory.mktemp("given")
    chance = np.random.default_rng(3)
    for label, shade in {"none": 40, "smile": 200}.items():
        for number in range(3):
            noise = chance.integers(-35, 36, (60, 60, 3))
            picture = np.clip(shade + noise, 0, 255).astype(np.uint8)
            for name in ("train", "val", "test"):
                save(root / "photos" / name / label / f"{number}.png", picture)
    return root


def test_duplicates_across_predefined_splits_are_restored(same_everywhere, capsys):
    place = same_everywhere / "w"

    def call(*arguments):
        assert main([str(a) for a in (*arguments, "-w", place)]) == 0
        return capsys.readouterr()

    call("collect", same_everywhere / "photos", "--kind", "mouth")
    for stage in ("convert", "clean", "dedupe", "crop", "label"):
        call(stage)
    assert "the predefined split is not used" in call("split").out
    shown = call("split", "--predefined")
    assert "12 pictures were dropped as duplicates of pictures in another split" in shown.err
    with Workspace(place).reading() as catalog:
        for mouth, one in catalog.with_samples(catalog.mouths("split IS NOT NULL")):
            assert Path(one.source).parent.parent.name == mouth.split
        assert len(list(catalog.mouths("split IS NOT NULL"))) == 18
    found = json.loads((place / "reports" / "leakage.json").read_text())
    assert found["divided_groups"] == 6
    assert found["shared_files"] == 6
    assert "these pictures of one group are in several splits" in shown.out
    # The flag is kept with the workspace.
    assert "used the predefined split" in call("split").out
