"""Opening and creating the file of a catalog."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest

from full_disk import NO_LIMIT, full_disk
from moue.errors import CatalogError
from moue.workspace.catalog import Catalog
from moue.workspace.schema import VERSION
from rows import sample


def test_an_old_catalog_is_refused_and_unchanged(tmp_path):
    path = tmp_path / "catalog.db"
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE samples (id INTEGER PRIMARY KEY)")
        db.execute("PRAGMA user_version = 1")
        db.commit()
    before = path.read_bytes()
    for reading in (True, False):
        with pytest.raises(CatalogError, match=f"version 1, but moue needs {VERSION}") as refused:
            Catalog(path, reading=reading)
        assert "\n" not in str(refused.value)
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["catalog.db"]


def test_concurrent_creation_gives_one_catalog(tmp_path):
    script = "import sys; from pathlib import Path; from moue.workspace.catalog import Catalog; "
    script += "sys.stdin.read(); Catalog(Path(sys.argv[1]), create=True).close()"
    for number in range(3):
        path = tmp_path / str(number) / "catalog.db"
        path.parent.mkdir()
        makers = [
            subprocess.Popen(
                [sys.executable, "-c", script, str(path)],
                stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            )
            for _ in range(4)
        ]  # fmt: skip
        for maker in makers:
            maker.stdin.close()
        for maker in makers:
            with maker:
                assert maker.wait() == 0, maker.stderr.read()
        with Catalog(path) as catalog:
            assert catalog.add_samples([sample("a")]) == 1


@NO_LIMIT
@pytest.mark.parametrize("size", [0, 4096, 40_000, 130_000])
def test_on_a_full_disk_no_catalog_appears(size, tmp_path):
    path = tmp_path / "catalog.db"
    with full_disk(size), pytest.raises(CatalogError, match="check the free disk space"):
        Catalog(path, create=True)
    assert list(tmp_path.iterdir()) == []
    with Catalog(path, create=True) as catalog:
        assert catalog.is_intact()


def test_a_missing_catalog_is_an_error_with_advice(tmp_path):
    with pytest.raises(CatalogError, match="moue init"):
        Catalog(tmp_path / "catalog.db")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "content", [b"no database at all, but some text " * 40, b"SQLite format 3\0" + b"\xff" * 500]
)
def test_a_file_of_another_format_is_refused_and_kept(tmp_path, content):
    path = tmp_path / "catalog.db"
    path.write_bytes(content)
    with pytest.raises(CatalogError, match=r"catalog\.db"):
        Catalog(path)
    assert path.read_bytes() == content


def test_a_folder_is_refused_as_catalog(tmp_path):
    (tmp_path / "catalog.db").mkdir()
    with pytest.raises(CatalogError, match="cannot be opened"):
        Catalog(tmp_path / "catalog.db")


def test_the_database_of_another_program_is_unchanged(tmp_path):
    path = tmp_path / "catalog.db"
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE recipes (name)")
    before = path.read_bytes()
    with pytest.raises(CatalogError, match="is not a moue catalog"):
        Catalog(path, create=True)
    assert path.read_bytes() == before


@pytest.mark.parametrize("version", [VERSION + 1, 77])
def test_another_version_is_refused(workspace, version):
    path = workspace.root / "catalog.db"
    with closing(sqlite3.connect(path)) as db:
        db.execute(f"PRAGMA user_version = {version}")
    with pytest.raises(CatalogError, match=f"version {version}"):
        Catalog(path)
