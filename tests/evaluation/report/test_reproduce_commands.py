"""The commands that make a run again."""

from __future__ import annotations

import shlex

from moue.dataset.collect.collect_files import CollectSettings
from moue.dataset.collect_history import collect_calls, record_collect_call
from moue.evaluation.report.reproduce_commands import commands
from moue.files import write_json


def test_every_collect_call_is_repeated_once(workspace, catalog, tmp_path):
    plain, crops = CollectSettings(), CollectSettings(kind="mouth", copy=True)
    record_collect_call(catalog, [tmp_path / "a b"], plain)
    record_collect_call(catalog, [tmp_path / "a b"], plain)
    record_collect_call(catalog, [tmp_path / "c"], plain, tmp_path / "c.csv")
    record_collect_call(catalog, [tmp_path / "d.txt", tmp_path / "e"], crops)
    assert len(list(collect_calls(catalog))) == 3
    folder = workspace.runs / "002-best"
    write_json(folder / "data.json", {"settings": {"recipe": "best", "seed": 4, "epochs": None}})
    place = ["--workspace", str(workspace.root)]
    assert [shlex.split(line) for line in commands(workspace, catalog, folder)] == [
        ["moue", "collect", str(tmp_path / "a b"), *place],
        ["moue", "run", str(tmp_path / "c"), "--labels", str(tmp_path / "c.csv"), *place],
        ["moue", "run", str(tmp_path / "d.txt"), str(tmp_path / "e"), "--copy", "--kind", "mouth",
         "--recipe", "best", "--seed", "4", *place],
    ]  # fmt: skip


def test_a_model_file_is_only_evaluated(workspace, catalog, tmp_path):
    (line,) = commands(workspace, catalog, tmp_path / "m.onnx")
    assert shlex.split(line) == [
        "moue", "evaluate", "--workspace", str(workspace.root), "--model", str(tmp_path / "m.onnx"),
    ]  # fmt: skip


def test_web_pictures_are_not_collected_again(workspace, catalog):
    write_json(workspace.runs / "001-fast" / "data.json", {"settings": {"recipe": "fast"}})
    (line,) = commands(workspace, catalog, workspace.runs / "001-fast")
    assert shlex.split(line) == ["moue", "run", "--workspace", str(workspace.root)]
