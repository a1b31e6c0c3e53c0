"""The stages give the same rows and files on a cluster as in one process."""

from __future__ import annotations

import json

import pytest

from cluster.outcome import STAGES, files, processed
from moue.cli import main

pytestmark = pytest.mark.cluster


def test_processes_give_the_outcome_of_one_process(raw, serial, tmp_path):
    assert processed(raw, tmp_path, "--workers", "2") == serial


def test_two_nodes_give_the_outcome_of_one_process(raw, serial, cluster, tmp_path, capfd):
    assert processed(raw, tmp_path, "--on", f"ray:{cluster.address}") == serial
    shown = capfd.readouterr()
    assert "2 nodes, 2 CPUs" in shown.err
    assert "(raylet)" not in shown.out + shown.err


def test_a_store_gives_the_same_outcome(raw, serial, cluster, tmp_path, capsys):
    workspace, store = tmp_path / "w", tmp_path / "store"
    assert main(["init", "-w", str(workspace), "--store", str(store)]) == 0
    outcome = processed(raw, workspace, "--on", f"ray:{cluster.address}")
    assert (outcome[0], files(store)) == serial
    assert not list(tmp_path.rglob("*.part"))
    assert main(["init", "-w", str(tmp_path / "other"), "--store", str(store)]) == 1
    assert "of another workspace" in capsys.readouterr().err
    assert main(["doctor", "--on", f"ray:{cluster.address}", "-w", str(workspace)]) == 0


def test_json_on_a_cluster_is_one_object(raw, cluster, tmp_path, capfd):
    assert main(["collect", str(raw), "-w", str(tmp_path)]) == 0
    capfd.readouterr()
    on = f"workspace.on=ray:{cluster.address}"
    assert main(["convert", "-w", str(tmp_path), "--set", on, "--json"]) == 0
    assert json.loads(capfd.readouterr().out)["stage"] == "convert"


def test_predictions_are_equal(raw, cluster, tmp_path, capfd, monkeypatch):
    monkeypatch.chdir(raw.parent)
    copies = [tmp_path / "one", tmp_path / "two"]
    outputs = []
    for folder, options in zip(
        copies, (["--workers", "1"], ["--on", f"ray:{cluster.address}"]), strict=True
    ):
        call = ["predict", "raw", "--json", "--annotated", str(folder), "--backend", "haar"]
        assert main([*call, *options]) == 0
        outputs.append(capfd.readouterr().out)
    assert outputs[0] == outputs[1]
    assert files(copies[0], (".",)) == files(copies[1], (".",))


def test_a_predicted_list_is_equal(raw, cluster, tmp_path):
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    names = [str(path) for path in sorted(raw.rglob("*")) if path.is_file()]
    listed, found = tmp_path / "list.parquet", []
    parquet.write_table(pyarrow.table({"path": [*names, "gone.jpg"]}), listed)
    for number, options in enumerate((["--workers", "1"], ["--on", f"ray:{cluster.address}"])):
        out = tmp_path / f"{number}.parquet"
        call = ["predict", str(listed), "--out", str(out), "--backend", "haar"]
        assert main([*call, *options]) == 0
        found.append(parquet.read_table(out).to_pylist())
    assert found[0] == found[1]
    assert {row["row"] for row in found[0]} == set(range(len(names) + 1))
    assert found[0][-1]["error"] == "No such file or directory"


@pytest.mark.parametrize("on", ["spark", "ray:", "ray:host", "ray://host:10001", "ray:ray://h:1"])
def test_another_engine_is_a_usage_error(on, tmp_path, capsys):
    assert main(["convert", "-w", str(tmp_path), "--on", on]) != 0
    assert "--on" in capsys.readouterr().err


def test_the_robustness_is_equal(raw, cluster, tmp_path, capfd):
    options = ["--backend", "haar"]
    assert main(["collect", str(raw), "-w", str(tmp_path), "--on", f"ray:{cluster.address}"]) == 0
    for stage in STAGES:
        more = options if stage != "convert" else []
        assert main([stage, "-w", str(tmp_path), "--workers", "1", *more]) == 0
    labels = str(raw / "labels.csv")
    assert main(["label", "--csv", labels, "-w", str(tmp_path)]) == 0
    assert main(["split", "--ratio", "1:1:2", "-w", str(tmp_path)]) == 0
    outcomes = []
    for on in ([], ["--on", f"ray:{cluster.address}"]):
        capfd.readouterr()
        call = ["evaluate", "--model", "mouth", "--robustness", "--json", "-w", str(tmp_path)]
        assert main([*call, *on]) == 0
        outcomes.append(json.loads(capfd.readouterr().out)["result"]["robustness"])
    assert outcomes[0] == outcomes[1]
