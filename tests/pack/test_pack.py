"""A whole workspace becomes one file, and the same workspace at another place."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3

import pytest

from commands import call
from drawing import drawn, save
from labelled_workspace import opened, values
from moue.errors import FileTaken
from moue.progress import Progress
from moue.workspace.catalog import Catalog
from moue.workspace.owned_files import put
from moue.workspace.recorded_files import wrote
from moue.workspace.unpack import unpack
from moue.workspace.workspace import Workspace
from moue.workspace.workspace_settings import WorkspaceSettings


def files(folder):
    return {
        path.relative_to(folder).as_posix(): (path.read_bytes(), path.stat().st_mode)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and ".db" not in path.name
    }


def test_the_workspace_is_the_same_at_another_place(work, packed, tmp_path, capsys):
    before = files(work)
    with opened(work) as context:
        rows = values(context, "picture")
    shutil.rmtree(work)
    shutil.rmtree(tmp_path / "raw")
    assert call("unpack", packed, tmp_path / "other" / "place") == 0
    assert "all are intact" in capsys.readouterr().out
    place = tmp_path / "other" / "place"
    after = files(place)
    assert after.pop("originals/012/raw-0123456789ab.png")[0].startswith(b"\x89PNG")
    assert after == before
    with opened(place) as context:
        assert values(context, "picture") == rows
        sample = context.catalog.sample("raw-0123456789ab")
        assert sample.source.endswith("照片.png")
        assert wrote(context.catalog, context.workspace.original(sample))
    assert not [path for path in place.parent.iterdir() if path != place]
    assert call("info", "-w", place) == 0


def test_the_database_of_the_pack_keeps_its_form(work, packed, tmp_path):
    unpack(packed, tmp_path / "new", Progress())
    with sqlite3.connect(tmp_path / "new" / "catalog.db") as database:
        assert database.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    database.close()
    with Catalog(work / "catalog.db") as old, Catalog(tmp_path / "new" / "catalog.db") as new:
        for table in ("mouths", "decisions", "origins", "steps", "edits", "fetches"):
            sql = f"SELECT * FROM {table}"
            assert list(map(tuple, old.execute(sql))) == list(map(tuple, new.execute(sql)))


def test_a_pack_without_originals_leaves_them_where_they_are(work, tmp_path):
    assert call("pack", tmp_path / "p", "-w", work, "--without-originals") == 0
    unpack(tmp_path / "p", tmp_path / "new", Progress())
    with Workspace(tmp_path / "new").reading() as catalog:
        assert catalog.sample("raw-0123456789ab").original.endswith("raw/照片.png")


def test_missing_and_changed_originals_are_told(work, tmp_path, capsys):
    save(tmp_path / "raw" / "照片.png", drawn(2))
    assert call("pack", tmp_path / "p", "-w", work) == 0
    out = capsys.readouterr().out
    assert "1 originals have changed" in out
    assert "6 originals do not exist any more" in out
    (tmp_path / "raw" / "照片.png").unlink()
    assert call("pack", tmp_path / "q", "-w", work, "--json") == 0
    counts = json.loads(capsys.readouterr().out)
    assert (counts["originals"], counts["missing"]) == (0, 7)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such names")
def test_names_with_characters_of_other_systems_come_back(work, tmp_path):
    names = ["notes: a.txt", "a\\..\\b.txt", "two\nlines.txt", "é 照片.txt"]
    for name in names:
        (work / name).write_text(name)
    assert call("pack", tmp_path / "p", "-w", work) == 0
    assert call("unpack", tmp_path / "p", tmp_path / "new") == 0
    assert [(tmp_path / "new" / name).read_text() for name in names] == names


def test_an_existing_file_is_refused_before_the_workspace_is_read(work, tmp_path, capsys):
    (tmp_path / "p").write_text("mine")
    assert call("pack", tmp_path / "p", "-w", work) == 1
    err = capsys.readouterr().err
    assert "already exists" in err
    assert "originals" not in err


def test_existing_files_are_never_replaced(work, packed, tmp_path, capsys):
    place = tmp_path / "mine"
    place.mkdir()
    (place / "file").write_text("mine")
    with pytest.raises(FileTaken):
        unpack(packed, place, Progress())
    assert (place / "file").read_text() == "mine"
    before = packed.read_bytes()
    (work / "empty.txt").write_text("now it has a text")
    assert call("pack", packed, "-w", work) == 1
    assert packed.read_bytes() == before
    assert call("pack", packed, "-w", work, "--overwrite") == 0
    assert call("pack", work / "inside", "-w", work) == 1
    assert "lies in the workspace" in capsys.readouterr().err


def test_a_workspace_in_use_is_not_packed(work, tmp_path, capsys):
    with Workspace(work).locked("crop"):
        assert call("pack", tmp_path / "p", "-w", work) == 1
    assert "another moue process" in capsys.readouterr().err
    with Workspace(work).training("train"):
        assert call("pack", tmp_path / "p", "-w", work) == 1
    assert "is training" in capsys.readouterr().err
    assert not (tmp_path / "p").exists()


def test_pictures_in_a_store_are_packed(tmp_path):
    assert call("init", "-w", tmp_path / "work", "--store", tmp_path / "store") == 0
    settings = WorkspaceSettings(store=str(tmp_path / "store"))
    place = Workspace(tmp_path / "work").with_settings(settings)
    with place.locked() as (catalog, _):
        put(catalog, place.images / "a.jpg", b"picture")
    assert call("pack", tmp_path / "p", "-w", place.root) == 0
    unpack(tmp_path / "p", tmp_path / "new", Progress())
    assert (tmp_path / "new" / "images" / "a.jpg").read_bytes() == b"picture"
    assert 'store = "" ' not in (tmp_path / "new" / "moue.toml").read_text(encoding="utf-8")
    assert call("convert", "-w", tmp_path / "new") == 0
