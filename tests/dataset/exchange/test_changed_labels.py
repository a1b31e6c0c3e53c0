"""Labels that another program changed in an exported data set."""

from __future__ import annotations

import io
import json
import tarfile

import pytest

from labelled_workspace import export
from moue.dataset.collect.collect_files import collect
from moue.workspace.types import USER

ANNA, SECOND = "anna-00112233aabb", "anna-00112233aabb-face2"


def in_parquet(folder):
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    path = folder / "train-00000.parquet"
    table = parquet.read_table(path)
    labels = ["open" if name == ANNA else label for name, label in
              zip(table["name"].to_pylist(), table["label"].to_pylist(), strict=True)]  # fmt: skip
    at = table.schema.get_field_index("label")
    parquet.write_table(table.set_column(at, "label", pyarrow.array(labels)), path)


def in_webdataset(folder):
    path = folder / "train-000000.tar"
    with tarfile.open(path) as tar:
        members = {one.name: tar.extractfile(one).read() for one in tar}
    values = json.loads(members[f"{ANNA}.json"]) | {"label": "open"}
    members[f"{ANNA}.json"] = json.dumps(values).encode()
    with tarfile.open(path, "w") as tar:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))


def in_imagefolder(folder):
    (folder / "train" / "open").mkdir()
    old = folder / "train" / "smile" / f"{ANNA}.png"
    old.rename(folder / "train" / "open" / old.name)


def in_coco(folder):
    path = folder / "annotations" / "instances_train.json"
    data = json.loads(path.read_text())
    for one in data["annotations"]:
        if one["attributes"]["mouth"] == ANNA:
            one["category_id"] = 4
    del data["annotations"][0]["attributes"]  # the box alone is enough
    data = {key: data[key] for key in sorted(data)}  # the annotations come first
    path.write_text(json.dumps(data, indent=1))


def in_yolo(folder):
    path = folder / "labels" / "train" / f"{ANNA}.txt"
    lines = path.read_text().splitlines()
    path.write_text("\n".join(["3" + line[1:] if line[0] == "2" else line for line in lines]))


def in_label_studio(folder):
    path = folder / "tasks-00000.json"
    tasks = json.loads(path.read_text())
    for task in tasks:
        for region in task["annotations"][0]["result"]:
            if region["id"] == ANNA:
                region["value"]["rectanglelabels"] = ["open"]
            region["meta"] = {}
    path.write_text(json.dumps(tasks))


EDITS = {
    "parquet": in_parquet, "webdataset": in_webdataset, "imagefolder": in_imagefolder,
    "coco": in_coco, "yolo": in_yolo, "label-studio": in_label_studio,
}  # fmt: skip


@pytest.mark.parametrize("form", EDITS)
def test_a_changed_label_replaces_the_label_of_the_workspace(form, source, tmp_path):
    out = tmp_path / "out"
    export(source, form, out)
    before = {m.name: (m.label, m.label_by) for m in source.catalog.mouths()}
    EDITS[form](out)
    summary = collect(source, [out])
    assert summary.done == 0
    assert any("1 labels were changed" in note for note in summary.notes)
    after = {m.name: (m.label, m.label_by) for m in source.catalog.mouths()}
    assert after == before | {ANNA: ("open", USER)}
    last = list(source.catalog.decisions(ANNA))[-1]
    assert (last.old, last.value, last.by) == ("smile", "open", USER)


@pytest.mark.parametrize("form", EDITS)
def test_a_changed_label_reaches_another_workspace(form, source, target, tmp_path):
    out = tmp_path / "out"
    export(source, form, out)
    EDITS[form](out)
    collect(target, [out])
    assert target.catalog.mouth(ANNA).label == "open"
    assert target.catalog.mouth(SECOND).label == "pout"
    last = list(target.catalog.decisions(ANNA))[-1]
    assert (last.old, last.value, last.by) == ("smile", "open", USER)


def test_a_deleted_rectangle_removes_the_label_and_a_new_one_sets_it(source, tmp_path):
    out = tmp_path / "out"
    export(source, "label-studio", out, unlabelled=True)
    path = out / "tasks-00000.json"
    tasks = json.loads(path.read_text())
    for task in tasks:
        (annotation,) = task["annotations"]
        if task["data"]["name"] == ANNA:
            annotation["result"] = annotation["result"][1:]
        if task["data"]["name"].startswith("new-"):
            annotation["result"][0]["value"]["rectanglelabels"] = ["pout"]
    path.write_text(json.dumps(tasks))
    collect(source, [out])
    assert source.catalog.mouth(ANNA).label is None
    assert source.catalog.mouth(SECOND).label == "pout"
    assert source.catalog.mouth("new-a1b2c3d4e5f6").label == "pout"


def test_a_task_that_nobody_annotated_changes_no_label(source, tmp_path):
    out = tmp_path / "out"
    export(source, "label-studio", out)
    path = out / "tasks-00000.json"
    tasks = [task | {"annotations": []} for task in json.loads(path.read_text())]
    path.write_text(json.dumps(tasks))
    before = list(source.catalog.mouths())
    collect(source, [path])
    assert list(source.catalog.mouths()) == before


def test_a_label_that_changed_in_the_workspace_since_the_export_stays(source, tmp_path):
    export(source, "coco", tmp_path / "out")
    source.catalog.update_mouth(ANNA, label="none", label_by=USER)
    collect(source, [tmp_path / "out"])
    assert source.catalog.mouth(ANNA).label == "none"
