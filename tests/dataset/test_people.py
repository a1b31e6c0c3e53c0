"""Suggested people: from the pictures to a CSV file that a person confirms."""

import csv
import json
import shutil
from importlib.resources import files

import pytest

from moue.cli import main
from moue.face import embedding
from moue.workspace.workspace import Workspace

PICTURES = files("moue") / "demo" / "pictures"
NAMES = [f"face-{n}-{label}" for n in ("002", "015", "022") for label in ("none", "open", "smile")]
needs_dlib = pytest.mark.skipif(not embedding.available(), reason="no dlib")


def call(*arguments):
    workers = ("--workers", 1) if arguments[0] in ("convert", "clean", "crop", "people") else ()
    return main([str(a) for a in (*arguments, *workers)])


@pytest.fixture
def root(tmp_path):
    raw = tmp_path / "my raw"
    raw.mkdir()
    for name in NAMES:
        shutil.copy(PICTURES / f"{name}.jpg", raw)
    place = tmp_path / "my work"
    for command in (("collect", raw), ("convert",), ("clean",)):
        assert call(*command, "-w", place) == 0
    return place


def table(root):
    with (root / "reports" / "people" / "people.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def stem(path):
    return path.rpartition("/")[2].removesuffix(".jpg")


def persons(root):
    with Workspace(root).reading() as catalog:
        return {stem(one.source): one.subject for one in catalog.samples()}


@needs_dlib
def test_pictures_of_one_person_are_suggested_and_confirmed(root, capsys):
    capsys.readouterr()
    assert call("people", "-w", root) == 0
    told = capsys.readouterr().out
    assert "moue label --csv" in told
    rows = table(root)
    groups = {}
    for row in rows:
        groups.setdefault(row["subject"], []).append(stem(row["file"])[:8])
    assert all(len(set(one)) == 1 and len(one) > 1 for one in groups.values())
    assert len(rows) >= 6
    sizes = [len(one) for one in groups.values()]
    assert sizes == sorted(sizes, reverse=True)
    assert all(0.4 < float(row["similarity"]) <= 1 for row in rows)
    assert (root / "reports" / "people" / "people-01.jpg").is_file()
    assert set(persons(root).values()) == {None}, "a suggestion changes nothing"

    assert call("label", "--csv", root / "reports" / "people" / "people.csv", "-w", root) == 0
    known = persons(root)
    assert {name: person for name, person in known.items() if person} == {
        stem(row["file"]): row["subject"] for row in rows
    }
    with Workspace(root).reading() as catalog:
        assert not any(one.tags for one in catalog.samples())
    assert call("people", "-w", root) == 0
    assert persons(root) == known


@needs_dlib
def test_a_known_subject_names_its_group(root, tmp_path):
    mine = tmp_path / "mine.csv"
    mine.write_text("file,subject\nface-002-none.jpg,Anna\n", encoding="utf-8")
    assert call("label", "--csv", mine, "-w", root) == 0
    assert call("people", "-w", root) == 0
    named = {stem(row["file"]): row["subject"] for row in table(root)}
    assert named["face-002-none"] == "Anna"
    assert {p for n, p in named.items() if n.startswith("face-002")} == {"Anna"}
    assert {p for n, p in named.items() if not n.startswith("face-002")}.isdisjoint({"Anna"})


@needs_dlib
def test_an_edited_table_stops_the_command_and_is_kept(root, capsys):
    assert call("people", "-w", root) == 0
    place = root / "reports" / "people" / "people.csv"
    place.write_text("file,subject\nface-002-none.jpg,Anna\n", encoding="utf-8")
    capsys.readouterr()
    assert call("people", "-w", root) == 1
    assert "has changed since moue wrote it" in capsys.readouterr().err
    assert place.read_text(encoding="utf-8").endswith("Anna\n")


@needs_dlib
def test_no_embedding_is_kept_in_the_workspace(root):
    assert call("people", "-w", root) == 0
    made = sorted(path.name for path in (root / "reports").rglob("*") if path.is_file())
    assert [name for name in made if name.startswith("people")] == ["people-01.jpg", "people.csv"]
    with Workspace(root).reading() as catalog:
        tables = {row["name"] for row in catalog.execute("SELECT name FROM sqlite_master")}
        columns = {row["name"] for row in catalog.execute("PRAGMA table_info(samples)")}
    assert not {name for name in tables | columns if "embed" in name}


@needs_dlib
def test_a_lost_picture_is_reported_and_skipped(root, capsys):
    with Workspace(root).reading() as catalog:
        (one,) = [s for s in catalog.samples() if "face-015-none" in s.source]
    Workspace(root).image(one.name).unlink()
    capsys.readouterr()
    assert call("people", "-w", root, "--json") == 0
    told = capsys.readouterr()
    assert f"{one.name}.jpg" in told.err
    assert json.loads(told.out)["done"] == len(NAMES) - 1


@needs_dlib
def test_an_empty_workspace_has_no_people(tmp_path, capsys):
    assert call("init", "-w", tmp_path / "w") == 0
    assert call("people", "-w", tmp_path / "w") == 0
    assert "no two pictures have similar faces" in capsys.readouterr().out
    assert not (tmp_path / "w" / "reports" / "people").exists()


def test_missing_dlib_is_an_error_with_advice(root, capsys, monkeypatch, tmp_path):
    monkeypatch.setattr(embedding, "model_folder", lambda: tmp_path / "none")
    embedding.embedder.cache_clear()
    capsys.readouterr()
    assert call("people", "-w", root) == 1
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert "needs the extra 'dlib'" in line
