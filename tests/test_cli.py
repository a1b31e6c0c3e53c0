from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

import moue as package
from drawing import drawn, save
from moue.cli import main
from moue.cli.commands import moue
from moue.workspace.drop_reasons import DROP_REASONS
from moue.workspace.types import Mouth
from moue.workspace.workspace import Workspace


@pytest.fixture
def raw(tmp_path):
    folder = tmp_path / "raw"
    for number in range(3):
        save(folder / f"picture{number}.png", drawn(number))
    (folder / "text.jpg").write_text("no picture")
    return folder


def call(*arguments):
    return main([str(a) for a in arguments])


def collected(raw, tmp_path, capsys):
    place = tmp_path / "w"
    assert call("collect", raw, "-w", place) == 0
    assert call("convert", "-w", place) == 0
    capsys.readouterr()
    return place


@pytest.fixture
def elsewhere(tmp_path, monkeypatch):
    """An empty current folder."""
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("command", list(moue.commands))
def test_every_command_has_help_with_an_example(command, capsys):
    assert call(command, "--help") == 0
    out = capsys.readouterr().out
    assert "Usage: moue" in out
    assert "Example" in out


@pytest.mark.parametrize("group", ["", "collect", "runs"])
def test_summaries_in_the_command_list_are_not_cut(group, capsys):
    assert call(*filter(None, [group]), "--help") == 0
    assert "..." not in capsys.readouterr().out.partition("Commands:")[2]


def test_help_examples_are_on_their_own_lines(capsys):
    assert call("--help") == 0
    out = capsys.readouterr().out
    assert "\n      moue run photos/ --workspace project\n" in out
    assert "\\b" not in out


def test_ctrl_c_during_start_prints_one_line(monkeypatch, capsys):
    def interrupted(name, *_):
        raise KeyboardInterrupt

    monkeypatch.delitem(sys.modules, "moue.cli.commands")
    monkeypatch.setattr("builtins.__import__", interrupted)
    code = main(["--help"])
    monkeypatch.undo()
    assert code == 130
    assert "interrupted" in capsys.readouterr().err


_STARTED = """
import os, sys

if __name__ == "__main__":
    from moue.cli import main

    early = "numpy" in sys.modules
    main(["--help"])
    from moue.parallel import process_map as processes

    print(early, *processes(os.getenv, ["OPENBLAS_NUM_THREADS"], 1))
"""


@pytest.mark.parametrize(("given", "used"), [({}, "1"), ({"OPENBLAS_NUM_THREADS": "3"}, "3")])
def test_blas_uses_one_thread_in_workers_by_default(given, used, tmp_path):
    """It reads the variable when numpy is first imported, which is not before it is set."""
    (tmp_path / "start.py").write_text(_STARTED)
    plain = {k: v for k, v in os.environ.items() if k != "OPENBLAS_NUM_THREADS"}
    command = [sys.executable, str(tmp_path / "start.py")]
    done = subprocess.run(command, env=plain | given, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == f"False {used}"


def test_results_go_to_stdout_and_progress_to_stderr(raw, tmp_path, capsys):
    assert call("collect", raw, "-w", tmp_path / "w", "--json") == 0
    out, err = capsys.readouterr()
    assert json.loads(out)["counts"] == {"new": 4, "all": 4}
    assert "collect: 4" in err


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["convert"], 1, "no catalog exists here"),
        (["collect", "nowhere"], 1, "nowhere: no such file or folder"),
        (["clean", "--min-fcae", "3"], 2, "No such option"),
        (["clean", "--backend", "magic"], 2, "magic"),
        (["nonsense"], 2, "No such command"),
        (["convert", "--set", "convert.qualty=3"], 2, "did you mean quality?"),
        (["convert", "--set", "quality"], 2, "SECTION.SETTING=VALUE"),
        (["convert", "--quality", "7"], 2, "50<=x<=100"),
        (["convert", "--set", "convert.quality=7"], 2, "from 50 to 100"),
        (["evaluate"], 1, "no catalog exists here"),
        (["predict", "a.jpg", "--model", "missing.onnx"], 1, "missing.onnx"),
        (["restore"], 2, "give FILES"),
        (["run"], 1, "no catalog exists here"),
        (["train", "--lr", "nan"], 2, "lr = nan is not a number"),
        (["split", "--ratio", "many"], 1, "8:1:1"),
        (["predict", ""], 2, "the path is empty"),
        (["run", "a", ""], 2, "the path is empty"),
        (["info", "-w", ""], 2, "the path is empty"),
        (["live", ""], 1, "SOURCE is empty"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_an_error_is_one_line_with_an_exit_code(
    arguments, code, words, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    if arguments[0] == "split":
        assert call("init") == 0
    assert call(*arguments) == code
    err = capsys.readouterr().err
    assert words in err
    assert "Traceback" not in err
    if code == 1:
        assert len(err.strip().splitlines()) == 1


def test_the_error_names_a_bad_settings_file(raw, tmp_path, capsys):
    place = collected(raw, tmp_path, capsys)
    (place / "moue.toml").write_text("[convert]\nqualitty = 3\n")
    assert call("convert", "-w", place) == 1
    assert "moue.toml" in capsys.readouterr().err


def test_a_file_is_refused_as_workspace(raw, capsys):
    assert call("collect", raw, "-w", raw / "text.jpg") == 1
    assert "the path is a file, but --workspace needs a folder" in capsys.readouterr().err


def test_info_shows_the_history_of_drop_and_restore(raw, tmp_path, capsys):
    place = collected(raw, tmp_path, capsys)
    picture = raw / "picture1.png"
    assert call("drop", picture, "-w", place) == 0
    assert call("info", "--dropped", "-w", place) == 0
    listed = capsys.readouterr().out
    assert f"by_hand         {picture}" in listed
    assert "not_an_image" in listed
    assert call("restore", "--reason", "by_hand", "-w", place) == 0
    assert call("info", picture, "-w", place) == 0
    story = capsys.readouterr().out
    assert "- → by_hand, user (moue drop)" in story
    assert "by_hand → -, user (moue restore)" in story
    assert picture.exists()


def test_info_lists_a_dropped_crop_and_its_history_once(raw, tmp_path, capsys):
    place = collected(raw, tmp_path, capsys)
    with Workspace(place).locked() as (catalog, _):
        name = next(catalog.samples()).name
        catalog.put_mouths(name, [Mouth(name=name, sample=name, face=0, width=9)])
    assert call("drop", f"mouths/{name}_mouth.png", "-w", place) == 0
    capsys.readouterr()
    assert call("info", "--dropped", "--json", "-w", place) == 0
    listed = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [one["reason"] for one in listed] == ["not_an_image", "by_hand"]
    assert listed[1]["file"].endswith(f"{name}_mouth.png")
    assert call("info", name, "-w", place) == 0
    assert capsys.readouterr().out.count("by_hand, user") == 1


def test_an_unknown_file_cannot_be_dropped(raw, tmp_path, capsys):
    place = collected(raw, tmp_path, capsys)
    assert call("drop", "elsewhere.jpg", "-w", place) == 1
    assert "no picture or mouth in" in capsys.readouterr().err


@pytest.mark.parametrize("command", [["drop"], ["restore"], ["info"], ["forget", "--yes"]])
def test_an_empty_name_is_an_error(raw, tmp_path, capsys, command):
    assert call("collect", raw, "-w", tmp_path / "w") == 0
    assert call(*command, "", "-w", tmp_path / "w") == 1
    assert "an empty name selects no picture; give a path or a name" in capsys.readouterr().err


@pytest.mark.parametrize("how", ["--yes", "--dry-run"])
def test_forget_notes_a_source_that_matches_nothing(raw, tmp_path, capsys, how):
    assert call("collect", raw, "-w", tmp_path / "w") == 0
    assert call("forget", "--source", "TYPO", how, "-w", tmp_path / "w") == 0
    assert (
        "note: TYPO: the catalog has no picture from this source; `moue info"
        in capsys.readouterr().err
    )


def test_info_json_counts_pictures_and_drop_reasons(raw, tmp_path, capsys):
    place = collected(raw, tmp_path, capsys)
    assert call("info", "-w", place, "--json") == 0
    data = json.loads(capsys.readouterr().out)
    assert data["pictures"] == 4
    assert data["dropped"] == {"not_an_image": 1}


def test_every_drop_reason_can_be_restored_by_name():
    option = next(p for p in moue.commands["restore"].params if p.name == "reason")
    assert list(option.type.choices) == list(DROP_REASONS)


def test_a_closed_pipe_ends_the_command_quietly(raw, tmp_path):
    command = f"{sys.executable} -m moue collect {raw} -w {tmp_path / 'w'} | true"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True)
    assert "Traceback" not in done.stderr
    assert "moue:" not in done.stderr


def test_doctor_lists_installed_and_missing_components(capsys):
    assert call("doctor", "--json") == 0
    checks = {check["name"]: check for check in json.loads(capsys.readouterr().out)}
    assert checks["numpy"]["ok"]
    assert checks["moue"]["text"] == package.__version__
    assert {"[train]", "[dlib]", "[video]", "[heif]"} <= checks.keys()
