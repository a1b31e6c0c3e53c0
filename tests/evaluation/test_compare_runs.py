"""Evaluation during training, and the comparison of runs on one test set."""

from __future__ import annotations

import html
import json
import re
import shlex
import subprocess
import sys

import numpy as np
import pytest

from drawing import save
from moue.cli import main
from moue.model.runs import choose
from moue.workspace.workspace import Workspace

pytestmark = pytest.mark.slow

pytest.importorskip("torch")
SHADES = {"none": 40, "smile": 120, "open": 210}


def fill(folder, first, count):
    """Noisy pictures whose brightness determines the label."""
    chance = np.random.default_rng(first)
    for label, shade in SHADES.items():
        for number in range(first, first + count):
            noise = chance.integers(-35, 36, (60, 60, 3))
            save(folder / label / f"{number}.png", np.clip(shade + noise, 0, 255).astype(np.uint8))
    return folder


def call(*arguments):
    return main([str(a) for a in arguments])


def run(place, *sources, more=("--epochs", 1)):
    return call("run", *sources, "-w", place, "--kind", "mouth", *more)


@pytest.fixture(scope="module")
def grown(tmp_path_factory):
    """A workspace with a run, to which pictures came, and another run since."""
    root = tmp_path_factory.mktemp("grown")
    place = root / "w"
    assert run(place, fill(root / "first", 0, 14)) == 0
    assert run(place, fill(root / "later", 14, 10)) == 0
    return place


def evaluated(place, name):
    return json.loads((place / "runs" / name / "evaluation.json").read_text())


def test_a_new_test_set_is_compared_with_the_previous_run(grown, capsys):
    first, second = evaluated(grown, "001-fast"), evaluated(grown, "002-fast")
    assert first["set"] != second["set"]
    assert "comparison" not in first
    comparison = second["comparison"]
    assert comparison["models"] == ["002-fast", "001-fast"]
    trained_on = set((grown / "runs" / "001-fast" / "mouths.txt").read_text().split())
    trained_on |= set((grown / "runs" / "002-fast" / "mouths.txt").read_text().split())
    with Workspace(grown).reading() as catalog:
        test = {mouth.name for mouth in catalog.mouths(split="test")}
    assert comparison["accuracy"][0]["count"] == len(test - trained_on) > 0
    assert call("evaluate", "-m", "002", "-w", grown) == 0
    out = capsys.readouterr().out
    assert "the test set has changed" in out
    assert "current test mouths" in out
    assert "McNemar" in out


def test_runs_are_compared_on_mouths_that_none_was_trained_on(grown, capsys):
    assert call("runs", "compare", "--json", "-w", grown) == 0
    ranking = json.loads(capsys.readouterr().out)
    assert {one["run"] for one in ranking["ranked"]} == {"001-fast", "002-fast"}
    counts = {one["accuracy"]["count"] for one in ranking["ranked"]}
    assert counts == {ranking["count"]}
    rights = [one["accuracy"]["right"] for one in ranking["ranked"]]
    assert rights == sorted(rights, reverse=True)
    assert ranking["ranked"][0]["against_first"] is None
    pair = ranking["ranked"][1]["against_first"]
    assert [share["right"] for share in pair["accuracy"]] == rights
    assert call("runs", "compare", "002", "001", "-w", grown) == 0
    out = capsys.readouterr().out
    assert "mouths of the test set" in out
    assert "points" in out


def test_training_mouths_of_a_compared_run_are_left_out(grown, capsys):
    listed = grown / "runs" / "001-fast" / "mouths.txt"
    before = listed.read_text()
    with Workspace(grown).reading() as catalog:
        test = sorted(mouth.name for mouth in catalog.mouths(split="test"))
    try:
        listed.write_text(before + f"{test[0]}\n{test[1]}\n")
        assert call("runs", "compare", "--json", "-w", grown) == 0
        ranking = json.loads(capsys.readouterr().out)
        assert ranking["count"] == len(test) - 2
        assert f"2 of {len(test)} mouths are left out" in ranking["notes"][0]
        assert call("evaluate", "-m", "002", "--against", "001", "-w", grown) == 0
        assert "trained on 2 of the test mouths" in capsys.readouterr().out
        listed.write_text("\n".join(test))
        assert call("runs", "compare", "-w", grown) == 1
        assert "every test mouth was in the training set" in capsys.readouterr().err
        assert call("evaluate", "-m", "002", "-w", grown) == 0
        assert "each mouth of the current test set was used to train" in capsys.readouterr().out
    finally:
        listed.write_text(before)
    assert call("evaluate", "-m", "002", "-w", grown) == 0


def test_a_model_whose_training_mouths_are_unknown_is_named(grown, capsys):
    listed = grown / "runs" / "001-fast" / "mouths.txt"
    aside = listed.rename(grown / "aside.txt")
    try:
        assert call("runs", "compare", "--json", "-w", grown) == 0
    finally:
        aside.rename(listed)
    note = json.loads(capsys.readouterr().out)["notes"][-1]
    assert "unknown on which mouths 001-fast was trained" in note
    assert call("evaluate", "-m", "002", "--against", "mouth", "-w", grown) == 0
    assert "unknown on which mouths mouth was trained" in capsys.readouterr().out
    assert call("evaluate", "-m", "002", "-w", grown) == 0


def test_only_runs_are_compared(grown, capsys):
    assert call("runs", "compare", "001", "mouth", "-w", grown) == 1
    assert "mouth: no such run; the runs are 001-fast, 002-fast" in capsys.readouterr().err


def test_the_same_test_set_needs_no_comparison(grown, capsys):
    assert call("evaluate", "-m", "001", "-w", grown) == 0
    assert call("evaluate", "-m", "002", "-w", grown) == 0
    assert "comparison" not in evaluated(grown, "002-fast")
    assert "has changed" not in capsys.readouterr().out


def test_evaluate_works_during_training_and_train_is_refused(grown, tmp_path, capsys):
    command = [
        sys.executable, "-m", "moue", "train", "-w", str(grown), "--epochs", "100000",
        "--recipe", "classic",
    ]  # fmt: skip
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as training:
        try:
            assert any("training on" in line for line in training.stderr)
            assert call("evaluate", "-m", "001", "-w", grown) == 0
            assert call("runs", "-w", grown) == 0
            assert "not finished" in capsys.readouterr().out
            assert call("train", "-w", grown, "--seed", "7") == 1
            assert f"another moue process (pid {training.pid}, train) is training" in (
                capsys.readouterr().err
            )
            assert choose(Workspace(grown)).run.name in ("001-fast", "002-fast")
        finally:
            training.kill()
    left = list((grown / "runs").rglob("*.part"))
    assert call("runs", "select", "001", "-w", grown) == 0
    assert not [path for path in left if path.exists()]


def test_the_commands_of_the_report_work_from_any_folder(tmp_path, capsys, monkeypatch):
    """What a report names is typed in another folder, for another workspace."""
    monkeypatch.chdir(tmp_path)
    fill(tmp_path / "my pictures", 0, 14)
    assert run("here", "my pictures", more=("--epochs", 1, "--seed", 3)) == 0
    page = (tmp_path / "here" / "reports" / "001-fast.html").read_text(encoding="utf-8")
    line = next(x for x in html.unescape(page).splitlines() if "moue run" in x)
    command = re.search(r"moue run [^<]*", line)[0].strip()
    words = shlex.split(command)
    assert words[:3] == ["moue", "run", str(tmp_path / "my pictures")]
    assert words[words.index("--workspace") + 1] == str(tmp_path / "here")
    assert words[words.index("--kind") + 1] == "mouth"
    assert words[words.index("--seed") + 1] == "3"
    first = (tmp_path / "here" / "runs" / "001-fast" / "model.onnx").read_bytes()
    words[words.index("--workspace") + 1] = str(tmp_path / "there")
    monkeypatch.chdir("/")
    assert main(words[1:]) == 0
    assert (tmp_path / "there" / "runs" / "001-fast" / "model.onnx").read_bytes() == first


def test_run_ends_with_three_sentences_and_the_next_command(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    fill(tmp_path / "in", 0, 14)
    (tmp_path / "in" / "unknown").mkdir()
    for file in fill(tmp_path / "more", 90, 1).glob("*/*.png"):
        file.rename(tmp_path / "in" / "unknown" / f"{file.parent.name}.png")
    capsys.readouterr()
    assert run("my project", "in") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[-6] == ""
    assert re.fullmatch(
        r"45 of 45 pictures are in use. They show 45 mouths, and 42 of the mouths have a label\.",
        lines[-5],
    )
    assert re.match(r"001-fast predicts \d+ of \d+ test mouths correctly: \d+\.\d%", lines[-4])
    assert lines[-3] == "Report with all wrong predictions: my project/reports/001-fast.html"
    assert lines[-2] == (
        "Mouths without a label, not used for training: 3. To label them: "
        "moue label --to-folders -w 'my project'"
    )
    assert lines[-1] == "To use the model: moue predict PICTURE.jpg -w 'my project'"
    # The one long path is that of the command that shows the curves.
    assert [line for line in lines if str(tmp_path) in line and "tensorboard" not in line] == []


def test_training_names_the_command_that_shows_its_curves(grown, capsys):
    assert call("train", "-w", grown, "--epochs", 1) == 0
    assert f"tensorboard --logdir {grown / 'runs'}" in capsys.readouterr().out


def test_a_renamed_run_can_be_evaluated_and_deleted(grown, capsys):
    assert call("runs", "rename", "001", "spring", "-w", grown) == 0
    assert call("evaluate", "-m", "001", "-w", grown) == 0
    assert (grown / "reports" / "001-spring.html").exists()
    assert not (grown / "reports" / "001-fast.html").exists()
    changed = grown / "runs" / "001-spring" / "evaluation.json"
    changed.write_text("{}")
    assert call("runs", "delete", "001", "--yes", "-w", grown) == 0
    assert "1 file" in capsys.readouterr().out
    assert [path.name for path in changed.parent.iterdir()] == ["evaluation.json"]
    assert not (grown / "reports" / "001-spring.html").exists()


def test_never_seen_needs_a_list_of_training_mouths(grown):
    def report(*model):
        assert call("evaluate", *model, "-w", grown) == 0
        page = max((grown / "reports").glob("*.html"), key=lambda p: p.stat().st_mtime_ns)
        return page.read_text(encoding="utf-8")

    listed = grown / "runs" / "002-fast" / "mouths.txt"
    before = listed.read_text()
    settings = grown / "runs" / "002-fast" / "settings.json"
    own = settings.read_text()
    try:
        assert "that the model was not trained on" in report("-m", "002")
        with Workspace(grown).reading() as catalog:
            test = next(iter(catalog.mouths(split="test"))).name
        listed.write_text(f"{before}{test}\n")
        assert "that the model was not trained on" not in report("-m", "002")
        listed.write_text(before)
        settings.write_text(json.dumps(json.loads(own) | {"fine_tune": "mouth"}))
        assert "of your test mouths" in report("-m", "002")
    finally:
        listed.write_text(before)
        settings.write_text(own)
    page = report("-m", grown / "runs" / "002-fast" / "model.onnx")
    assert "of your test mouths" in page


def test_untested_labels_are_named_in_text_and_json(grown, capsys):
    with Workspace(grown).locked() as (catalog, _):
        moved = [mouth.name for mouth in catalog.mouths("split = 'test' AND label = 'open'")]
        for name in moved:
            catalog.update_mouth(name, split="train")
    try:
        assert call("evaluate", "-m", "002", "--json", "-w", grown) == 0
        done = json.loads(capsys.readouterr().out)
    finally:
        with Workspace(grown).locked() as (catalog, _):
            for name in moved:
                catalog.update_mouth(name, split="test")
    first, second, *_ = done["notes"]
    assert "over 2 of 3 labels; open was not tested" in first
    assert second == "no test picture is labelled open: the test accuracy does not cover open"
    assert done["result"]["untested"] == ["open"]
