from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading

import pytest

from drawing import drawn, save
from moue.errors import CatalogError, ConfigError
from moue.files import replacing
from moue.workspace.workspace import Workspace
from rows import add, face, sample


def test_creating_a_workspace_again_keeps_everything(tmp_path):
    place = Workspace(tmp_path / "新" / "place")
    place.create("# mine")
    with place.locked() as (catalog, _):
        add(catalog, sample("a"))
    place.create("# another")
    assert place.settings.read_text() == "# mine"
    with place.reading() as catalog:
        assert [s.name for s in catalog.samples()] == ["a"]


def test_a_file_cannot_become_a_workspace(tmp_path):
    file = save(tmp_path / "a.png", drawn())
    with pytest.raises(ConfigError, match="is a file"):
        Workspace(file).create("")


def test_a_folder_without_a_workspace_is_an_error(tmp_path):
    place = Workspace(tmp_path)
    assert not place.exists
    with pytest.raises(CatalogError, match="moue init"), place.locked():
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_second_writer_is_a_one_line_error(workspace):
    with workspace.locked("clean"):
        holder = rf"another moue process \(pid {os.getpid()}, clean\) is using this workspace"
        second = pytest.raises(CatalogError, match=holder)
        with second as told, workspace.locked():
            pass
        assert "\n" not in str(told.value)
        with workspace.reading() as catalog:
            assert list(catalog.samples()) == []
    with workspace.locked():
        pass


def test_a_training_lock_excludes_only_trainings(workspace):
    best = workspace.runs / "001-fast" / "best.pt"
    with (
        workspace.locked("train") as (_, lock),
        workspace.training("train"),
        replacing(best) as half,
    ):
        half.write_bytes(b"being written")
        with lock.paused():
            with workspace.locked("evaluate") as (catalog, _):
                assert list(catalog.samples()) == []
            refused = pytest.raises(CatalogError, match=r"train\) is training")
            with workspace.locked(), refused, workspace.training("run"):
                pass
            assert half.exists()
        with pytest.raises(CatalogError, match="using this workspace"), workspace.locked():
            pass
    assert best.read_bytes() == b"being written"


def test_a_user_file_beside_the_lock_is_unchanged(workspace):
    mine = workspace.root / "lock.db-holder"
    mine.write_bytes(b"mine")
    with workspace.locked():
        pass
    assert mine.read_bytes() == b"mine"


def test_an_error_under_a_lock_is_not_a_lock_error(workspace):
    mine = pytest.raises(CatalogError, match="no such table: no_such")
    with mine, workspace.locked() as (catalog, _):
        catalog.count("no_such", "kind")
    with workspace.locked():
        pass


def test_an_impossible_lock_file_is_an_error(workspace):
    (workspace.root / "lock.db").write_bytes(b"not a database " * 100)
    with pytest.raises(CatalogError, match="not a database"), workspace.locked():
        pass


def test_a_killed_writer_releases_its_lock(workspace):
    half = workspace.parts / f".moue-{'0' * 32}.part"
    script = f"""
import os, signal, sys
from pathlib import Path
from moue.workspace.workspace import Workspace
with Workspace(Path({str(workspace.root)!r})).locked():
    half = Path({str(half)!r})
    half.parent.mkdir()
    half.write_bytes(b"half")
    print("at work", flush=True)
    sys.stdin.read()
"""
    writer = subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with writer:
        assert writer.stdout.readline() == "at work\n"
        with pytest.raises(CatalogError, match="another moue"), workspace.locked():
            pass
        assert half.exists()
        os.kill(writer.pid, signal.SIGKILL)
        writer.wait()
        with workspace.locked():
            assert not half.exists()


def test_hidden_user_files_stay(workspace):
    others = [
        workspace.root / ".mine.part",
        workspace.root / "raw" / ".film.mp4.3.part",
        workspace.images / ".draft.part",
    ]
    for path in others:
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"a download")
    with workspace.locked():
        pass
    assert all(path.exists() for path in others)


def test_moue_owns_only_the_files_it_writes(workspace):
    assert workspace.owns(workspace.images)
    assert workspace.owns(workspace.originals / "a.jpg")
    for other in (workspace.root, workspace.root / "raw", workspace.root / "images2", "/elsewhere"):
        assert not workspace.owns(workspace.root / other)


@pytest.fixture
def known(workspace, catalog):
    raw = workspace.root / "raw"
    add(
        catalog,
        sample("a-1f", source=str(raw / "a.jpg"), original=str(raw / "a.jpg"), dropped="replaced"),
        sample("a-2f", source=str(raw / "a.jpg"), faces=(face(), face(90))),
        sample("图_1-3f", source=str(raw / "图 1.png"), original="originals/图_1-3f.png"),
        sample("clip-4f", source=str(raw / "clip.mp4#t=1.000"), video=str(raw / "clip.mp4")),
    )
    return catalog


def test_a_picture_is_found_by_name_path_hash_and_url(workspace, known, monkeypatch):
    raw = workspace.root / "raw"
    raw.mkdir()
    monkeypatch.chdir(raw)
    for file in (
        "图_1-3f", "图 1.png", "./图 1.png", "../raw/图 1.png", str(raw / "图 1.png"),
        str(workspace.image("图_1-3f")), "../originals/图_1-3f.png",
    ):  # fmt: skip
        found, mouth = workspace.find(known, file)
        assert (found.name, mouth) == ("图_1-3f", None)
    assert workspace.find(known, "clip.mp4#t=1.000")[0].name == "clip-4f"


def test_a_mouth_is_found_by_crop_file_and_name(workspace, known):
    for file in (str(workspace.mouth("a-2f-face2")), "a-2f-face2_mouth", "a-2f-face2"):
        found, mouth = workspace.find(known, file)
        assert (found, mouth.name) == (None, "a-2f-face2")
    assert workspace.find(known, "a-2f_mouth.png")[1].name == "a-2f"
    assert workspace.find(known, "a-2f")[0].name == "a-2f"


def test_a_path_selects_the_current_content(workspace, known):
    assert workspace.find(known, str(workspace.root / "raw" / "a.jpg"))[0].name == "a-2f"
    assert workspace.find(known, "a-1f")[0].name == "a-1f"


def test_an_unknown_name_is_reported(workspace, known):
    with pytest.raises(CatalogError, match=r"b\.jpg: no picture or mouth in"):
        workspace.find(known, "b.jpg")


def test_a_unique_part_of_a_name_selects_a_picture(workspace, catalog):
    add(
        catalog,
        sample("anna-1f2e3d4c5b6a", source="/photos/one/anna.jpg"),
        sample("anna-9f2e3d4c5b6a", source="/photos/two/anna.jpg"),
        sample("ben-77aa00000000", source="/photos/one/ben.jpg", faces=(face(), face(90))),
    )
    for part, name in {
        "anna-1": "anna-1f2e3d4c5b6a", "1f2e": "anna-1f2e3d4c5b6a", "9": "anna-9f2e3d4c5b6a",
        "two/anna.jpg": "anna-9f2e3d4c5b6a", "b": "ben-77aa00000000", "77aa": "ben-77aa00000000",
        "ben.jpg": "ben-77aa00000000",
    }.items():  # fmt: skip
        assert workspace.find(catalog, part)[0].name == name
    for part in ("anna", "anna.jpg", "anna-"):
        with pytest.raises(
            CatalogError, match="matches anna-1f2e3d4c5b6a, anna-9f2e3d4c5b6a; type"
        ):
            workspace.find(catalog, part)
    assert workspace.find(catalog, "ben-77aa00000000-f")[1].name == "ben-77aa00000000-face2"
    for part in ("nna", "%", "_", "one"):
        with pytest.raises(CatalogError, match="no picture or mouth in"):
            workspace.find(catalog, part)


def test_an_existing_file_overrides_a_name_match(workspace, catalog, tmp_path, monkeypatch):
    add(catalog, sample("anna-1f2e3d4c5b6a", source="/photos/anna.jpg"))
    monkeypatch.chdir(tmp_path)
    assert workspace.find(catalog, "anna.jpg")[0] is not None
    (tmp_path / "anna.jpg").write_bytes(b"another one")
    with pytest.raises(CatalogError, match="no picture or mouth in"):
        workspace.find(catalog, "anna.jpg")


def test_a_command_waits_for_a_brief_holder_of_the_lock(workspace):
    held, free = threading.Event(), threading.Event()

    def hold():
        with workspace.editing():
            held.set()
            free.wait(10)

    holder = threading.Thread(target=hold)
    holder.start()
    held.wait(10)
    threading.Timer(0.3, free.set).start()
    with workspace.locked("clean"):
        assert free.is_set()
    holder.join()


def test_a_brief_holder_does_not_wait_for_a_command(workspace):
    with workspace.locked("clean"):
        lock = workspace.brief_lock()
        assert not lock.try_acquire()
        assert lock.holder() == (os.getpid(), "clean")
    assert lock.try_acquire()
    assert lock.holder() is None
    lock.release()


def test_the_note_of_a_killed_command_does_not_stand_for_a_brief_holder(workspace):
    note = workspace.root / "lock.db-holder"
    note.write_text('{"pid": 1, "command": "clean"}')
    lock = workspace.brief_lock()
    assert lock.try_acquire()
    assert not note.exists()
    lock.release()
    note.write_text("a file of the user")
    assert lock.try_acquire()
    lock.release()
    assert note.read_text() == "a file of the user"


def test_editing_leaves_part_files_alone(workspace):
    part = workspace.parts / f".moue-{'0' * 32}.part"
    part.parent.mkdir()
    part.touch()
    with workspace.editing() as catalog:
        catalog.add_samples([])
    assert part.exists()


def test_looking_for_a_workspace_keeps_the_locks_of_the_catalog(workspace):
    # A plain close of the file would release them, and the last writer elsewhere would delete the
    # log that this process still uses.
    other = (
        "import sys; from pathlib import Path; from moue.workspace.workspace import Workspace\n"
        "with Workspace(Path(sys.argv[1])).locked() as (catalog, _):\n"
        "    catalog.execute(\"INSERT INTO roots VALUES ('a')\")\n"
    )
    with workspace.reading() as catalog:
        catalog.total()
        assert workspace.exists
        subprocess.run([sys.executable, "-c", other, str(workspace.root)], check=True, timeout=60)
        log = workspace.root / "catalog.db-wal"
        assert log.exists()
        with workspace.locked() as (writing, _):
            writing.execute("INSERT INTO roots VALUES ('b')")
        assert sorted(row["path"] for row in catalog.execute("SELECT path FROM roots")) == [
            "a",
            "b",
        ]
