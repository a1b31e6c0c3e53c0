"""A whole workspace becomes one file, and the same workspace at another place."""

from __future__ import annotations

import io
import json
import os
import shutil
import sqlite3
import tarfile
from contextlib import closing
from hashlib import sha256

import pytest

from commands import call, is_killed
from drawing import drawn, save
from full_disk import NO_LIMIT, full_disk
from labelled_workspace import add_picture, fill, opened, values
from moue.errors import CatalogError, DataError, FileTaken
from moue.progress import Progress
from moue.workspace.catalog import Catalog
from moue.workspace.owned_files import put, wrote
from moue.workspace.unpack import unpack
from moue.workspace.workspace import Workspace
from moue.workspace.workspace_settings import WorkspaceSettings


@pytest.fixture
def work(tmp_path):
    """A workspace with files of all kinds, whose originals lie in another folder."""
    with opened(tmp_path / "work") as context:
        fill(context)
        original = save(tmp_path / "raw" / "照片.png", drawn(1))
        add_picture(
            context, "raw-0123456789ab", 7, [{"label": "pout", "split": "train"}],
            source=str(original), original=str(original),
        )  # fmt: skip
        put(context.catalog, context.workspace.runs / "001" / "model.onnx", b"model" * 1000)
        odd = os.fsdecode(os.fsencode(context.workspace.root) + b"/reports/caf\xe9.html")
        context.workspace.reports.mkdir()
        with open(odd, "wb") as file:  # noqa: PTH123  a name that is not UTF-8
            file.write(b"page")
        (context.workspace.root / "empty.txt").write_bytes(b"")
        locked = context.workspace.originals / "locked.jpg"
        locked.parent.mkdir(exist_ok=True)
        locked.write_bytes(b"copy")
        locked.chmod(0o444)
    return tmp_path / "work"


@pytest.fixture
def packed(work, tmp_path, capsys):
    """The pack of the workspace; the workspace and the originals are gone."""
    target = tmp_path / "work.moue"
    assert call("pack", target, "-w", work) == 0
    capsys.readouterr()
    return target


@NO_LIMIT
def test_a_full_disk_names_the_folder_and_leaves_nothing(packed, tmp_path, capsys):
    target = tmp_path / "新 工作区"
    with full_disk(3000):
        assert call("unpack", packed, target) == 1
    assert f"moue: {target}: File too large; raise the limit" in capsys.readouterr().err
    assert not any("unpack" in path.name for path in tmp_path.iterdir())
    assert not target.exists()


@pytest.mark.parametrize(
    ("pack", "target", "words"),
    [
        ("raw", "new", "raw is a folder; name the file that `moue pack` wrote"),
        ("gone", "new", "gone: No such file or directory; check the path"),
        ("work.moue", "work.moue", "work.moue is a file; name a new folder"),
        (
            "work.moue",
            "work.moue/new",
            "work.moue/new: Not a directory; choose a path whose folders are not files",
        ),
    ],
)
def test_a_wrong_path_is_named(packed, pack, target, words, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert call("unpack", pack, target) == 1
    assert words in capsys.readouterr().err


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


@pytest.mark.parametrize("name", ["runs/001/model.onnx", "images/012/raw-0123456789ab.jpg"])
def test_a_changed_byte_is_found_and_the_file_is_named(name, packed, tmp_path, capsys):
    with tarfile.open(packed) as tar:
        at = tar.getmember(f"workspace/{name}").offset_data
    data = bytearray(packed.read_bytes())
    data[at + 5] ^= 1
    packed.write_bytes(data)
    for arguments in ((tmp_path / "new",), ("--check",)):
        assert call("unpack", packed, *arguments) == 1
        assert f"is damaged: these files have changed: {name}" in capsys.readouterr().err
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("part", [0.2, 0.5, 0.9, 0.97])
def test_a_pack_that_was_cut_off_is_refused(part, packed, tmp_path):
    whole = packed.read_bytes()
    packed.write_bytes(whole[: int(part * whole.rfind(b'"sha256"'))])
    with pytest.raises(DataError, match=r"is damaged: (it ends|the data after|its list)"):
        unpack(packed, tmp_path / "new", Progress())
    assert sorted(path.name for path in tmp_path.iterdir()) == ["raw", "work", "work.moue"]


def test_every_changed_block_of_a_pack_is_found(packed, tmp_path):
    whole = packed.read_bytes()
    end = whole.rfind(b'"sha256"')
    for at in range(0, end, 7001):
        data = bytearray(whole)
        data[at] ^= 4
        packed.write_bytes(data)
        with tarfile.open(fileobj=io.BytesIO(whole)) as tar:
            padding = all(not one.offset <= at < one.offset_data + one.size for one in tar)
        try:
            unpack(packed, None, Progress())
        except DataError:
            continue
        changed = tarfile.open(packed)  # noqa: SIM115
        with changed, tarfile.open(fileobj=io.BytesIO(whole)) as tar:
            same = [a.name == b.name and changed.extractfile(a).read() == tar.extractfile(b).read()
                    for a, b in zip(changed, tar, strict=True)]  # fmt: skip
        assert padding or all(same)  # only times, owners and padding are not verified


def replaced(packed, change):
    """Write the pack again with other members."""
    with tarfile.open(packed) as tar:
        members = [(info, tar.extractfile(info).read()) for info in tar]
    with tarfile.open(packed, "w") as tar:
        for info, data in change(members):
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))


@pytest.mark.parametrize(
    "name",
    ["workspace/../../evil", "/etc/evil", "../evil", "workspace/a/../../../evil", "workspace//evil",
     "evil", "workspace/."],
)  # fmt: skip
def test_a_member_that_leads_out_of_the_folder_is_refused(name, packed, tmp_path):
    replaced(packed, lambda members: [members[0], (tarfile.TarInfo(name), b"x"), *members[1:]])
    with pytest.raises(DataError, match="is not a file of a workspace"):
        unpack(packed, tmp_path / "deep" / "new", Progress())
    assert not list(tmp_path.rglob("*evil*"))
    assert list((tmp_path / "deep").iterdir()) == []


def test_links_and_devices_in_a_pack_are_refused(packed, tmp_path):
    for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.DIRTYPE):
        info = tarfile.TarInfo("workspace/images")
        info.type, info.linkname = kind, str(tmp_path)
        copy = shutil.copy(packed, tmp_path / f"copy-{kind[0]}")
        with tarfile.open(copy) as tar:
            members = [(one, tar.extractfile(one).read()) for one in tar]
        with tarfile.open(copy, "w") as tar:
            tar.addfile(members[0][0], io.BytesIO(members[0][1]))
            tar.addfile(info)
        with pytest.raises(DataError, match="is not a file of a workspace"):
            unpack(tmp_path / f"copy-{kind[0]}", tmp_path / "new", Progress())


def test_a_missing_an_added_and_a_repeated_file_are_found(packed, tmp_path):
    whole = packed.read_bytes()
    extra = tarfile.TarInfo("workspace/extra")
    for change in (
        lambda members: [*members[:2], *members[3:]],
        lambda members: [*members[:2], (extra, b"x"), *members[2:]],
        lambda members: [*members, (extra, b"x")],
    ):
        packed.write_bytes(whole)
        replaced(packed, change)
        with pytest.raises(DataError):
            unpack(packed, tmp_path / "new", Progress())
        assert not (tmp_path / "new").exists()
    packed.write_bytes(whole)
    replaced(packed, lambda members: [*members[:3], members[2], *members[3:]])
    with pytest.raises(DataError, match="has more than one file "):
        unpack(packed, tmp_path / "new", Progress())


def test_a_file_that_is_also_a_folder_is_named(packed, tmp_path):
    one, other = tarfile.TarInfo("workspace/a"), tarfile.TarInfo("workspace/a/b")
    whole = packed.read_bytes()
    for pair in ((one, other), (other, one)):
        packed.write_bytes(whole)
        replaced(packed, lambda members, pair=pair: [
            members[0], *((info, b"x") for info in pair), *members[1:]])  # fmt: skip
        with pytest.raises(DataError, match="has more than one file a"):
            unpack(packed, tmp_path / "new", Progress())


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such names")
def test_names_with_characters_of_other_systems_come_back(work, tmp_path):
    names = ["notes: a.txt", "a\\..\\b.txt", "two\nlines.txt", "é 照片.txt"]
    for name in names:
        (work / name).write_text(name)
    assert call("pack", tmp_path / "p", "-w", work) == 0
    assert call("unpack", tmp_path / "p", tmp_path / "new") == 0
    assert [(tmp_path / "new" / name).read_text() for name in names] == names


@pytest.mark.parametrize("time", ["inf", "nan", "1e300", "-1e300", "9" * 30])
def test_an_impossible_time_of_a_file_is_ignored(time, packed, tmp_path):
    def change(members):
        members[1][0].pax_headers = {"mtime": time}
        members[1][0].mtime = 0
        return members

    replaced(packed, change)
    assert call("unpack", packed, tmp_path / "new") == 0


@pytest.mark.parametrize(
    "line",
    ['{"path": "a", "size": null, "sha256": "x"}', '{"path": "a", "size": 1e999, "sha256": "x"}',
     "[" * 200_000],
)  # fmt: skip
def test_a_damaged_list_of_files_is_refused(line, packed, tmp_path):
    replaced(packed, lambda members: [*members[:-1], (members[-1][0], line.encode() + b"\n")])
    with pytest.raises(DataError, match="its list of files cannot be read"):
        unpack(packed, tmp_path / "new", Progress())


def test_a_damaged_header_is_refused(packed, tmp_path):
    replaced(packed, lambda members: [(members[0][0], b"[" * 9000), *members[1:]])
    with pytest.raises(DataError, match="is not a packed workspace"):
        unpack(packed, tmp_path / "new", Progress())


def test_a_catalog_with_a_foreign_trigger_is_refused(packed, work, tmp_path, capsys):
    def hide(path):
        with closing(sqlite3.connect(path)) as db:
            db.execute(
                "CREATE TRIGGER hidden AFTER UPDATE ON samples BEGIN DELETE FROM mouths; END"
            )
            db.commit()

    def foreign(members):
        at = next(i for i, (info, _) in enumerate(members) if info.name.endswith("/catalog.db"))
        path = tmp_path / "catalog.db"
        path.write_bytes(members[at][1])
        hide(path)
        old, new = members[at][1], path.read_bytes()
        listed = members[-1][1].replace(sha(old), sha(new))
        listed = listed.replace(b'"size": %d' % len(old), b'"size": %d' % len(new))
        return [
            *members[:at],
            (members[at][0], new),
            *members[at + 1 : -1],
            (members[-1][0], listed),
        ]

    def sha(data):
        return sha256(data).hexdigest().encode()

    replaced(packed, foreign)
    with pytest.raises(DataError, match="triggers or views that moue did not create"):
        unpack(packed, tmp_path / "new", Progress())
    assert not (tmp_path / "new").exists()
    hide(work / "catalog.db")
    assert call("pack", tmp_path / "again", "-w", work) == 1
    assert "hidden" in capsys.readouterr().err
    assert not (tmp_path / "again").exists()


def test_a_member_with_holes_does_not_fill_the_disk(packed, tmp_path):
    def sparse(members):
        info = tarfile.TarInfo("workspace/huge")
        info.pax_headers = {
            "GNU.sparse.major": "0", "GNU.sparse.minor": "1", "GNU.sparse.map": "0,1",
            "GNU.sparse.size": str(1 << 50),
        }  # fmt: skip
        return [members[0], (info, b"x"), *members[1:]]

    replaced(packed, sparse)
    with pytest.raises(DataError, match="the member workspace/huge is not a file of a workspace"):
        unpack(packed, None, Progress())


def test_a_link_is_not_replaced_by_a_folder(packed, tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "empty")
    with pytest.raises(FileTaken, match="is a link; name the folder itself"):
        unpack(packed, tmp_path / "link", Progress())


def test_an_existing_file_is_refused_before_the_workspace_is_read(work, tmp_path, capsys):
    (tmp_path / "p").write_text("mine")
    assert call("pack", tmp_path / "p", "-w", work) == 1
    err = capsys.readouterr().err
    assert "already exists" in err
    assert "originals" not in err


@pytest.mark.parametrize("content", [b"", b"text" * 999, b"PK\x03\x04" + b"0" * 999])
def test_another_file_is_no_pack(content, tmp_path):
    (tmp_path / "x").write_bytes(content)
    with pytest.raises(DataError, match="is not a packed workspace"):
        unpack(tmp_path / "x", tmp_path / "new", Progress())


def test_a_pack_of_a_later_version_is_refused(packed, tmp_path):
    def later(members):
        return [(members[0][0], members[0][1].replace(b'"version": 1', b'"version": 9')),
                *members[1:]]  # fmt: skip

    replaced(packed, later)
    with pytest.raises(DataError, match="has version 9, but this moue reads 1"):
        unpack(packed, tmp_path / "new", Progress())


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


@pytest.mark.slow
def test_a_killed_unpacking_leaves_no_workspace_and_can_be_repeated(packed, tmp_path):
    target = tmp_path / "new"
    assert is_killed(12, "unpack", packed, target)
    assert not target.exists()
    assert call("unpack", packed, target) == 0
    assert not list(tmp_path.glob(".*"))
    with pytest.raises(CatalogError), Workspace(tmp_path).reading():
        pass


def test_the_arguments_of_unpack_are_checked(packed, tmp_path, capsys):
    assert call("unpack", packed) == 2
    assert call("unpack", packed, tmp_path / "new", "--check") == 2
    capsys.readouterr()
    assert call("unpack", packed, "--check", "--json") == 0
    assert json.loads(capsys.readouterr().out)["files"] > 20
