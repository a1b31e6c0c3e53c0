from __future__ import annotations

import sqlite3
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moue.errors import CatalogError
from moue.workspace.catalog import Catalog, Decision
from moue.workspace.stage_rows import pending_rows
from moue.workspace.types import USER, Mouth
from rows import add, dropped, face, get, mouth, sample


@pytest.mark.parametrize("name", ["../../up", "a/b", "a\\b", "..", ".", "", "c:x"])
def test_an_invalid_sample_name_is_refused(catalog, name):
    catalog.add_samples([sample("a")])
    catalog.execute("UPDATE samples SET name = ?", [name])
    with pytest.raises(CatalogError, match="is not a valid file name"):
        list(catalog.samples())


@pytest.mark.parametrize("field", ["name", "label", "split"])
def test_an_invalid_mouth_name_is_refused(catalog, field):
    add(catalog, sample("a"))
    catalog.execute(f"UPDATE mouths SET {field} = '../up'")
    with pytest.raises(CatalogError, match="is not a valid file name"):
        list(catalog.mouths())


def test_a_stored_sample_is_read_back_unchanged(catalog):
    whole = sample(
        "图-1", tags={"光": "暗"}, scores={"face_px": 12.5}, subject="安娜", group="g",
        phash=(1 << 64) - 1, mouth_phash=1 << 63, dropped="blurry", detail="dim", decided_by="x",
    )  # fmt: skip
    bare = sample("b", faces=None, scores={}, phash=None, mouth_phash=None, width=None)
    nobody = sample("c", faces=())
    catalog.add_samples([whole, bare, nobody])
    found = {one.name: one for one in catalog.samples()}
    assert list(found) == ["图-1", "b", "c"]
    for one in (whole, bare, nobody):
        back = found[one.name]
        assert [
            getattr(back, f) for f in ("tags", "scores", "phash", "mouth_phash", "subject")
        ] == [getattr(one, f) for f in ("tags", "scores", "phash", "mouth_phash", "subject")]
    assert found["b"].faces is None
    assert found["c"].faces == ()
    (back,) = found["图-1"].faces
    assert np.allclose(back.mouth_box, face().mouth_box, atol=0.06)


@settings(max_examples=30)
@given(st.lists(st.integers(0, (1 << 64) - 1), min_size=1, max_size=5))
def test_every_hash_of_64_bits_is_kept(tmp_path_factory, hashes):
    with Catalog(tmp_path_factory.mktemp("c") / "catalog.db", create=True) as catalog:
        catalog.add_samples(sample(str(i), phash=h) for i, h in enumerate(hashes))
        assert [one.phash for one in catalog.samples()] == hashes
        catalog.update_sample("0", mouth_phash=hashes[-1])
        assert get(catalog, "0").mouth_phash == hashes[-1]


def test_landmarks_are_stored_to_a_tenth_of_a_pixel(catalog):
    points = np.random.default_rng(0).random((68, 2)).astype(np.float32) * 1000
    one = face()
    with_points = type(one)(one.box, one.score, points, one.lips, one.mouth_box)
    catalog.add_samples([sample("a", faces=(with_points,))])
    (back,) = get(catalog, "a").faces
    assert np.abs(back.landmarks - points).max() <= 0.051
    assert back.landmarks.dtype == np.float32


def test_a_known_name_is_added_once(catalog):
    assert catalog.add_samples([sample("a"), sample("b"), sample("a", source="other")]) == 2
    assert catalog.add_samples([sample("b"), sample("c")]) == 1
    assert get(catalog, "a").source == "/raw/a.jpg"


def test_an_invalid_row_is_an_error(catalog):
    with pytest.raises((sqlite3.IntegrityError, CatalogError), match="NOT NULL"):
        catalog.add_samples([sample("a", source=None)])


def test_a_failed_transaction_changes_nothing(catalog):
    catalog.add_samples([sample("a")])

    def half_way():
        with catalog.transaction():
            catalog.add_samples([sample("b")])
            catalog.update_sample("a", dropped="dark")
            with catalog.transaction():
                catalog.decide([Decision("a", "dropped", None, "dark", "clean")])
            raise KeyError("in the middle")

    with pytest.raises(KeyError, match="in the middle"):
        half_way()
    assert dropped(catalog) == {"a": None}
    assert list(catalog.decisions()) == []
    with catalog.transaction():
        catalog.update_sample("a", dropped="dark")
    assert dropped(catalog) == {"a": "dark"}


def test_an_interrupt_rolls_back_too(catalog):
    def interrupted():
        with catalog.transaction():
            catalog.add_samples([sample("a")])
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert list(catalog.samples()) == []


def test_a_killed_transaction_changes_nothing(workspace):
    path = workspace.root / "catalog.db"
    with Catalog(path) as catalog:
        catalog.add_samples([sample("a")])
    script = f"""
import os, signal
from pathlib import Path
from moue.workspace.catalog import Catalog
catalog = Catalog(Path({str(path)!r}))
with catalog.transaction():
    catalog.update_sample("a", dropped="dark")
    os.kill(os.getpid(), signal.SIGKILL)
"""
    assert subprocess.run([sys.executable, "-c", script]).returncode == -9
    with Catalog(path) as catalog:
        assert dropped(catalog) == {"a": None}


def test_a_full_disk_ends_a_transaction_with_its_own_error(workspace):
    """A real limit on the size of files stands for the full disk."""
    script = f"""
import resource, signal, sqlite3, sys
sys.path.insert(0, {sys.path[0]!r})
from pathlib import Path
from moue.workspace.catalog import Catalog
from moue.workspace.catalog import Decision
from moue.errors import CatalogError
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
catalog = Catalog(Path({str(workspace.root / "catalog.db")!r}))
catalog.decide([Decision("a", "label", None, "first", "user")])
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
try:
    with catalog.transaction():
        catalog.decide(Decision("a", "label", None, "x" * 1000, "user") for _ in range(20_000))
except CatalogError as error:
    print("told:", error)
print([d.value for d in catalog.decisions()])
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    told, kept = done.stdout.splitlines()
    assert told.startswith("told: ")
    assert "no transaction" not in told
    assert kept == "['first']"
    with workspace.reading() as catalog:
        assert [d.value for d in catalog.decisions()] == ["first"]


def test_decisions_keep_their_order(catalog):
    first = Decision("a", "dropped", None, "dark", "clean", "why")
    catalog.decide([first])
    before = list(catalog.decisions())
    second = Decision("b", "label", None, "smile", USER)
    catalog.decide([second, Decision("a", "label", "smile", None, "csv")])
    after = list(catalog.decisions())
    assert after[:1] == before
    assert [d.name for d in after] == ["a", "b", "a"]
    assert [d.field for d in catalog.decisions("a")] == ["dropped", "label"]
    assert after[0].at.endswith("+00:00")


def test_rows_can_be_written_during_iteration(catalog):
    catalog.add_samples(sample(f"{i:04d}", faces=()) for i in range(2500))
    seen = []
    with catalog.transaction():
        for one in catalog.samples("dropped IS NULL"):
            catalog.update_sample(one.name, dropped="no_face")
            seen.append(one.name)
    assert seen == [f"{i:04d}" for i in range(2500)]
    assert catalog.count("samples", "dropped") == {"no_face": 2500}


def test_two_iterations_are_independent(catalog):
    catalog.add_samples(sample(f"{i}", faces=()) for i in range(1200))
    pairs = sum(1 for a, b in zip(catalog.samples(), catalog.samples(), strict=True) if a == b)
    assert pairs == 1200


def test_reading_continues_during_a_write(workspace, catalog):
    catalog.add_samples([sample("a")])
    with catalog.transaction(), workspace.reading() as reader:
        catalog.add_samples([sample("b")])
        assert list(dropped(reader)) == ["a"]
    with workspace.reading() as reader:
        assert list(dropped(reader)) == ["a", "b"]


def test_pending_depends_on_the_settings(catalog):
    catalog.add_samples([sample("a"), sample("b"), sample("c", dropped="dark")])

    def todo(key, where="1"):
        count, found = pending_rows(catalog, "crop", key, ("name",), where)
        names = [name for (name,) in found]
        assert count == len(names)
        return names

    assert todo("k1") == ["a", "b", "c"]
    catalog.mark_done("crop", "k1", ["b"])
    assert todo("k1") == ["a", "c"]
    assert todo("k1", "dropped IS NULL") == ["a"]
    assert todo("k2") == ["a", "b", "c"]
    assert catalog.is_done("crop", "k1", "b")
    catalog.mark_done("crop", "k2", ["b"])
    assert not catalog.is_done("crop", "k1", "b")
    catalog.mark_done("convert", "k1", ["b"])
    catalog.forget_steps("b")
    assert not catalog.is_done("convert", "k1", "b")
    assert todo("k2") == ["a", "b", "c"]


def test_pending_can_be_marked_done_during_iteration(catalog):
    catalog.add_samples(sample(f"{i:04d}", faces=()) for i in range(1500))
    _, found = pending_rows(catalog, "convert", "k", ("name",))
    for row in found:
        catalog.mark_done("convert", "k", row)
    assert pending_rows(catalog, "convert", "k", ("name",))[0] == 0


def test_decisions_on_a_mouth_survive_a_new_crop(catalog):
    add(catalog, sample("a", faces=(face(), face(90))))
    catalog.update_mouth("a", label="smile", label_by=USER)
    catalog.put_mouths("a", [Mouth(name="a", sample="a", face=0, width=99)])
    assert (mouth(catalog, "a").label, mouth(catalog, "a").width) == ("smile", 99)
    assert mouth(catalog, "a-face2").dropped == "no_face"
    catalog.put_mouths("a", [Mouth(name=n, sample="a", face=i, width=9)
                             for i, n in enumerate(["a", "a-face2"])])  # fmt: skip
    assert mouth(catalog, "a-face2").dropped is None
    assert [(d.old, d.value) for d in catalog.decisions("a-face2")] == [
        (None, "no_face"), ("no_face", None),
    ]  # fmt: skip


def test_a_user_decision_overrides_the_crop_stage(catalog):
    add(catalog, sample("a", faces=(face(), face(90))))
    catalog.update_mouth("a", dropped="by_hand", decided_by=USER)
    catalog.update_mouth("a-face2", dropped=None, decided_by=USER)
    catalog.put_mouths("a", [Mouth(name="a", sample="a", face=0, width=9)])
    assert mouth(catalog, "a").dropped == "by_hand"
    assert mouth(catalog, "a-face2").dropped is None


def test_a_mouth_in_use_has_a_picture_in_use(catalog):
    add(catalog, sample("a"), sample("b", dropped="dark"), sample("c", faces=(face(), face(90))))
    catalog.update_mouth("c-face2", dropped="by_hand")
    assert [m.name for m in catalog.mouths_in_use()] == ["a", "c"]
    assert [m.name for m in catalog.mouths_in_use(name=["c", "b"])] == ["c"]


def test_counts_are_sorted_most_frequent_first(catalog):
    catalog.add_samples(sample(f"{i}", dropped="dark" if i < 3 else None) for i in range(4))
    assert list(catalog.count("samples", "dropped").items()) == [("dark", 3), (None, 1)]
    assert catalog.count("samples", "kind", dropped="bright") == {}
