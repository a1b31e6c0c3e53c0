from __future__ import annotations

import shutil

import pytest

from drawing import drawn
from moue import origins
from moue.dataset.label import Said, say
from moue.dataset.sorting import from_folders, to_folders
from moue.errors import DataError
from moue.files import write_bytes
from moue.image import encode_png
from moue.origins import Origin
from moue.progress import Silent
from moue.sample import PERSON
from rows import add, face, mouth, sample


@pytest.fixture
def folder(workspace, catalog):
    """Four mouths sorted into folders: a and b smile, c pouts, d has no label."""
    for seed, name in enumerate("abcd"):
        add(catalog, sample(name))
        write_bytes(workspace.mouth(name), encode_png(drawn(seed, 40, 40)))
    for name, label in zip("abc", ("smile", "smile", "pout"), strict=True):
        say(catalog, [Said(mouth(catalog, name), label, "folder", "why")])
    place = workspace.root / "sorting"
    to_folders(workspace, catalog, place, Silent())
    return place


def move(folder, name, old, new):
    (folder / new).mkdir(exist_ok=True)
    (folder / old / f"{name}_mouth.png").rename(folder / new / f"{name}_mouth.png")


def said(catalog):
    return {one.name: (one.label, one.label_by) for one in catalog.mouths()}


BEFORE = {
    "a": ("smile", "folder"), "b": ("smile", "folder"), "c": ("pout", "folder"), "d": (None, None),
}  # fmt: skip


def test_every_crop_in_use_is_copied_to_its_label(workspace, folder):
    found = {p.relative_to(folder).as_posix() for p in folder.glob("*/*.png")}
    assert found == {"smile/a_mouth.png", "smile/b_mouth.png", "pout/c_mouth.png",
                     "unsorted/d_mouth.png"}  # fmt: skip
    assert {p.name for p in folder.iterdir() if p.is_dir()} == {
        "none", "pout", "smile", "open", "unsorted", "dropped",
    }  # fmt: skip
    same = folder / "smile" / "a_mouth.png"
    assert same.read_bytes() == workspace.mouth("a").read_bytes()


def test_unmoved_crops_change_nothing(catalog, folder):
    assert from_folders(catalog, folder).done == 0
    assert said(catalog) == BEFORE


def test_moved_crops_are_a_persons_word(catalog, folder):
    move(folder, "a", "smile", "open")
    move(folder, "d", "unsorted", "0")
    assert from_folders(catalog, folder).done == 2
    assert said(catalog) == BEFORE | {"a": ("open", PERSON), "d": ("none", PERSON)}
    assert [d.by for d in catalog.decisions("a")] == ["folder", PERSON]
    assert from_folders(catalog, folder).done == 0


def test_a_crop_moved_back_is_a_persons_word_too(catalog, folder):
    move(folder, "a", "smile", "open")
    from_folders(catalog, folder)
    move(folder, "a", "open", "smile")
    from_folders(catalog, folder)
    assert said(catalog)["a"] == ("smile", PERSON)


def test_an_unmoved_crop_does_not_undo_what_was_said_meanwhile(catalog, folder):
    say(catalog, [Said(mouth(catalog, n), "open", "csv", "why") for n in "ad"])
    move(folder, "b", "smile", "pout")
    assert from_folders(catalog, folder).done == 1
    assert said(catalog) == BEFORE | {
        "a": ("open", "csv"), "b": ("pout", PERSON), "d": ("open", "csv"),
    }  # fmt: skip


def test_a_crop_moved_to_unsorted_loses_its_label_for_good(catalog, folder):
    move(folder, "a", "smile", "unsorted")
    assert from_folders(catalog, folder).done == 1
    assert said(catalog)["a"] == (None, PERSON)
    say(catalog, [Said(mouth(catalog, "a"), "smile", "folder", "why")])
    assert said(catalog)["a"] == (None, PERSON)


def test_dropped_crops_are_set_aside_and_come_back_when_moved_out(catalog, folder):
    move(folder, "a", "smile", "dropped")
    assert from_folders(catalog, folder).done == 1
    assert (mouth(catalog, "a").dropped, mouth(catalog, "a").decided_by) == ("by_hand", PERSON)
    assert [m.name for m in catalog.mouths_in_use()] == ["b", "c", "d"]
    move(folder, "a", "dropped", "pout")
    assert from_folders(catalog, folder).done == 2
    assert mouth(catalog, "a").dropped is None
    assert said(catalog)["a"] == ("pout", PERSON)


def test_a_deleted_crop_loses_nothing(workspace, catalog, folder):
    shutil.rmtree(folder / "smile")
    assert from_folders(catalog, folder).done == 0
    assert said(catalog) == BEFORE
    assert workspace.mouth("a").exists()


def test_a_folder_sorted_elsewhere_can_be_read_too(catalog, folder, tmp_path):
    other = tmp_path / "mine"
    for name, label in (("a", "smile"), ("c", "3"), ("x", "open")):
        write_bytes(other / label / f"{name}_mouth.png", b"")
    summary = from_folders(catalog, other)
    assert said(catalog) == BEFORE | {"c": ("open", PERSON)}
    assert summary.notes == [f"1 files in {other} are no crops of this workspace"]


def test_a_copy_in_two_folders_is_refused_and_nothing_is_written(catalog, folder):
    move(folder, "b", "smile", "open")
    shutil.copy(folder / "smile" / "a_mouth.png", folder / "pout")
    with pytest.raises(DataError, match=r"a_mouth.png: lies in pout and in smile"):
        from_folders(catalog, folder)
    assert said(catalog) == BEFORE


def test_a_folder_that_is_no_label_is_refused_with_what_is_one(catalog, folder):
    move(folder, "a", "smile", "grin")
    with pytest.raises(DataError, match="'grin' is no label; use none, pout, smile, open"):
        from_folders(catalog, folder)
    assert said(catalog) == BEFORE


def test_what_queries_expect_is_sorted_apart_and_becomes_a_label_when_a_person_moves_it(
    workspace, catalog
):
    for number, (name, weak) in enumerate(
        {"e": ["open"], "f": ["open", "smile"], "g": ["pout"], "h": []}.items()
    ):
        add(catalog, sample(name, faces=(face(), face())))
        for label in weak:
            origin = Origin(sample=name, engine="bing", query=label, url=name, label=label)
            origins.add(catalog, origin)
        for one in catalog.mouths("sample = ?", [name]):
            write_bytes(workspace.mouth(one.name), encode_png(drawn(number, 40, 40)))
    place = workspace.root / "sorting"
    to_folders(workspace, catalog, place, Silent())
    assert sorted(path.parent.name for path in place.glob("*/?_mouth.png")) == [
        "maybe-open", "maybe-pout", "unsorted", "unsorted",
    ]  # fmt: skip
    assert len(list(place.glob("unsorted/*-face2_mouth.png"))) == 4
    assert from_folders(catalog, place).done == 0
    move(place, "e", "maybe-open", "open")
    (place / "maybe-pout").rename(place / "pout-yes")
    (place / "pout").rmdir()
    (place / "pout-yes").rename(place / "pout")
    assert from_folders(catalog, place).done == 2
    assert {n: said(catalog)[n] for n in "eg"} == {"e": ("open", PERSON), "g": ("pout", PERSON)}


def test_a_folder_that_is_not_there_is_named(catalog, tmp_path):
    with pytest.raises(DataError, match="--to-folders makes it"):
        from_folders(catalog, tmp_path / "none")


def test_a_folder_with_crops_is_not_written_over(workspace, catalog, folder):
    move(folder, "a", "smile", "open")
    with pytest.raises(DataError, match="holds crops already"):
        to_folders(workspace, catalog, folder, Silent())
    assert (folder / "open" / "a_mouth.png").exists()
