from __future__ import annotations

import errno
import os
import shutil

import pytest

from moue.dataset.label import LabelUpdate, set_labels
from moue.dataset.label_folders_read import read_label_folders
from moue.dataset.label_folders_write import write_label_folders
from moue.errors import DataError
from moue.files import write_bytes
from moue.workspace.label_set import LabelSet
from moue.workspace.types import USER
from rows import context, mouth
from sorting_folders import move, new, said

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
    assert read_label_folders(catalog, folder).done == 0
    assert said(catalog) == BEFORE


def test_a_moved_crop_gets_a_label_from_the_user(catalog, folder):
    move(folder, "a", "smile", "open")
    move(folder, "d", "unsorted", "0")
    assert read_label_folders(catalog, folder).done == 2
    assert said(catalog) == BEFORE | {"a": ("open", USER), "d": ("none", USER)}
    assert [d.by for d in catalog.decisions("a")] == ["folder", USER]
    assert read_label_folders(catalog, folder).done == 0


def test_a_crop_moved_back_gets_its_old_label(catalog, folder):
    move(folder, "a", "smile", "open")
    read_label_folders(catalog, folder)
    move(folder, "a", "open", "smile")
    read_label_folders(catalog, folder)
    assert said(catalog)["a"] == ("smile", USER)


def test_an_unmoved_crop_keeps_a_label_set_in_the_meantime(catalog, folder):
    set_labels(catalog, [LabelUpdate(mouth(catalog, n), "open", "csv", "why") for n in "ad"])
    move(folder, "b", "smile", "pout")
    assert read_label_folders(catalog, folder).done == 1
    assert said(catalog) == BEFORE | {
        "a": ("open", "csv"), "b": ("pout", USER), "d": ("open", "csv"),
    }  # fmt: skip


def test_a_crop_moved_to_unsorted_loses_its_label_for_good(catalog, folder):
    move(folder, "a", "smile", "unsorted")
    assert read_label_folders(catalog, folder).done == 1
    assert said(catalog)["a"] == (None, USER)
    set_labels(catalog, [LabelUpdate(mouth(catalog, "a"), "smile", "folder", "why")])
    assert said(catalog)["a"] == (None, USER)


def test_moving_into_dropped_drops_and_moving_out_restores(catalog, folder):
    move(folder, "a", "smile", "dropped")
    assert read_label_folders(catalog, folder).done == 1
    assert (mouth(catalog, "a").dropped, mouth(catalog, "a").decided_by) == ("by_hand", USER)
    assert [m.name for m in catalog.mouths_in_use()] == ["b", "c", "d"]
    move(folder, "a", "dropped", "pout")
    assert read_label_folders(catalog, folder).done == 2
    assert mouth(catalog, "a").dropped is None
    assert said(catalog)["a"] == ("pout", USER)


def test_a_deleted_crop_loses_nothing(workspace, catalog, folder):
    shutil.rmtree(folder / "smile")
    assert read_label_folders(catalog, folder).done == 0
    assert said(catalog) == BEFORE
    assert workspace.mouth("a").exists()


def test_a_folder_sorted_elsewhere_can_be_read_too(catalog, folder, tmp_path):
    other = tmp_path / "mine"
    for name, label in (("a", "smile"), ("c", "3"), ("x", "open")):
        write_bytes(other / label / f"{name}_mouth.png", b"")
    summary = read_label_folders(catalog, other)
    assert said(catalog) == BEFORE | {"c": ("open", USER)}
    assert summary.notes == [
        f"1 files in {other} are not crops of this workspace: open/x_mouth.png"
    ]


def test_a_crop_in_two_folders_is_an_error(catalog, folder):
    move(folder, "b", "smile", "open")
    shutil.copy(folder / "smile" / "a_mouth.png", folder / "pout")
    with pytest.raises(DataError, match=r"a_mouth.png is in smile, and .* in pout"):
        read_label_folders(catalog, folder)
    assert said(catalog) == BEFORE


def test_a_folder_that_is_not_a_label_is_an_error(catalog, folder):
    move(folder, "a", "smile", "grin")
    with pytest.raises(
        DataError,
        match="'grin' is not a label; rename the folder to one of none, pout, smile, open",
    ):
        read_label_folders(catalog, folder)
    assert said(catalog) == BEFORE


def test_missing_folder_is_an_error(catalog, tmp_path):
    with pytest.raises(DataError, match="create it with `moue label"):
        read_label_folders(catalog, tmp_path / "none")


def test_a_folder_that_cannot_be_read_is_an_error(catalog, folder, monkeypatch):
    scandir = os.scandir

    def refuse(path):
        if str(path).endswith("pout"):
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)  # for root, every folder is readable
    with pytest.raises(PermissionError, match="pout"):
        read_label_folders(catalog, folder)
    assert said(catalog) == BEFORE


def test_missing_misplaced_and_renamed_crops_are_reported(catalog, folder):
    (folder / "smile" / "a_mouth.png").unlink()
    (folder / "smile" / "sure").mkdir()
    (folder / "smile" / "b_mouth.png").rename(folder / "smile" / "sure" / "b_mouth.png")
    (folder / "pout" / "c_mouth.png").rename(folder / "open" / "c_mouth (1).png")
    (folder / "unsorted" / "d_mouth.png").rename(folder / "d_mouth.png")
    summary = read_label_folders(catalog, folder)
    notes = "\n".join(summary.notes)
    assert "1 crops are missing from" in notes
    assert "smile/a_mouth.png" in notes
    assert "2 crops are not directly in a label folder and were not read: d_mouth.png, " in notes
    assert "smile/sure/b_mouth.png" in notes
    assert "1 renamed crops were recognised: open/c_mouth (1).png" in notes
    assert said(catalog) == BEFORE | {"c": ("open", USER)}
    assert "smile/a_mouth.png" in "\n".join(read_label_folders(catalog, folder).notes)


@pytest.mark.parametrize(
    "name", ["a_mouth (2).png", "a_mouth copy.png", "a_mouth - Kopie.png", "a_mouth.PNG"]
)
def test_copy_names_of_file_managers_are_recognised(catalog, folder, name):
    (folder / "smile" / "a_mouth.png").rename(folder / "open" / name)
    read_label_folders(catalog, folder)
    assert said(catalog)["a"] == ("open", USER)


def test_a_copy_beside_its_crop_is_one_crop(catalog, folder):
    shutil.copy(folder / "smile" / "a_mouth.png", folder / "smile" / "a_mouth (1).png")
    assert read_label_folders(catalog, folder).done == 0


def test_table_lists_folders_and_labels(catalog, folder):
    move(folder, "d", "unsorted", "dropped")
    move(folder, "c", "pout", "3")
    rows = read_label_folders(catalog, folder).tables["folders"]
    assert {row["folder"]: (row["label"], row["crops"]) for row in rows} == {
        "3": ("open", 1), "dropped": ("dropped", 1), "smile": ("smile", 2),
    }  # fmt: skip


def test_own_labels_have_folders(workspace, catalog):
    labels = LabelSet.of(["舌头", "happy"], "moue.toml")
    new(workspace, catalog, "a", "b")
    set_labels(catalog, [LabelUpdate(mouth(catalog, "b"), "smile", USER, "why")])
    place = workspace.root / "sorting"
    summary = write_label_folders(context(workspace, catalog, labels=labels), place)
    assert {p.name for p in place.iterdir() if p.is_dir()} == {
        "舌头",
        "happy",
        "unsorted",
        "dropped",
    }
    assert any("are not in moue.toml are in unsorted/: smile" in note for note in summary.notes)
    move(place, "a", "unsorted", "舌头")
    assert read_label_folders(catalog, place, labels).done == 1
    assert said(catalog) == {"a": ("舌头", USER), "b": ("smile", USER)}
