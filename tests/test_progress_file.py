"""The progress of a command in a file, for the program that started it."""

from __future__ import annotations

import json

import pytest

from commands import call
from moue.cli.progress_file import VARIABLE, RecordedTask


@pytest.fixture
def progress(tmp_path, monkeypatch):
    path = tmp_path / "progress.jsonl"
    monkeypatch.setenv(VARIABLE, str(path))

    def events():
        return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]

    return events


def test_a_stage_writes_its_progress_its_results_and_its_end(progress, raw_pictures, tmp_path):
    assert call("collect", raw_pictures, "-w", tmp_path / "w") == 0
    events = progress()
    tasks = [one for one in events if one["event"] == "progress"]
    assert (tasks[0]["done"], tasks[-1]["done"], tasks[-1]["total"]) == (0, 2, 2)
    assert tasks[-1]["task"] == "collect"
    (summary,) = [one["summary"] for one in events if one["event"] == "summary"]
    assert summary["counts"]["new"] == 2
    assert events[-1] | {"event": "end", "code": 0, "message": ""} == events[-1]
    assert all(one["at"].endswith("+00:00") for one in events)


@pytest.mark.parametrize(("arguments", "code"), [(["split"], 1), (["split", "--nonsense"], 2)])
def test_an_error_is_in_the_end(progress, workspace, arguments, code):
    assert call(*arguments, "-w", workspace.root) == code
    end = progress()[-1]
    assert (end["event"], end["code"]) == ("end", code)
    assert end["message"]


def test_without_the_variable_no_file_is_written(tmp_path, workspace, monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)
    before = set(tmp_path.rglob("*.jsonl"))
    assert call("convert", "-w", workspace.root) == 0
    assert set(tmp_path.rglob("*.jsonl")) == before


def test_a_file_that_cannot_be_written_does_not_stop_the_command(workspace, tmp_path, monkeypatch):
    monkeypatch.setenv(VARIABLE, str(tmp_path / "missing" / "progress.jsonl"))
    assert call("convert", "-w", workspace.root) == 0


def test_many_items_give_few_lines_and_a_rate(progress, monkeypatch):
    now = 100.0
    monkeypatch.setattr("time.monotonic", lambda: now)
    task = RecordedTask("convert", 1000, "")
    for _ in range(500):
        now += 0.01
        task.advance("a.jpg")
    task.end()
    lines = progress()
    assert len(lines) < 30
    assert lines[-1]["done"] == 500
    assert lines[-1]["rate"] == pytest.approx(100)
    assert lines[-1]["seconds_left"] == pytest.approx(5)
