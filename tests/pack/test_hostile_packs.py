"""Packs that would write elsewhere, fill the disk or run foreign code."""

from __future__ import annotations

import io
import shutil
import sqlite3
import tarfile
from contextlib import closing
from hashlib import sha256

import pytest

from commands import call
from moue.errors import DataError
from moue.progress import Progress
from moue.workspace.unpack import unpack
from packs import replaced


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


def test_a_file_that_is_also_a_folder_is_named(packed, tmp_path):
    one, other = tarfile.TarInfo("workspace/a"), tarfile.TarInfo("workspace/a/b")
    whole = packed.read_bytes()
    for pair in ((one, other), (other, one)):
        packed.write_bytes(whole)
        replaced(packed, lambda members, pair=pair: [
            members[0], *((info, b"x") for info in pair), *members[1:]])  # fmt: skip
        with pytest.raises(DataError, match="has more than one file a"):
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
