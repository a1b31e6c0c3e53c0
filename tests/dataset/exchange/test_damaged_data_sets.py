"""Data sets with damaged, impossible or incomplete values."""

from __future__ import annotations

import json
import math

import pytest

from foreign_data_sets import coco, collect_as, yolo
from labelled_workspace import export
from moue.dataset.collect.collect_files import collect
from moue.dataset.exchange.marker import MARKER
from moue.dataset.exchange.side_file import SIDE_FILE
from moue.errors import DataError, FileTaken


@pytest.mark.parametrize(
    "box", [[math.nan] * 4, [math.inf, 0, 1, 1], [-5, -5, -10, -10], [1, 1, 0, 5], [1e308] * 4]
)
def test_a_box_that_shows_nothing_is_refused(box, target, tmp_path):
    with pytest.raises(DataError, match=r"a\.png: the box .* is empty or not finite"):
        collect_as(target, "coco", coco(tmp_path, bbox=box))
    assert target.catalog.total() == 0


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"bbox": [10**400, 1, 1, 1]}, "a value is damaged"),
        ({"category_id": 9}, "the category 9 has no name"),
        ({"image": {"moue": {"picture": ["name"], "mouths": []}}}, "not an object"),
        (
            {"image": {"moue": {"picture": {"name": "a", "kind": "photo"}, "mouths": [{}]}}},
            "no name",
        ),
    ],
)
def test_a_damaged_value_of_coco_is_refused(change, words, target, tmp_path):
    with pytest.raises(DataError, match=words):
        collect_as(target, "coco", coco(tmp_path, **change))


def test_a_name_that_is_too_long_names_no_file(target, tmp_path):
    summary = collect_as(target, "coco", coco(tmp_path, image={"file_name": "a" * 5000}))
    assert any("their files are missing" in note for note in summary.notes)


@pytest.mark.parametrize(
    "line",
    ["-1 .5 .5 .1 .1", "4 .5 .5 .1 .1", "1 nan .5 .1 .1", "1 .5 .5 -1 -1", "1 .5 .5 0 0",
     "1 .5 .5 .1", "1 .1 .1 .2 .2 .3 .3 .4", "1 1e400 1 1 1"],
)  # fmt: skip
def test_a_damaged_line_of_yolo_is_refused(line, target, tmp_path):
    with pytest.raises(DataError, match=r"is damaged|is empty or not finite"):
        collect_as(target, "yolo", yolo(tmp_path, line))


@pytest.mark.parametrize("names", ["\n  -1: none", "\n  " + "9" * 5000 + ": none"])
def test_impossible_numbers_of_labels_are_refused(names, target, tmp_path):
    with pytest.raises(DataError, match="the list `names` of the labels is missing or incomplete"):
        collect_as(target, "yolo", yolo(tmp_path, "0 .5 .5 .1 .1", names))


@pytest.mark.parametrize("value", [None, [], "text"])
def test_values_that_are_no_objects_are_refused(value, source, target, tmp_path):
    export(source, "imagefolder", tmp_path / "out")
    path = tmp_path / "out" / SIDE_FILE
    rows = [json.loads(line) | {"picture": value} for line in path.read_text().splitlines()]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    with pytest.raises(DataError, match="are damaged"):
        collect(target, [tmp_path / "out"])


def test_a_name_that_is_no_unicode_is_refused(source, target, tmp_path):
    export(source, "imagefolder", tmp_path / "out")
    path = tmp_path / "out" / SIDE_FILE
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    rows[0]["mouths"][0]["name"] = "\ud800"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    with pytest.raises(DataError, match="a line is damaged"):
        collect(target, [tmp_path / "out"])


@pytest.mark.parametrize("sha256", [[None], {"a": 1}])
def test_a_checksum_that_is_no_text_is_refused(sha256, source, target, tmp_path):
    export(source, "yolo", tmp_path / "out")
    path = tmp_path / "out" / SIDE_FILE
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    for row in rows:
        row["picture"]["sha256"] = sha256
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    with pytest.raises(DataError, match=r"sha256 is .*, but must be a string"):
        collect(target, [tmp_path / "out"])


@pytest.mark.parametrize("form", ["imagefolder", "yolo", "coco"])
def test_pictures_that_are_gone_are_told(form, source, target, tmp_path):
    export(source, form, tmp_path / "out")
    next((tmp_path / "out").rglob("bo-33445566ccdd.*g")).unlink()
    notes = " ".join(collect(target, [tmp_path / "out"]).notes)
    assert "are not in the folder any more" in notes or "their files are missing" in notes


def test_an_interrupted_export_is_refused(source, target, tmp_path):
    export(source, "webdataset", tmp_path / "out")
    marker = tmp_path / "out" / MARKER
    marker.write_text(marker.read_text().replace("true", "false"))
    with pytest.raises(DataError, match="was interrupted; delete the folder"):
        collect(target, [tmp_path / "out"])
    with pytest.raises(FileTaken, match="has an incomplete data set"):
        export(source, "webdataset", tmp_path / "out")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"name": "anna-00112233aabb"', '"name": "../../anna"'),
        ('"label_by": "user"', '"label_by": 3'),
        ('"split": "train"', '"split": "../x"'),
        ('"dropped": null', '"dropped": "no"'),
        ('"face": 0', '"face": -1'),
        ('"mouth_box": [', '"mouth_box": [1, '),
        ('"engine": "openverse"', '"engine": {}'),
        ('"by": "csv"', '"by": null'),
        ('"tags": {', '"tags": {"a": 1, '),
    ],
)
def test_a_value_that_would_damage_the_catalog_is_refused(old, new, source, target, tmp_path):
    export(source, "coco", tmp_path / "out")
    side = tmp_path / "out" / "annotations" / "instances_train.json"
    text = side.read_text()
    assert old in text
    side.write_text(text.replace(old, new))
    with pytest.raises(DataError, match=f"^{tmp_path}"):
        collect(target, [tmp_path / "out"])
    assert "anna-00112233aabb" not in {one.name for one in target.catalog.samples()}
    assert list(target.workspace.originals.glob("*.part")) == []


@pytest.mark.parametrize("form", ["imagefolder", "yolo"])
def test_damaged_values_beside_the_pictures_are_an_error(form, source, target, tmp_path):
    export(source, form, tmp_path / "out")
    side = tmp_path / "out" / SIDE_FILE
    side.write_text(side.read_text().replace('"mouths": [{', '"mouths": [{}, {'))
    with pytest.raises(DataError, match=f"{SIDE_FILE}.*damaged|{SIDE_FILE} are damaged"):
        collect(target, [tmp_path / "out"])


@pytest.mark.parametrize("form", ["parquet", "webdataset", "coco", "yolo", "label-studio"])
def test_a_damaged_file_is_an_error_that_names_it(form, source, target, tmp_path):
    export(source, form, tmp_path / "out")
    files = [p for p in (tmp_path / "out").rglob("*") if p.suffix in
             (".parquet", ".tar", ".json", ".jsonl")]  # fmt: skip
    largest = max(files, key=lambda path: path.stat().st_size)
    largest.write_bytes(largest.read_bytes()[: largest.stat().st_size // 2])
    with pytest.raises(DataError, match=largest.name):
        collect(target, [tmp_path / "out"])
