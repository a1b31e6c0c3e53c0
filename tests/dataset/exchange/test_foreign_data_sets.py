"""Data sets of other programs: what is read of them, and what never is."""

from __future__ import annotations

import io
import json
import tarfile

import pytest

from drawing import drawn, save
from foreign_data_sets import collect_as, yolo
from labelled_workspace import export
from moue.dataset.collect.collect_files import collect
from moue.dataset.label_class_folders import label_from_class_folders
from moue.dataset.predefined_split import predefined_splits
from moue.errors import DataError, SourceError
from moue.media.image import encode_png
from moue.workspace.imports import all_imported
from moue.workspace.types import Mouth
from rows import face


def png(seed):
    return encode_png(drawn(seed, 80, 96))


def give_mouths(context, *boxes):
    """Give every sample faces at these places, as the stages would."""
    catalog = context.catalog
    for sample in list(catalog.samples()):
        faces = tuple(face(x, y, side) for x, y, side in boxes)
        catalog.update_sample(sample.name, faces=faces)
        catalog.put_mouths(
            sample.name,
            [Mouth(name=f"{sample.name}-{i}", sample=sample.name, face=i, width=20)
             for i in range(len(faces))],
        )  # fmt: skip


def labels(context):
    label_from_class_folders(context.catalog)
    return sorted((m.name[:1], m.face, m.label, m.label_by) for m in context.catalog.mouths())


def test_boxes_of_coco_label_the_faces_that_they_show(target, tmp_path):
    for split, seed in (("train", 1), ("val", 2)):
        save(tmp_path / "coco" / split / f"{split[0]}.png", drawn(seed, 80, 96))
        (tmp_path / "coco" / "annotations").mkdir(exist_ok=True)
        data = {
            "annotations": [
                {"image_id": 7, "category_id": 2, "bbox": [52, 2, 30, 30]},  # a face
                {"image_id": 7, "category_id": 5, "bbox": [14, 22, 12, 6]},  # lips
                {"image_id": 7, "category_id": 5, "bbox": [1, 70, 4, 4]},  # nothing
            ],
            "images": [{"id": 7, "file_name": f"{split[0]}.png", "width": 96, "height": 80}],
            "categories": [{"id": 2, "name": "Smile"}, {"id": 5, "name": "open"}],
        }
        path = tmp_path / "coco" / "annotations" / f"instances_{split}2017.json"
        path.write_text(json.dumps(data))
    summary = collect_as(target, "coco", tmp_path / "coco")
    assert summary.done == 2
    give_mouths(target, (5, 5, 30), (52, 2, 30))
    expected = [(n, f, label, "dataset") for n in "tv" for f, label in ((0, "open"), (1, "smile"))]
    assert labels(target) == expected
    assert sorted(predefined_splits(target.catalog).splits.tolist()) == [0, 1]


def test_lines_of_yolo_label_the_faces_that_they_show(target, tmp_path):
    save(tmp_path / "y" / "valid" / "images" / "a.png", drawn(1, 80, 96))
    (tmp_path / "y" / "valid" / "labels").mkdir()
    (tmp_path / "y" / "valid" / "labels" / "a.txt").write_text("1 0.5 0.5 1.0 1.0\n")
    (tmp_path / "y" / "data.yaml").write_text("nc: 2\nnames: ['none', 'pout']\nval: x\n")
    assert collect_as(target, "yolo", tmp_path / "y").done == 1
    give_mouths(target, (5, 5, 30))
    assert labels(target) == [("a", 0, "pout", "dataset")]
    assert predefined_splits(target.catalog).splits.tolist() == [1]


@pytest.mark.parametrize("names", ["names:\n- none\n- pout\n", 'names:\n  0: none\n  1: "pout"\n'])
def test_names_of_yolo_are_read_in_every_form(names, target, tmp_path):
    save(tmp_path / "images" / "a.png", drawn(1, 80, 96))
    (tmp_path / "labels").mkdir()
    (tmp_path / "labels" / "a.txt").write_text("1 0.5 0.5 1.0 1.0\n")
    (tmp_path / "data.yaml").write_text(names)
    collect_as(target, "yolo", tmp_path / "data.yaml")
    give_mouths(target, (5, 5, 30))
    assert labels(target) == [("a", 0, "pout", "dataset")]


def test_a_tar_file_of_another_program_labels_main_faces(target, tmp_path):
    path = tmp_path / "val-000.tar"
    with tarfile.open(path, "w") as tar:
        for name, data in {
            "x/a.jpg": png(1), "x/a.cls": b"2", "x/b.png": png(2), "x/b.txt": b"pout",
            "x/c.cls": b"1", "readme.md": b"#",
        }.items():  # fmt: skip
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    found = collect_as(target, "webdataset", path)
    assert found.done == 2
    assert f"1 pictures of {path} were skipped: their files are missing" in found.notes
    give_mouths(target, (5, 5, 30), (52, 2, 30))
    found = [one for one in labels(target) if one[2]]
    assert found == [("a", 0, "smile", "dataset"), ("b", 0, "pout", "dataset")]


def test_a_parquet_file_of_another_program_is_read(target, tmp_path):
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    save(tmp_path / "c.png", drawn(3, 80, 96))
    save(tmp_path.parent / "outside.png", drawn(4, 80, 96))
    images = [{"bytes": png(1), "path": "a.png"}, {"bytes": None, "path": "c.png"},
              {"bytes": None, "path": "../outside.png"}]  # fmt: skip
    table = pyarrow.table({"image": images, "label": ["smile", "open", "open"]})
    parquet.write_table(table, tmp_path / "test-0.parquet")
    summary = collect(target, [tmp_path / "test-0.parquet"])
    assert summary.done == 2
    assert any("1 pictures" in note and "missing" in note for note in summary.notes)
    give_mouths(target, (5, 5, 30))
    assert labels(target) == [("a", 0, "smile", "dataset"), ("c", 0, "open", "dataset")]


def test_a_picture_of_another_program_can_be_a_mouth_crop(target, tmp_path):
    save(tmp_path / "d" / "train" / "smile" / "a.png", drawn(1, 40, 40))
    collect_as(target, "imagefolder", tmp_path / "d", kind="mouth")
    assert [one.kind for one in target.catalog.samples()] == ["mouth"]


def test_an_unknown_label_is_an_error_that_names_the_labels(target, tmp_path):
    save(tmp_path / "d" / "train" / "grin" / "a.png", drawn(1, 40, 40))
    with pytest.raises(DataError, match=r"'grin' is not one of none, pout, smile, open; list the"):
        collect_as(target, "imagefolder", tmp_path / "d")


def test_an_outline_of_yolo_is_read_as_its_box(target, tmp_path):
    collect_as(target, "yolo", yolo(tmp_path, "2 .5 .25 .75 .5 .5 .75 .25 .5"))
    (found,) = all_imported(target.catalog)
    assert found.facts["annotations"] == [{"label": "smile", "box": [24, 20, 72, 60]}]


def test_a_file_outside_the_data_set_is_never_read(target, tmp_path):
    save(tmp_path / "secret.png", drawn(1, 80, 96))
    (tmp_path / "set").mkdir()
    task = {"data": {"image": "/data/local-files/?d=..%2Fsecret.png"}, "annotations": []}
    (tmp_path / "set" / "tasks.json").write_text(json.dumps([task]))
    summary = collect_as(target, "label-studio", tmp_path / "set")
    assert summary.done == 0
    assert target.catalog.total() == 0


def test_a_forgotten_picture_is_not_collected_from_a_data_set(source, target, tmp_path):
    from moue.workspace.provenance import forget_hash

    export(source, "coco", tmp_path / "out")
    forget_hash(target.catalog, f"{1:064x}")  # the original, of which the data set has a copy
    summary = collect(target, [tmp_path / "out"])
    assert "anna-00112233aabb" not in {one.name for one in target.catalog.samples()}
    assert any("removed with `moue forget`" in note for note in summary.notes)


def test_a_data_set_without_pictures_is_an_error(target, tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="no COCO file"):
        collect_as(target, "coco", tmp_path / "empty")
    with pytest.raises(SourceError, match="no pictures were found in this webdataset"):
        collect_as(target, "webdataset", tmp_path / "empty")


def test_the_format_none_collects_the_pictures_of_a_data_set(source, target, tmp_path):
    export(source, "imagefolder", tmp_path / "out")
    collect_as(target, "none", tmp_path / "out" / "train")
    assert target.catalog.total() == 2
    assert all(one.original == one.source for one in target.catalog.samples())


def test_a_collection_that_was_killed_continues(source, target, tmp_path, monkeypatch):
    from moue.dataset.exchange import import_records

    export(source, "webdataset", tmp_path / "out")
    monkeypatch.setattr(import_records, "_COMMIT_EVERY", 1)

    class Killed(BaseException):
        pass

    real, calls = import_records.publish, []

    def publish(*args):
        calls.append(args)
        if len(calls) == 3:
            raise Killed
        real(*args)

    monkeypatch.setattr(import_records, "publish", publish)
    with pytest.raises(Killed):
        collect(target, [tmp_path / "out"])
    assert target.catalog.total() == 2
    assert collect(target, [tmp_path / "out"]).done == 3
    assert target.catalog.total() == 5
