"""A catalog that was damaged ends in one CatalogError, whatever is asked of it."""

from __future__ import annotations

import random
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from moue.dataset.collect_history import collect_calls
from moue.dataset.split import SplitSettings, split
from moue.errors import CatalogError
from moue.workspace.catalog import Catalog, Decision
from moue.workspace.stage_rows import pending_rows
from moue.workspace.types import Mouth, Sample
from moue.workspace.workspace import Workspace


def filled(workspace: Workspace) -> Path:
    path = workspace.root / "catalog.db"
    with Catalog(path) as catalog:
        samples = [
            Sample(name=f"s{i}", source=f"/photos/{i}.jpg", sha256=f"{i:064d}", original=f"{i}.jpg")
            for i in range(300)
        ]
        catalog.add_samples(samples)
        for i in range(300):
            catalog.put_mouths(f"s{i}", [Mouth(name=f"s{i}", sample=f"s{i}", face=0, width=40)])
        catalog.decide([Decision(f"s{i}", "label", None, "smile", "user") for i in range(300)])
        catalog.mark_done("convert", "k", [f"s{i}" for i in range(300)])
    return path


def use(path: Path) -> None:
    """Ask for all that commands ask for, and write."""
    with Catalog(path) as catalog:
        list(catalog.samples())
        list(catalog.mouths_in_use())
        list(catalog.decisions())
        catalog.count("samples", "dropped")
        list(pending_rows(catalog, "convert", "k", ("name", "original"))[1])
        catalog.update_sample("s7", detail="x")
        catalog.decide([Decision("s7", "label", None, "open", "user")])


def test_random_damage_is_a_catalog_error(workspace):
    path = filled(workspace)
    whole = path.read_bytes()
    rng = random.Random(5)
    refused = 0
    for number in range(100):
        data = bytearray(whole)
        for _ in range(rng.choice((1, 5, 60))):
            start = rng.randrange(len(data))
            length = rng.choice((1, 16, 4096))
            data[start : start + length] = rng.randbytes(len(data[start : start + length]))
        if number % 5 == 0:
            del data[rng.randrange(len(data)) :]
        for beside in path.parent.glob("catalog.db*"):
            beside.unlink()
        path.write_bytes(data)
        try:
            use(path)
        except CatalogError:
            refused += 1
    assert refused > 15


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("tags", "{"), ("tags", "[]"), ("tags", '{"a": 1}'), ("tags", "[" * 100_000),
        ("scores", "null"), ("scores", '{"a": "b"}'), ("scores", '{"a": NaN}'),
        ("faces", "[1]"), ("faces", '[{"box": [1]}]'), ("faces", "{}x"),
        ("faces", '[{"box": [1], "score": 1, "lips": [1], "mouth_box": [1]}]'),
        ("width", "wide"), ("phash", "x"), ("dropped", "no such reason"), ("source", 5),
    ],
)  # fmt: skip
def test_a_damaged_value_is_named_with_its_row(workspace, column: str, value: object):
    path = filled(workspace)
    with closing(sqlite3.connect(path)) as db, db:
        db.execute(f"UPDATE samples SET {column} = ? WHERE name = 's7'", [value])
    if column == "source":  # the column makes text of it
        use(path)
        return
    with pytest.raises(CatalogError, match="row of the picture s7"), Catalog(path) as catalog:
        list(catalog.samples())


def test_a_mouth_without_its_picture_is_named(workspace):
    path = filled(workspace)
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("UPDATE mouths SET sample = 'lost', split = 'val' WHERE name = 's7'")
        db.execute("UPDATE mouths SET label = 'smile'")
    message = r"row of the mouth s7 \(its picture lost is missing\)"
    with pytest.raises(CatalogError, match=message), Catalog(path) as catalog:
        split(catalog, SplitSettings())


@pytest.mark.parametrize("value", ["{", "5", "[]", '{"sources": [1], "flags": [], "labels": ""}'])
def test_a_damaged_collect_call_is_named(workspace, value: str):
    path = filled(workspace)
    with Catalog(path) as catalog:
        catalog.decide([Decision("workspace", "collected", None, value, "user")])
        with pytest.raises(CatalogError, match="row of the decision on workspace"):
            list(collect_calls(catalog))


def test_a_missing_table_is_a_catalog_error(workspace):
    path = filled(workspace)
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("DROP TABLE steps")
    with pytest.raises(CatalogError, match=r"catalog\.db: the file is damaged"):
        use(path)


def test_text_that_is_not_utf8_is_stored_unchanged(workspace):
    path = filled(workspace)
    odd = "/photos/caf\udce9.jpg"
    with Catalog(path) as catalog:
        catalog.update_sample("s7", source=odd, detail=odd)
        catalog.decide([Decision("s7", "source", None, odd, "user", odd)])
        (found,) = catalog.samples(source=odd)
        assert (found.name, found.source, found.detail) == ("s7", odd, odd)
        assert [d.why for d in catalog.decisions("s7")][-1] == odd
        assert catalog.count("samples", "source", name="s7") == {odd: 1}


def test_a_full_disk_is_not_called_damage(workspace):
    """A real limit on the size of a file stands for the disk."""
    workspace.create("")
    script = f"""
import resource, signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
from moue.cli import main
resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, resource.RLIM_INFINITY))
for command in (["clean"], ["info"], ["forget", "--yes", "a"]):
    assert main([*command, "-w", {str(workspace.root)!r}]) == 1
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    lines = done.stderr.splitlines()
    assert len(lines) == 3, lines
    for line in lines:
        assert "the disk may be full: free some space and try again" in line
        assert "damaged" not in line
