"""Packs that were changed, cut off or are no packs."""

from __future__ import annotations

import io
import tarfile

import pytest

from commands import call
from moue.errors import DataError
from moue.progress import Progress
from moue.workspace.unpack import unpack
from packs import replaced


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
