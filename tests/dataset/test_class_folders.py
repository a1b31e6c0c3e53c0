"""What folders mean, and that it is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from moue.dataset.class_folders import class_names
from moue.dataset.label import LabelUpdate, require_known, set_labels
from moue.dataset.label_class_folders import label_from_class_folders
from moue.errors import DataError
from moue.workspace.label_set import DEFAULT, LabelSet
from moue.workspace.provenance import record_roots
from moue.workspace.types import USER
from rows import add, mouth, sample


@pytest.fixture
def label(catalog):
    """Add pictures by their paths, label them by their folders, return label by path."""

    def label(*sources, roots=(), labels=DEFAULT):
        record_roots(catalog, map(Path, roots))
        add(catalog, *(sample(str(i), source=s) for i, s in enumerate(sources)))
        summary = label_from_class_folders(catalog, labels)
        found = {s: mouth(catalog, str(i)).label for i, s in enumerate(sources)}
        return found, summary

    return label


def rows(summary):
    return {row["folder"]: (row["label"], row["pictures"]) for row in summary.tables["folders"]}


def test_every_folder_is_listed_with_its_meaning(label):
    _, summary = label(
        "/data/typo/smile/a.jpg", "/data/typo/smile/anna/b.jpg", "/data/typo/Smiles/c.jpg",
        "/data/typo/3_open/d.jpg", "/data/typo/surprised/e.jpg", "/data/typo/surprised/f.jpg",
        "/data/typo/张嘴/2024/g.jpg", "/data/typo/Open-Mouth/h.jpg",
        roots=["/data/typo"],
    )  # fmt: skip
    assert rows(summary) == {
        "typo/smile": ("smile", 2), "typo/Smiles": ("no label", 1), "typo/3_open": ("no label", 1),
        "typo/surprised": ("no label", 2), "typo/张嘴": ("no label", 1),
        "typo/Open-Mouth": ("open", 1),
    }  # fmt: skip
    (note,) = [n for n in summary.notes if n.startswith("these folder names match no label")]
    assert "typo/surprised (2)," in note
    assert "typo/Smiles (1; did you mean smile?)" in note
    assert "typo/3_open (1; did you mean open?)" in note
    assert "typo/张嘴 (1; did you mean open?)" in note
    assert note.endswith("labels are none, pout, smile, open, or 0 to 3")


def test_numbered_subject_folders_are_not_labels(label):
    sources = [f"/data/people/{n}/{i}.jpg" for n in range(1, 7) for i in "ab"]
    found, summary = label(*sources, roots=["/data/people"])
    assert set(found.values()) == {None}
    assert any("folders in people were not used as labels" in note for note in summary.notes)


def test_months_of_a_year_do_not_hide_class_folders(label):
    sources = [*(f"/d/p/2024/{n}/a.jpg" for n in range(1, 13)), *(f"/d/p/{n}/a.jpg" for n in "012")]
    found, _ = label(*sources, roots=["/d/p"])
    assert {s: v for s, v in found.items() if v} == {}  # 2024 stands beside 0, 1 and 2


def test_folders_0_to_3_are_labels_in_each_split(label):
    sources = [f"/d/set/{s}/{n}/x.jpg" for s in ("train", "val") for n in "0123"]
    found, summary = label(*sources, roots=["/d/set"])
    assert [found[s] for s in sources] == ["none", "pout", "smile", "open"] * 2
    assert rows(summary)["set/val/2"] == ("smile", 1)


@pytest.mark.parametrize("given", ["/p/single", "/p/single/smile"])
def test_the_collected_folder_itself_may_be_a_class_folder(label, given):
    found, _ = label("/p/single/smile/a.jpg", "/p/single/smile/x/b.jpg", roots=[given])
    assert set(found.values()) == {"smile"}


def test_a_folder_above_the_source_gives_no_label(label):
    found, _ = label("/home/open/photos/a.jpg", "/home/open/photos/b/c.jpg",
                     roots=["/home/open/photos"])  # fmt: skip
    assert set(found.values()) == {None}


def test_a_numbered_source_needs_a_numbered_sibling(label):
    assert label("/mnt/1/a.jpg", "/mnt/1/x/b.jpg", roots=["/mnt/1"])[0] == {
        "/mnt/1/a.jpg": None, "/mnt/1/x/b.jpg": None,
    }  # fmt: skip


def test_numbered_sibling_sources_are_labels(label):
    found, _ = label(*(f"/mnt/{n}/a.jpg" for n in "0123"), roots=[f"/mnt/{n}" for n in "0123"])
    assert list(found.values()) == ["none", "pout", "smile", "open"]


def test_single_files_use_their_common_folder(label):
    found, _ = label("/p/smile/a.jpg", "/p/smile/b.jpg")
    assert set(found.values()) == {"smile"}


def test_own_labels_are_found_in_folders(label):
    labels = LabelSet.of(["tongue", "happy"], "moue.toml")
    found, summary = label("/p/Tongue/a.jpg", "/p/1/b.jpg", "/p/smile/c.jpg", roots=["/p"],
                           labels=labels)  # fmt: skip
    assert list(found.values()) == ["tongue", "happy", None]
    assert any("labels are tongue, happy, or 0 to 1" in note for note in summary.notes)
    assert summary.counts == {"tongue": 1, "happy": 1, "no label": 1}


def test_a_label_is_removed_with_the_meaning_of_its_folder(label, catalog):
    label("/p/smile/a.jpg", "/p/open/b.jpg", roots=["/p"])
    summary = label_from_class_folders(catalog, LabelSet.of(["smile", "tongue"], "moue.toml"))
    assert [mouth(catalog, name).label for name in "01"] == ["smile", None]
    assert rows(summary)["p/open"] == ("no label", 1)


def test_a_user_label_missing_from_the_list_is_an_error(label, catalog):
    label("/p/smile/a.jpg", "/p/open/b.jpg", roots=["/p"])
    set_labels(catalog, [LabelUpdate(mouth(catalog, "1"), "open", USER, "why")])
    labels = LabelSet.of(["smile", "tongue"], "moue.toml")
    assert label_from_class_folders(catalog, labels).counts == {"smile": 1, "tongue": 0, "open": 1}
    with pytest.raises(DataError, match=r"does not list: open \(1\); add them"):
        require_known(catalog, labels)
    require_known(catalog, DEFAULT)


def test_unlabelled_mouths_are_counted_with_a_next_command(label):
    _, summary = label("/p/smile/a.jpg", "/p/x/b.jpg", "/p/x/c.jpg", roots=["/p"])
    assert any(
        note.startswith("2 of 3 mouths have no label") and "moue label --to-folders" in note
        for note in summary.notes
    )


def test_near_duplicates_with_different_labels_are_reported(label, catalog):
    label("/p/smile/a.jpg", roots=["/p"])
    add(catalog, sample("copy", source="/p/open/b.jpg", dropped="near_duplicate", detail="of 0"))
    summary = label_from_class_folders(catalog)
    assert mouth(catalog, "0").label == "smile"
    assert "/p/smile/a.jpg (smile): a near-duplicate is in a folder for open" in summary.notes


def test_folder_names_can_become_the_labels(catalog):
    record_roots(catalog, [Path("/p"), Path("/q/夜"), Path("/r")])
    sources = ("/p/train/tongue/a.jpg", "/p/test/tongue/anna/b.jpg", "/p/train/happy/c.jpg",
               "/q/夜/d.jpg", "/q/夜/e.jpg", "/r/loose.jpg", "/r/happy/f.jpg")  # fmt: skip
    add(catalog, *(sample(str(i), source=s) for i, s in enumerate(sources)))
    assert class_names(catalog, DEFAULT) == {"tongue": 2, "happy": 2, "夜": 2}


@pytest.mark.parametrize("reason", ["missing", "replaced", "not_an_image"])
def test_only_existing_pictures_count(catalog, label, reason):
    add(catalog, sample("gone", source="/data/x/7/gone.jpg", dropped=reason))
    found, summary = label("/data/x/0/a.jpg", "/data/x/2/b.jpg", roots=["/data/x"])
    assert list(found.values()) == ["none", "smile"]
    assert rows(summary) == {"x/0": ("none", 1), "x/2": ("smile", 1)}
    assert set(class_names(catalog, DEFAULT)) == {"0", "2"}
