"""Runs by name: which one is used, and listing, renaming, selecting and deleting them."""

from __future__ import annotations

import io
import json
import os

import pytest

from drawing import drawn, save
from moue.cli import main
from moue.errors import ModelError
from moue.files import write_bytes, write_json
from moue.model import runs as known
from moue.model.manage_runs import new_events_suffix
from moue.model.runs import choose, resolve, run_name
from moue.workspace.owned_files import put
from written_runs import make


def call(*arguments):
    return main([str(a) for a in arguments])


def used(workspace):
    return choose(workspace).run.name


def test_run_names_contain_the_recipe_and_the_base_model():
    assert run_name(3, "fast", "mouth", "fast") == "003-from-mouth"
    assert run_name(3, "best", "mouth", "fast") == "003-best-from-mouth"
    assert run_name(12, "classic", None, "fast") == "012-classic"


def test_the_best_and_newest_run_is_used(workspace):
    make(workspace, "001-fast", 0.94, when="2026-01-01")
    make(workspace, "002-best", 0.89, when="2026-01-02")
    assert used(workspace) == "001-fast"
    assert choose(workspace).why == "best of 2 runs by validation accuracy, 94.0%"
    make(workspace, "003-fast", 0.94, when="2026-01-03")
    assert used(workspace) == "003-fast"


def test_runs_validated_on_other_pictures_are_not_compared(workspace):
    make(workspace, "001-fast", 0.99, of="a few easy pictures", when="2026-01-01")
    make(workspace, "002-fast", 0.90, of="many pictures", when="2026-01-02")
    assert used(workspace) == "002-fast"
    assert "1 older run was validated on other pictures" in choose(workspace).why


def test_a_selected_run_is_used_until_it_is_deleted(workspace, capsys):
    make(workspace, "001-fast", 0.9)
    make(workspace, "002-best", 0.8)
    assert call("runs", "select", "002", "-w", workspace.root) == 0
    assert "default run: 002-best (selected by you)" in capsys.readouterr().out
    assert call("runs", "rename", "002", "winter", "-w", workspace.root) == 0
    assert used(workspace) == "002-winter"
    assert call("runs", "delete", "002", "--yes", "-w", workspace.root) == 0
    assert used(workspace) == "001-fast"
    assert "the selected run no longer exists" in choose(workspace).why
    assert call("runs", "select", "--clear", "-w", workspace.root) == 0
    assert choose(workspace).why == "the only run"


def test_an_unfinished_run_is_listed_and_never_used(workspace, capsys):
    make(workspace, "001-fast")
    (workspace.runs / "001-fast" / "result.json").unlink()
    assert choose(workspace) is None
    with pytest.raises(ModelError, match="001-fast: the training has not finished"):
        resolve(workspace, "001")
    assert call("runs", "-w", workspace.root) == 0
    assert "not finished" in capsys.readouterr().out


def test_a_model_is_a_run_name_a_prefix_or_a_path(workspace, tmp_path, monkeypatch):
    first, second = make(workspace, "001-fast"), make(workspace, "010-best")
    monkeypatch.chdir(tmp_path)
    assert resolve(workspace, "001-fast") == first
    assert resolve(workspace, "01") == second
    assert resolve(workspace, "runs/010-best") == workspace.root / "runs" / "010-best"
    assert resolve(workspace, second / "model.onnx") == second / "model.onnx"
    assert str(resolve(workspace, "mouth")) == "mouth"
    (tmp_path / "001").mkdir()
    assert str(resolve(workspace, "001")) == "001"


def test_an_unknown_model_error_lists_all_models(workspace):
    make(workspace, "001-fast")
    make(workspace, "002-best")
    with pytest.raises(ModelError, match="00: matches several runs: 001-fast, 002-best"):
        resolve(workspace, "00")
    for name in ("nope", "", "a\0b", "x" * 5000):
        with pytest.raises(ModelError, match=r"no such model\. Runs: .*Bundled models: mouth, "):
            resolve(workspace, name)


@pytest.mark.parametrize("text", ["[", "[]", '{"settings": 3, "digest": null}', '"\\ud800"'])
def test_damaged_run_files_do_not_break_the_list(workspace, capsys, text):
    folder = make(workspace, "001-fast", test=(3, 4, "x"))
    for name in ("data.json", "result.json", "evaluation.json"):
        (folder / name).write_text(text)
    (workspace.runs / "mine").mkdir()
    (workspace.runs / "mine" / "data.json").write_text("{}")
    assert call("runs", "-w", workspace.root) == 0
    assert "001-fast" in capsys.readouterr().out


def test_the_list_fits_a_terminal_and_marks_other_test_sets(workspace, capsys):
    make(workspace, "001-fast", 0.943, test=(100, 106, "old"), when="2026-01-01T10:00:00+00:00")
    make(
        workspace, "002-best-from-mouth", 0.95, recipe="best", start="mouth",
        test=(124, 135, "new"), when="2026-01-02T10:00:00+00:00", model=bytes(1_200_000),
    )  # fmt: skip
    assert call("runs", "-w", workspace.root) == 0
    out = capsys.readouterr().out
    assert all(len(line) <= 100 for line in out.splitlines())
    first, second = out.splitlines()[1:3]
    assert first.split()[:5] == ["001-fast", "fast", "new", "94.3%", "94.3%"]
    assert "†" in first
    assert "†" not in second
    assert second.startswith("* 002-best-from-mouth")
    assert {"best", "mouth", "95.0%", "91.9%", "1.2"} <= set(second.split())
    assert "not comparable" in out
    assert call("runs", "list", "--json", "-w", workspace.root) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [row["name"] for row in rows] == ["001-fast", "002-best-from-mouth"]
    assert [row["used"] for row in rows] == [False, True]


def test_renaming_keeps_the_number_and_moves_the_report(workspace, capsys):
    make(workspace, "002-fast")
    report = workspace.reports / "002-fast.html"
    with workspace.locked() as (catalog, _):
        put(catalog, report, b"page")
    assert call("runs", "rename", "002", "winter", "-w", workspace.root) == 0
    assert capsys.readouterr().out == "renamed 002-fast to 002-winter\n"
    assert (workspace.reports / "002-winter.html").read_bytes() == b"page"
    assert not report.exists()
    assert call("runs", "rename", "002", "002-summer", "-w", workspace.root) == 0
    assert [path.name for path in workspace.runs.iterdir()] == ["002-summer"]


@pytest.mark.parametrize("name", ["../x", "a/b", "", ".hidden", "a\nb", "x" * 80])
def test_a_run_name_cannot_be_a_path(workspace, capsys, name):
    make(workspace, "001-fast")
    assert call("runs", "rename", "001", name, "-w", workspace.root) == 1
    assert "letters, digits" in capsys.readouterr().err
    assert [path.name for path in workspace.runs.iterdir()] == ["001-fast"]


def test_an_existing_name_is_refused(workspace, capsys):
    make(workspace, "001-fast")
    (workspace.runs / "001-mine").mkdir()
    assert call("runs", "rename", "001", "mine", "-w", workspace.root) == 1
    assert "already exists" in capsys.readouterr().err


def test_deleting_asks_and_warns_about_the_last_copy(workspace, capsys, monkeypatch):
    folder = make(workspace, "001-fast")
    monkeypatch.setattr("sys.stdin", io.StringIO())
    assert call("runs", "delete", "001", "-w", workspace.root) == 130
    assert folder.exists()
    assert call("runs", "delete", "001", "--yes", "-w", workspace.root) == 0
    err = capsys.readouterr().err
    assert "no finished run is left" in err
    assert "is the default run" in err
    assert not folder.exists()


def test_deleting_keeps_files_of_the_user(workspace, capsys):
    folder = make(workspace, "001-fast")
    make(workspace, "002-fast")
    (folder / "tensorboard").mkdir()
    (folder / "tensorboard" / f"events.out.tfevents.1{new_events_suffix()}").write_bytes(b"curves")
    (folder / "notes").mkdir()
    mine = (
        folder / "notes" / "mine.txt",
        folder / "tensorboard" / "mine.txt",
        folder / "tensorboard" / "events.out.tfevents.2.host",
    )
    for path in mine:
        path.write_text("mine")
    assert call("runs", "delete", "001", "--yes", "-w", workspace.root) == 0
    assert (
        "except 3 files that moue did not write or that were changed later"
        in capsys.readouterr().out
    )
    assert {path for path in folder.rglob("*") if path.is_file()} == set(mine)
    assert [run.name for run in known.runs(workspace)] == ["002-fast"]


def test_reports_and_folders_of_the_user_stay(workspace, capsys):
    make(workspace, "001-fast")
    report = workspace.reports / "001-fast.html"
    write_bytes(report, b"mine")
    mine = workspace.runs / "002-mine"
    write_json(mine / "data.json", {"my": "data"})
    write_json(mine / "result.json", {"best epoch": 1})
    assert call("runs", "delete", "001", "--yes", "-w", workspace.root) == 0
    assert call("runs", "delete", "002", "--yes", "-w", workspace.root) == 1
    assert "belongs to another workspace" in capsys.readouterr().err
    assert report.read_bytes() == b"mine"
    assert (mine / "data.json").exists()


def test_a_run_in_training_is_not_deleted(workspace, capsys):
    make(workspace, "001-fast")
    with workspace.training("train"):
        assert call("runs", "delete", "001", "--yes", "-w", workspace.root) == 1
    assert f"(pid {os.getpid()}, train) is training" in capsys.readouterr().err
    assert (workspace.runs / "001-fast" / "model.onnx").exists()


def test_a_missing_workspace_is_an_error(tmp_path, capsys, monkeypatch):
    picture = save(tmp_path / "a.png", drawn())
    monkeypatch.chdir(tmp_path)
    for more in ((), ("--model", "mouth")):
        assert call("predict", picture, "-w", "nofolder", *more) == 1
        out, err = capsys.readouterr()
        assert "nofolder: no such workspace" in err
        assert not out
    assert call("live", tmp_path, "-w", "nofolder") == 1
    assert "nofolder: no such workspace" in capsys.readouterr().err


def test_the_bundled_model_is_used_without_a_finished_run(workspace, tmp_path, capsys):
    picture = save(tmp_path / "a.png", drawn())
    assert call("predict", picture, "-w", workspace.root) == 0
    err = capsys.readouterr().err
    first = err.splitlines()[0]
    assert first.startswith("model: mouth 3.0 (research use only; see `moue doctor`)")
    assert first.endswith(f"no usable run in {workspace.root}")


def test_predict_and_export_name_the_run_and_the_reason(workspace, model, tmp_path, capsys):
    for name, validation in (("001-fast", 0.9), ("002-best", 0.8)):
        folder = make(workspace, name, validation, model=model.read_bytes())
        (folder / "best.pt").write_bytes((model.parent / "best.pt").read_bytes())
    picture = save(tmp_path / "a.png", drawn())
    assert call("predict", picture, "-w", workspace.root) == 0
    assert (
        "model: 001-fast (best of 2 runs by validation accuracy, 90.0%)" in capsys.readouterr().err
    )
    assert call("predict", picture, "-w", workspace.root, "--model", "002") == 0
    assert "002-best" in capsys.readouterr().err
    target = tmp_path / "m.onnx"
    assert call("export", target, "-w", workspace.root) == 0
    out, err = capsys.readouterr()
    assert "model: 001-fast" in err
    assert "exported from 001-fast" in out


@pytest.mark.parametrize("name", ["m.tflite", "m.mlpackage", "m.pt", "m", "onnx"])
def test_export_refuses_unknown_formats(workspace, tmp_path, capsys, name):
    make(workspace, "001-fast")
    assert call("export", tmp_path / name, "-w", workspace.root) == 2
    assert "must end in .onnx" in capsys.readouterr().err
    assert not (tmp_path / name).exists()


def test_a_user_file_named_like_a_report_stays(workspace):
    make(workspace, "001-fast")
    mine = workspace.reports / "001-fast.html"
    write_bytes(mine, b"mine")
    assert call("runs", "rename", "001", "winter", "-w", workspace.root) == 0
    assert mine.read_bytes() == b"mine"
    write_bytes(workspace.reports / "001-winter.html", b"mine too")
    assert call("runs", "delete", "001", "--yes", "-w", workspace.root) == 0
    assert (workspace.reports / "001-winter.html").read_bytes() == b"mine too"
