"""Two nodes work with an object store, which is an S3-compatible server on this machine."""

from __future__ import annotations

import json

import pytest

from cluster.outcome import files, processed
from moue.cli import main
from s3_server import objects

pytestmark = pytest.mark.cluster


@pytest.fixture
def on(cluster):
    return ("--on", f"ray:{cluster.address}")


def test_two_nodes_and_an_object_store_give_the_outcome_of_one_process(
    raw, serial, on, s3, bucket, tmp_path, capfd
):
    workspace = tmp_path / "w"
    assert main(["init", "-w", str(workspace), "--store", f"s3://{bucket}/project"]) == 0
    found, left = processed(raw, workspace, *on)
    assert "2 nodes, 2 CPUs" in capfd.readouterr().err
    assert found == serial[0]
    assert left == files(workspace) == {}
    assert not [path for _, path in s3.requests if "list-type" in path]
    assert objects(s3, bucket) == serial[1]
    assert not list(tmp_path.rglob("*.part"))

    assert main(["label", "--csv", str(raw / "labels.csv"), "-w", str(workspace)]) == 0
    assert main(["split", "--ratio", "1:1:2", "-w", str(workspace)]) == 0
    outcomes = []
    for options in ((), on):
        capfd.readouterr()
        call = ["evaluate", "--model", "mouth", "--robustness", "--json", "-w", str(workspace)]
        assert main([*call, *options]) == 0
        outcomes.append(json.loads(capfd.readouterr().out)["result"]["robustness"])
    assert outcomes[0] == outcomes[1]
    assert len(outcomes[0]) > 3
