"""Files of moue's own that were damaged by others: one line and an exit code, never a traceback."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from moue.cli import main
from moue.config import Config
from moue.errors import ConfigError, DataError
from moue.files import read_json, write_json
from moue.training import run_log

pytestmark = pytest.mark.slow

DAMAGE = {
    "empty": b"",
    "cut": b'{"a": 1, "b',
    "a list": b"[1, 2]",
    "a number": b"7",
    "nested": b"[" * 100_000,
    "nested objects": b'{"a":' * 100_000,
    "long number": b'{"a": ' + b"9" * 5000 + b"}",
    "not UTF-8": b'{"a": "\xff\xfe"}',
    "zeros": bytes(500),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_json_file_is_named(tmp_path: Path, damage: str):
    path = tmp_path / "data.json"
    path.write_bytes(DAMAGE[damage])
    with pytest.raises(DataError, match=r"data\.json is damaged") as told:
        read_json(path)
    assert "\n" not in str(told.value)


@pytest.mark.parametrize("damage", [*DAMAGE.values(), b"{}", b'{"number": "x"}', b"null"])
def test_a_damaged_log_is_named(tmp_path: Path, damage: bytes):
    (tmp_path / run_log.LOG).write_bytes(damage + b"\n")
    if not damage:
        damage = b"x"
        (tmp_path / run_log.LOG).write_bytes(damage)
    with pytest.raises(DataError, match=r"log\.jsonl is damaged"):
        run_log.read_log(tmp_path)


@pytest.mark.parametrize(
    "text",
    [
        "a = " + "[" * 100_000,
        "[" + "a." * 100_000 + "a]",
        "[convert]\nquality = " + "9" * 5000,
        "[convert]\nquality = 1e400",
        "[convert]\nquality = nan",
        "[convert\n",
        'a = "\x1b[31m"',
        "[web]\ntimeout = " + "{a=" * 50_000,
    ],
)
def test_settings_that_are_not_toml_are_one_error(tmp_path: Path, text: str):
    path = tmp_path / "moue.toml"
    path.write_text(text)
    with pytest.raises(ConfigError) as told:
        Config.load(path)
    assert len(str(told.value)) < 1000


def test_a_deeply_nested_assignment_is_a_one_line_error(tmp_path, capsys):
    deep = "[" * 50_000
    arguments = ["convert", "-w", str(tmp_path), "--set", f"convert.quality={deep}"]
    assert main(arguments) == 2
    assert "Traceback" not in capsys.readouterr().err


def test_random_damage_to_a_workspace_is_reported(tmp_path, capsys, monkeypatch):
    """Each command ends with an exit code and at most a few lines, and none is a traceback."""
    monkeypatch.setenv("COLUMNS", "200")
    work = tmp_path / "w"
    assert main(["init", "-w", str(work)]) == 0
    run = work / "runs" / "001-fast"
    files = {
        run / "data.json": {"digest": "x", "settings": {}},
        run / "settings.json": {"recipe": "fast"},
        run / "environment.json": {"counts": {"train": {"smile": 3}}},
        run / "result.json": {"best epoch": 3, "val accuracy": 0.5, "pictures": 4, "epochs": 5},
        run / "evaluation.json": {"split": "test", "accuracy": {"value": 0.5}},
        run / "forgotten.json": {"a": {"at": "now", "certain": True}},
        work / "reports" / "leakage.json": {"nearest_pairs": []},
        work / "runs" / "mine" / "data.json": {"digest": "x"},
    }
    commands = [
        ["info"], ["runs"], ["label"], ["split"], ["train"], ["evaluate"], ["export", "x.onnx"],
        ["predict", "x.jpg"], ["forget", "--sha256", "0" * 64, "--yes"],
    ]  # fmt: skip
    rng = random.Random(9)
    for number in range(120):
        for path, value in files.items():
            write_json(path, value)
        (run / "log.jsonl").write_text('{"number": 1}\n')
        (run / "mouths.txt").write_text("a\n")
        path = rng.choice([*files, run / "log.jsonl", run / "mouths.txt", work / "moue.toml"])
        path.write_bytes(rng.choice([*DAMAGE.values(), rng.randbytes(40)]))
        code = main([*commands[number % len(commands)], "-w", str(work)])
        said = capsys.readouterr()
        assert code in (0, 1, 2)
        assert "Traceback" not in said.err + said.out
        assert "unexpected error" not in said.err, said.err
        (work / "moue.toml").write_text("")


def test_every_command_reports_a_damaged_catalog_in_one_line(tmp_path, capsys):
    work = tmp_path / "w"
    assert main(["init", "-w", str(work)]) == 0
    whole = (work / "catalog.db").read_bytes()
    rng = random.Random(2)
    commands = [["info"], ["convert"], ["clean"], ["dedupe"], ["label"], ["split"], ["info", "x"]]
    for number in range(70):
        data = bytearray(whole)
        for _ in range(40):
            data[rng.randrange(len(data))] = rng.randrange(256)
        for beside in work.glob("catalog.db*"):
            beside.unlink()
        (work / "catalog.db").write_bytes(data if number % 2 else data[: rng.randrange(len(data))])
        code = main([*commands[number % len(commands)], "-w", str(work)])
        said = capsys.readouterr()
        assert code in (0, 1)
        assert "Traceback" not in said.err
        assert "unexpected error" not in said.err, said.err
