"""Hostile and foreign file names through the whole command line, in every code page."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest

from commands import call
from drawing import drawn, save
from moue import cli
from moue.files import without_dots

NAMES = [
    b"plain.jpg",
    "笑顔の写真.jpg".encode(),
    "😀é.jpg".encode(),
    b"caf\xe9.jpg",
    b"bad\xff\xfe.jpg",
    b"\x1b[31mred\x1b]0;title\x07.jpg",
    "c1\u009b31m.jpg".encode(),
    "bidi\u202egpj.exe\u2066.jpg".encode(),
    b"two\nlines\r\tand a tab.jpg",
    "分".encode() * 80 + b".png",
    b"L" * 251 + b".jpg",
]
CODE_PAGES = ["cp1252", "gbk", "ascii"]
_RUN = "import sys; from moue.cli import main; sys.exit(main())"


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    for name in NAMES:
        save(folder / os.fsdecode(name), drawn())
    return folder


def moue(*arguments: object, **environment: str) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-c", _RUN, *map(os.fsencode, map(str, arguments))]
    return subprocess.run(command, capture_output=True, env={**os.environ, **environment})


def check(done: subprocess.CompletedProcess[bytes], code_page: str = "utf-8") -> str:
    """Return what was printed, once nothing in it could move a cursor."""
    assert b"Traceback" not in done.stderr, done.stderr.decode(errors="replace")
    printed = done.stdout.decode(code_page) + done.stderr.decode(code_page)
    for character in set(printed) - {"\n"}:
        assert unicodedata.category(character) not in ("Cc", "Cs"), repr(character)
        assert character not in "\u202e\u2066"
    return done.stdout.decode(code_page)


@pytest.mark.parametrize("code_page", CODE_PAGES)
def test_predict_prints_every_name_in_every_code_page(photos, model, tmp_path, code_page):
    table = tmp_path / "t.csv"
    page = {"PYTHONIOENCODING": code_page}
    done = moue("predict", photos, "-m", model, "--csv", table, **page)
    assert done.returncode == 0
    lines = check(done, code_page).splitlines()
    assert len(lines) == len(NAMES)
    assert table.read_bytes().decode("utf-8").count("\n") >= 1


def test_predict_gives_every_name_back_in_json(photos, model):
    done = moue("predict", photos, "-m", model, "--json", PYTHONIOENCODING="cp1252")
    assert done.returncode == 0
    check(done)
    found = [json.loads(line)["file"] for line in done.stdout.decode("utf-8").splitlines()]
    assert sorted(os.fsencode(Path(file).name) for file in found) == sorted(NAMES)
    assert all(Path(file).exists() for file in found)


def test_collect_and_info_accept_every_name(photos, tmp_path):
    code_page, work = "ascii", tmp_path / "w"
    page = {"PYTHONIOENCODING": code_page}
    done = moue("collect", photos, "-w", work, **page)
    assert done.returncode == 0
    check(done, code_page)
    done = moue("info", "--sources", "--json", "-w", work, **page)
    check(done)
    rows = [json.loads(line) for line in done.stdout.decode("utf-8").splitlines()]
    assert sorted(os.fsencode(Path(row["source"]).name) for row in rows) == sorted(NAMES)
    done = moue("info", *(photos / os.fsdecode(name) for name in NAMES), "-w", work, **page)
    assert done.returncode == 0, done.stderr
    check(done, code_page)
    again = moue("collect", photos, "-w", work, **page)
    assert b"nothing new" in again.stdout


def test_a_printed_name_is_accepted_as_input(photos, tmp_path):
    work = tmp_path / "w"
    assert moue("collect", photos, "-w", work).returncode == 0
    assert moue("info", rf"{photos}/caf\xe9.jpg", "-w", work).returncode == 0


def test_the_c_locale_accepts_names_in_any_script(photos, tmp_path):
    work = tmp_path / "w"
    plain = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    done = moue("collect", photos, "-w", work, **plain)
    assert done.returncode == 0
    check(done)
    # The same files are known in any other locale.
    assert b"nothing new" in moue("collect", photos, "-w", work, LC_ALL="C.UTF-8").stdout


@pytest.mark.parametrize("command", ["predict", "collect", "live", "info", "no-such-command"])
def test_errors_about_hostile_names_are_printed_safely(tmp_path, command):
    hostile = os.fsdecode("\x1b]0;t\x07\n\r\u009b31m\u202e".encode() + b"\xff")
    for arguments in (
        [command, tmp_path / hostile, "-w", tmp_path / "w"],
        [command, "--" + hostile],
    ):
        done = moue(*arguments)
        assert done.returncode in (1, 2)
        check(done)


def test_long_names_get_annotated_copies_of_their_own(tmp_path, model):
    folder = tmp_path / "in"
    names = [b"L" * 251 + b".jpg", b"L" * 251 + b".png", "分".encode() * 83 + b".gif"]
    for name in names:
        save(folder / os.fsdecode(name), drawn())
    done = moue("predict", folder, "-m", model, "--annotated", tmp_path / "out", "--json")
    assert done.returncode == 0
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert [row["error"] for row in rows] == [None] * len(names)
    assert len(list((tmp_path / "out").iterdir())) == len(names)


@pytest.mark.parametrize(
    ("code", "command"),
    [
        (0, ("predict", "a/../b", "-m", "MODEL", "--csv", "a/../c.csv")),
        (1, ("predict", "b", "-m", "MODEL", "--csv", "a/../taken.csv")),
        (1, ("predict", "a/../nothing", "-m", "MODEL")),
        (0, ("live", "a/../b", "-m", "MODEL")),
        (0, ("collect", "a/../b", "-w", "a/../w")),
        (0, ("collect", "urls", "a/../urls.txt", "-w", "a/../w")),
        (1, ("run", "a/../nothing", "-w", "a/../w")),
        (1, ("label", "--csv", "a/../nothing.csv", "-w", "a/../w")),
        (1, ("runs", "-w", "a/../nothing")),
        (0, ("init", "-w", "a/../other")),
    ],
)
def test_paths_are_printed_without_dots(tmp_path, model, monkeypatch, capsys, code, command):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a").mkdir()
    save(tmp_path / "b" / "1.png", drawn())
    (tmp_path / "taken.csv").write_bytes(b"mine")
    (tmp_path / "urls.txt").write_text("")
    assert call("init", "-w", tmp_path / "w") == 0
    assert call(*(model if word == "MODEL" else word for word in command)) == code
    said = "".join(capsys.readouterr())
    assert ".." not in said
    assert said


def test_dots_after_a_link_resolve_as_in_the_system(tmp_path):
    (tmp_path / "far" / "in").mkdir(parents=True)
    (tmp_path / "link").symlink_to("far/in")
    for place in (tmp_path, tmp_path / "far"):
        (place / "x").write_text(place.name)
    assert without_dots(tmp_path / "link" / ".." / "x").read_text() == "far"
    assert without_dots(tmp_path / "far" / ".." / "x") == tmp_path / "x"


def test_every_command_escapes_its_output():
    for path in (Path(cli.__file__).parent).glob("*.py"):
        if path.name != "output.py":
            assert "click.echo(" not in path.read_text(encoding="utf-8"), path


def test_a_csv_row_of_a_hostile_name_stays_one_row(photos, model, tmp_path):
    table = tmp_path / "t.csv"
    assert moue("predict", photos, "-m", model, "--csv", table).returncode == 0
    with table.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert all(None not in row for row in rows)
