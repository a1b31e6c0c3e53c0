from __future__ import annotations

import csv
import json

import pytest

from drawing import drawn
from moue.dataset.dataset_folder import COLUMNS, build_dataset_folder
from moue.files import write_bytes
from moue.media.image import encode_png
from moue.workspace.types import USER
from rows import add, context, listing, sample


@pytest.fixture
def build(workspace, catalog):
    """Three mouths, each with a crop, a label and a split; and one without."""
    for seed, (name, label, split) in enumerate(
        [("a", "smile", "train"), ("b", "pout", "val"), ("图", "open", "test"), ("d", None, None)]
    ):
        add(catalog, sample(name, subject="安娜" if name == "图" else None))
        catalog.update_mouth(name, label=label, label_by=USER, split=split)
        write_bytes(workspace.mouth(name), encode_png(drawn(seed, 40, 40)))
    catalog.update_sample("图", tags={"光": "暗"}, licence="CC0")

    def build():
        return build_dataset_folder(context(workspace, catalog))

    return build


def crops(workspace):
    return sorted(
        p.relative_to(workspace.dataset).as_posix() for p in workspace.dataset.rglob("*.png")
    )


def table(workspace):
    with (workspace.dataset / "dataset.csv").open(encoding="utf-8", newline="") as file:
        return {row["file"]: row for row in csv.DictReader(file)}


def test_every_mouth_is_in_the_folder_of_its_split_and_label(build, workspace):
    assert build() == 3
    assert crops(workspace) == ["test/open/图_mouth.png", "train/smile/a_mouth.png",
                                "val/pout/b_mouth.png"]  # fmt: skip
    for path in workspace.dataset.rglob("*.png"):
        assert path.read_bytes() == (workspace.mouths / path.name).read_bytes()


def test_the_table_has_a_row_for_every_file(build, workspace):
    build()
    rows = table(workspace)
    assert sorted(rows) == crops(workspace)
    one = rows["test/open/图_mouth.png"]
    assert tuple(one) == COLUMNS
    assert (one["split"], one["label"], one["label_by"]) == ("test", "open", USER)
    assert (one["source"], one["group"], one["subject"]) == ("/raw/图.jpg", "图", "安娜")
    assert json.loads(one["tags"]) == {"光": "暗"}


def test_a_second_build_writes_nothing(build, workspace):
    build()
    before = listing(workspace.dataset)
    build()
    after = listing(workspace.dataset)
    table = str(workspace.dataset / "dataset.csv")
    assert after.pop(table)[0] == before.pop(table)[0]
    assert after == before


def test_moved_and_dropped_mouths_leave_no_old_file(build, workspace, catalog):
    build()
    catalog.update_mouth("a", label="open")
    catalog.update_sample("b", dropped="by_hand")
    catalog.update_mouth("图", label=None)
    assert build() == 1
    assert crops(workspace) == ["train/open/a_mouth.png"]
    assert list(table(workspace)) == ["train/open/a_mouth.png"]
    assert len(list(workspace.mouths.iterdir())) == 4


def test_a_new_crop_replaces_the_old_copy(build, workspace):
    build()
    write_bytes(workspace.mouth("a"), encode_png(drawn(9, 40, 40)))
    build()
    copy = workspace.dataset / "train" / "smile" / "a_mouth.png"
    assert copy.read_bytes() == workspace.mouth("a").read_bytes()


def test_other_files_in_the_folder_are_unchanged(build, workspace):
    build()
    mine = workspace.dataset / "train" / "smile" / "notes.txt"
    mine.write_text("mine")
    build()
    assert mine.read_text() == "mine"
