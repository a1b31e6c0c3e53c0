"""The whole way gives the same rows and the same files in a folder and in an object store."""

from __future__ import annotations

import pytest

from cluster.outcome import files, rows
from moue.cli import main
from moue.demo.raw_folder import make_raw_folder
from moue.store import StoredObject
from s3_server import objects

STAGES = ("convert", "clean", "dedupe", "crop")


@pytest.fixture(scope="module")
def raw(tmp_path_factory):
    return make_raw_folder(tmp_path_factory.mktemp("raw") / "raw", count=24)


def process(raw, workspace):
    assert main(["collect", str(raw), "--copy", "-w", str(workspace)]) == 0
    for stage in STAGES:
        more = ["--workers", "2"] if stage != "dedupe" else []
        backend = ["--backend", "haar"] if stage in ("clean", "crop") else []
        assert main([stage, "-w", str(workspace), *more, *backend]) == 0
    assert main(["label", "--csv", str(raw / "labels.csv"), "-w", str(workspace)]) == 0
    assert main(["split", "--ratio", "1:1:1", "-w", str(workspace)]) == 0


@pytest.fixture(scope="module")
def local(raw, tmp_path_factory):
    """The outcome in the folder of the workspace."""
    folder = tmp_path_factory.mktemp("local")
    process(raw, folder)
    return rows(folder), files(folder), folder


def test_no_folder_is_flat(local):
    crops = list((local[2] / "mouths").rglob("*.png"))
    assert crops
    for crop in crops:
        assert len(crop.parent.name) == 3
        assert f"-{crop.parent.name}" in crop.name


def test_a_folder_store_has_the_same_outcome(raw, local, tmp_path):
    workspace, store = tmp_path / "w", tmp_path / "shared"
    assert main(["init", "-w", str(workspace), "--store", str(store)]) == 0
    process(raw, workspace)
    assert (rows(workspace), files(store)) == local[:2]
    assert files(workspace) == {}
    assert not list(tmp_path.rglob("*.part"))


def test_an_object_store_has_the_same_outcome(raw, local, s3, bucket, tmp_path, capsys):
    workspace = tmp_path / "w"
    assert main(["init", "-w", str(workspace), "--store", f"s3://{bucket}/project"]) == 0
    process(raw, workspace)
    assert not [path for _, path in s3.requests if "list-type" in path or path.endswith(bucket)]
    assert rows(workspace) == local[0]
    assert objects(s3, bucket) == local[1]
    assert files(workspace) == {}
    assert files(workspace, ("dataset",)) == files(local[2], ("dataset",))
    assert not list(tmp_path.rglob("*.part"))


def test_a_node_that_cannot_read_the_store_says_why(s3, bucket):
    from moue.cluster.node_check import Seen, installation, problems

    file = StoredObject(f"s3://{bucket}/project/probe")
    file.write_bytes(b"a")
    seen = Seen(file, "other")
    assert problems(installation(), (seen,)) == [f"has another file or folder at {file}"]
    missing = StoredObject(f"s3://{bucket}/project/none")
    assert problems(installation(), (Seen(missing, "other"),)) == [f"cannot access {missing}"]
    s3.refused = lambda method, path: 403
    (found,) = problems(installation(), (seen,))
    assert found.startswith("cannot read the store: ")
    assert "refuses access" in found
