"""Runs, results, their mouths and the comparison, beside what the commands say."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable

import numpy as np
import pytest

pytest.importorskip("starlette")
pytest.importorskip("torch")

from commands import call
from drawing import save
from moue.evaluation.coverage import coverage_curve
from moue.evaluation.test_set import load_test_set
from moue.workspace.workspace import TRAINING, Workspace

pytestmark = pytest.mark.slow
SHADES = {"none": 40, "smile": 120, "open": 210}
RUNS = ("001-fast", "002-fast")
MISLABELLED = 3


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A workspace with two runs of mouths whose brightness is the label; a few labels are wrong."""
    root, chance = tmp_path_factory.mktemp("trained"), np.random.default_rng(0)
    for label, shade in SHADES.items():
        for number in range(20):
            wrong = label == "smile" and number < MISLABELLED
            value = SHADES["open"] if wrong else shade
            noise = chance.integers(-35, 36, (60, 60, 3))
            picture = np.clip(value + noise, 0, 255).astype(np.uint8)
            save(root / "raw" / label / f"{number}.png", picture)
    place = root / "w"
    assert call("run", root / "raw", "-w", place, "--kind", "mouth", "--epochs", 4) == 0
    assert call("train", "-w", place, "--epochs", 1, "--seed", 7) == 0
    return place


@pytest.fixture
def workspace(trained, tmp_path):
    """A copy of it, which the studio of a test uses."""
    shutil.copytree(trained, tmp_path / "workspace")
    return Workspace(tmp_path / "workspace")


def get(client, path, status=200, **query):
    answer = client.get(f"/api/v1/{path}", params=query)
    assert answer.status_code == status, answer.text
    return answer.json()


def wait_for(condition: Callable[[], bool], limit: float = 60.0) -> None:
    latest = time.monotonic() + limit
    while not condition():
        assert time.monotonic() < latest, "the condition was not met"
        time.sleep(0.05)


def test_runs_are_listed_with_their_epochs(client, workspace):
    found = get(client, "runs")["runs"]
    assert [run["name"] for run in found] == list(reversed(RUNS))
    newest, first = found
    assert [run["state"] for run in found] == ["finished", "finished"]
    assert (first["epochs_done"], first["epochs"], newest["epochs"]) == (4, 4, 1)
    assert sum(run["selected"] for run in found) == 1
    shown = get(client, f"runs/{RUNS[0]}")
    lines = (workspace.runs / RUNS[0] / "log.jsonl").read_text().splitlines()
    logged = [json.loads(line) for line in lines]
    assert [row["number"] for row in shown["history"]] == [1, 2, 3, 4]
    assert shown["history"] == logged
    assert (shown["settings"]["recipe"], shown["settings"]["epochs"]) == ("fast", 4)
    assert shown["recipe_settings"]["network"]
    get(client, "runs/nobody", 404)


def test_a_training_in_work_is_running_and_a_killed_one_can_be_resumed(client, workspace):
    (workspace.runs / RUNS[1] / "result.json").unlink()
    state = {run["name"]: run for run in get(client, "runs")["runs"]}
    assert state[RUNS[1]]["state"] == "stopped"
    assert state[RUNS[1]]["resumable"] is True
    assert state[RUNS[1]]["evaluated"] is False
    holder = {"pid": os.getppid(), "command": "train"}  # another process that is alive
    (workspace.root / f"{TRAINING}-holder").write_text(json.dumps(holder))
    state = {run["name"]: run for run in get(client, "runs")["runs"]}
    assert (state[RUNS[0]]["state"], state[RUNS[1]]["state"]) == ("finished", "running")
    get(client, f"runs/{RUNS[1]}/results", 404)


def test_a_failed_training_has_its_reason_until_another_process_continues_it(
    client, studio, workspace
):
    folder = workspace.runs / RUNS[1]
    (folder / "result.json").unlink()
    (folder / "last.pt").unlink()
    (folder / "log.jsonl").unlink()
    (folder / "log.jsonl").mkdir()  # so that the training cannot write its epochs
    body = {"command": "train", "options": {"epochs": 1, "seed": 7}}
    job = client.post("/api/v1/jobs", json=body).json()
    wait_for(lambda: studio.jobs.get(job["id"]).state != "running")
    failed = next(run for run in get(client, "runs")["runs"] if run["name"] == RUNS[1])
    assert failed["state"] == "failed"
    assert "log.jsonl" in failed["fault"]
    assert get(client, f"runs/{RUNS[1]}")["state"] == "failed"
    later = time.time() + 60
    os.utime(folder / "log.jsonl", (later, later))  # as another training leaves it
    again = next(run for run in get(client, "runs")["runs"] if run["name"] == RUNS[1])
    assert again["state"] == "stopped"
    assert "log.jsonl: Is a directory" in again["fault"]


def test_a_damaged_run_is_listed_with_its_fault(client, workspace):
    folder = workspace.runs / RUNS[0]
    (folder / "model.onnx").unlink()
    (folder / "log.jsonl").write_text("{broken")
    (folder / "evaluation.json").write_text("[]")
    found = {run["name"]: run for run in get(client, "runs")["runs"]}
    assert "model.onnx" in found[RUNS[0]]["fault"]
    assert get(client, f"runs/{RUNS[0]}")["history"] == []
    get(client, f"runs/{RUNS[0]}/results", 409)


@pytest.mark.parametrize("name", ["log.jsonl", "evaluation.json", "settings.json"])
def test_a_damaged_file_of_a_run_is_named(name, client, workspace):
    path = workspace.runs / RUNS[0] / name
    path.write_text("{broken")
    found = {run["name"]: run for run in get(client, "runs")["runs"]}
    assert str(path) in found[RUNS[0]]["fault"]
    assert str(path) in get(client, f"runs/{RUNS[0]}")["fault"]


def test_recipes_have_settings_and_a_sentence(client):
    answer = get(client, "recipes")
    assert answer["default"] in {recipe["name"] for recipe in answer["recipes"]}
    for recipe in answer["recipes"]:
        assert recipe["settings"]["epochs"] > 0
        assert recipe["help"]


def test_the_results_are_those_of_the_command(client, workspace, capsys):
    capsys.readouterr()
    assert call("evaluate", "-w", workspace.root, "-m", RUNS[0], "--robustness", "--json") == 0
    expected = json.loads(capsys.readouterr().out)["result"]
    found = get(client, f"runs/{RUNS[0]}/results")
    assert found["accuracy"] == expected["accuracy"]
    assert found["macro_f1"] == {
        "value": expected["macro_f1"], "interval": expected["macro_f1_interval"],
    }  # fmt: skip
    assert found["confusion"]["counts"] == expected["confusion"]
    assert found["calibration"]["bins"] == expected["calibration"]
    assert found["ece"] == pytest.approx(expected["calibration_error"])
    slices = {(s["attribute"], s["value"]): s["accuracy"] for s in found["slices"]}
    assert slices == {
        (attribute, value): one["accuracy"]
        for attribute, values in expected["slices"].items()
        for value, one in values.items()
    }
    assert found["robustness"] == expected["robustness"]
    assert (found["split"], found["stale"]) == ("test", False)
    assert found["coverage"][-1]["coverage"] == 1
    assert found["coverage"][-1]["accuracy"] == pytest.approx(found["accuracy"]["value"])


def test_a_cell_of_the_confusion_matrix_shows_its_mouths(client, workspace):
    name = RUNS[1]
    confusion = get(client, f"runs/{name}/results")["confusion"]
    for row, label in enumerate(confusion["labels"]):
        for column, predicted in enumerate(confusion["labels"]):
            found = get(client, f"runs/{name}/mouths", label=label, predicted=predicted)
            assert found["total"] == len(found["items"]) == confusion["counts"][row][column]
            for one in found["items"]:
                assert (one["label"], one["predicted"]) == (label, predicted)
                assert one["probability"] == max(one["probabilities"])
                assert found["labels"][int(np.argmax(one["probabilities"]))] == predicted


def test_mistakes_and_slices_are_parts_of_the_test_set(client, workspace):
    name = RUNS[1]
    results = get(client, f"runs/{name}/results")
    mistakes = get(client, f"runs/{name}/mouths", mistakes="1")
    assert mistakes["total"] == results["accuracy"]["count"] - results["accuracy"]["right"]
    for one in results["slices"]:
        key = f"{one['attribute']}={one['value']}"
        found = get(client, f"runs/{name}/mouths", slice=key)
        assert found["total"] == one["accuracy"]["count"]
    get(client, f"runs/{name}/mouths", 404, slice="colour=ultraviolet")
    part = get(client, f"runs/{name}/mouths", offset=2, limit=3)
    whole = get(client, f"runs/{name}/mouths")
    assert part["items"] == whole["items"][2:5]
    assert whole["total"] == results["accuracy"]["count"]


def test_likely_label_errors_are_those_of_the_check_and_come_first(client, workspace, capsys):
    name = RUNS[0]
    capsys.readouterr()
    assert call("label", "--check", "-w", workspace.root, "-m", name, "--json") == 0
    expected = json.loads(capsys.readouterr().out)["result"].get("suspects", [])
    found = get(client, f"runs/{name}/mouths", errors="1")
    files = [workspace.mouth(one["name"]).relative_to(workspace.root).as_posix()
             for one in found["items"]]  # fmt: skip
    assert sorted(files) == sorted(one["file"] for one in expected)
    assert get(client, f"runs/{name}/results")["label_errors"] == len(files) > 0
    listed = get(client, f"runs/{name}/mouths")["items"]
    flags = [one["likely_error"] for one in listed]
    assert flags == sorted(flags, reverse=True)


def test_a_new_label_changes_the_results_at_once(client, workspace):
    name = RUNS[1]
    before = get(client, f"runs/{name}/results")["accuracy"]
    wrong = get(client, f"runs/{name}/mouths", mistakes="1")["items"][0]
    with workspace.editing() as catalog:
        catalog.update_mouth(wrong["name"], label=wrong["predicted"], label_by="user")
    after = get(client, f"runs/{name}/results")["accuracy"]
    assert after["right"] == before["right"] + 1


def test_a_missing_crop_is_left_out_and_counted(client, workspace):
    with workspace.reading() as catalog:
        _, mouths = load_test_set(workspace, catalog)
    mouths[0].crop.unlink()
    found = get(client, f"runs/{RUNS[0]}/results")
    assert found["unreadable"] == 1
    assert found["accuracy"]["count"] == len(mouths) - 1


def test_two_runs_are_compared_as_by_the_command(client, workspace, capsys):
    capsys.readouterr()
    assert call("runs", "compare", *RUNS, "-w", workspace.root, "--json") == 0
    ranking = json.loads(capsys.readouterr().out)
    expected = next(one["against_first"] for one in ranking["ranked"] if one["against_first"])
    first, second = expected["models"]
    found = get(client, "compare", a=first, b=second)
    for key in ("accuracy", "accuracy_difference", "macro_f1", "p_value", "both_right"):
        assert found[key] == expected[key]
    assert found["disagreeing"] == [len(found["only_first"]), len(found["only_second"])]
    names = [one["name"] for one in found["only_first"]]
    assert names == [one["name"] for one in expected["only_first"]]
    assert all(one["thumbnail"] for one in found["only_first"] + found["only_second"])
    swapped = get(client, "compare", a=second, b=first)
    assert swapped["accuracy_difference"]["value"] == pytest.approx(
        -found["accuracy_difference"]["value"]
    )


def test_unknown_runs_and_wrong_queries_are_refused(client):
    get(client, "compare", 404, a=RUNS[0], b="nobody")
    get(client, "compare", 404, a=RUNS[0], b="mouth")
    get(client, "compare", 422, a=RUNS[0])
    get(client, f"runs/{RUNS[0]}/mouths", 422, limit=100_000)
    get(client, f"runs/{RUNS[0]}/mouths", 422, other=1)
    get(client, "runs/mouth/results", 404)


def test_coverage_counts_equal_probabilities_together():
    probabilities = np.array([[0.9, 0.1], [0.6, 0.4], [0.6, 0.4], [0.5, 0.5]])
    curve = coverage_curve(probabilities, np.array([0, 0, 1, 0]))
    assert [(one.count, one.accuracy) for one in curve] == [(1, 1), (3, 2 / 3), (4, 0.75)]
    assert coverage_curve(np.empty((0, 2)), np.empty(0, np.int64)) == ()
    many = coverage_curve(np.random.default_rng(0).dirichlet([1, 1], 500), np.zeros(500, int), 20)
    assert len(many) == 20
    assert many[-1].coverage == 1
