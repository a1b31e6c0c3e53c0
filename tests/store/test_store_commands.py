"""Commands on a workspace whose pictures are in an object store, and the check of the store."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from cluster.outcome import files
from commands import call
from drawing import drawn, save
from moue.workspace.network_disk import network_type
from moue.workspace.workspace import Workspace


@pytest.fixture
def raw(tmp_path):
    for number in range(3):
        save(tmp_path / "raw" / f"{number}.png", drawn(number, 60, 80))
    return tmp_path / "raw"


def fill(workspace, raw):
    for command in (("collect", raw, "--copy"), ("convert", "--workers", "1")):
        assert call(*command, "-w", workspace) == 0


@pytest.fixture
def work(s3, bucket, raw, tmp_path):
    """A workspace whose pictures are in the object store."""
    assert call("init", "-w", tmp_path / "w", "--store", f"s3://{bucket}/project") == 0
    fill(tmp_path / "w", raw)
    return tmp_path / "w"


def test_a_pack_contains_the_objects(work, s3, tmp_path):
    assert call("pack", tmp_path / "all.moue", "-w", work) == 0
    assert call("unpack", tmp_path / "all.moue", tmp_path / "new") == 0
    assert len(files(tmp_path / "new")) == 6
    assert not [path for _, path in s3.requests if "list-type" in path]
    s3.requests.clear()
    assert call("convert", "-w", tmp_path / "new") == 0
    assert s3.requests == []


def test_forgetting_deletes_the_objects(work, s3, bucket):
    with Workspace(work).reading() as catalog:
        name = next(catalog.samples()).name
    assert call("forget", name, "-w", work, "--why", "asked", "--yes") == 0
    keys = [one["Key"] for one in s3.client().list_objects_v2(Bucket=bucket)["Contents"]]
    assert len([key for key in keys if key.endswith((".png", ".jpg"))]) == 4
    assert not [key for key in keys if name in key]


def test_a_store_has_one_workspace(work, bucket, raw, tmp_path, capsys):
    assert call("init", "-w", tmp_path / "other", "--store", f"s3://{bucket}/project") == 1
    assert "of another workspace" in capsys.readouterr().err


def test_a_missing_bucket_is_one_line(s3, tmp_path, capsys):
    assert call("init", "-w", tmp_path / "w", "--store", "s3://no-such-bucket-at-all/a") == 1
    error = capsys.readouterr().err
    assert "the bucket no-such-bucket-at-all does not exist" in error
    assert "Traceback" not in error


def test_a_refusal_in_a_worker_stops_the_command(work, s3, raw, capsys):
    save(raw / "new.png", drawn(9, 60, 80))
    assert call("collect", raw, "-w", work) == 0
    s3.refused = lambda method, path: 403 if method == "PUT" else None
    assert call("convert", "-w", work, "--workers", "2") == 1
    error = capsys.readouterr().err
    assert "the store refuses access" in error
    assert "Traceback" not in error
    s3.refused = lambda method, path: None
    assert call("convert", "-w", work, "--workers", "1") == 0


def test_another_store_needs_the_pictures(work, s3, bucket, tmp_path, capsys):
    toml = work / "moue.toml"
    text = toml.read_text(encoding="utf-8")
    toml.write_text(text.replace("/project", "/elsewhere"), encoding="utf-8")
    assert call("convert", "-w", work) == 1
    assert "is missing there" in capsys.readouterr().err
    client = s3.client()
    for one in client.list_objects_v2(Bucket=bucket)["Contents"]:
        target = one["Key"].replace("project/", "elsewhere/")
        client.copy_object(Bucket=bucket, Key=target, CopySource=f"{bucket}/{one['Key']}")
    assert call("convert", "-w", work) == 0


def test_pictures_move_from_the_workspace_to_a_store(raw, tmp_path, capsys):
    work, store = tmp_path / "w", tmp_path / "shared"
    assert call("init", "-w", work) == 0
    fill(work, raw)
    toml = work / "moue.toml"
    line = f'[workspace]\nstore = "{store}"'
    toml.write_text(toml.read_text(encoding="utf-8").replace("[workspace]", line), encoding="utf-8")
    assert call("convert", "-w", work) == 1
    assert "copy the folders" in capsys.readouterr().err
    store.mkdir()
    for name in ("originals", "images"):
        (work / name).rename(store / name)
    assert call("convert", "-w", work) == 0
    store.rename(tmp_path / "not mounted")
    store.mkdir()
    assert call("convert", "-w", work) == 1
    assert "mount its disk" in capsys.readouterr().err


@pytest.mark.parametrize("store", ["", "  ", "file.txt"])
def test_a_store_that_is_no_folder_is_refused_before_the_workspace_is_created(
    store, tmp_path, capsys, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file.txt").write_text("mine")
    assert call("init", "-w", "work", "--store", store) > 0
    error = capsys.readouterr().err
    assert "the store is empty" in error or "this is a file; write the path of a folder" in error
    assert not (tmp_path / "work").exists()


def test_a_folder_with_pictures_is_no_new_store(tmp_path, capsys):
    save(tmp_path / "photos" / "images" / "a.png", drawn(1))
    assert call("init", "-w", tmp_path / "w", "--store", tmp_path / "photos") == 1
    assert "is not empty" in capsys.readouterr().err


def test_the_store_is_no_source(raw, tmp_path, capsys):
    store = tmp_path / "shared"
    assert call("init", "-w", tmp_path / "w", "--store", store) == 0
    fill(tmp_path / "w", raw)
    assert call("collect", store / "images", "-w", tmp_path / "w") == 1
    assert "is part of the workspace" in capsys.readouterr().err


def test_objects_of_a_killed_command_are_written_again(work, s3, bucket):
    def images():
        client = s3.client()
        listed = client.list_objects_v2(Bucket=bucket, Prefix="project/images/")["Contents"]
        return {one["Key"]: one["ETag"] for one in listed}

    def killing(method, path):
        if method == "PUT" and len([m for m, _ in s3.requests if m == "PUT"]) == 3:
            os.kill(process.pid, signal.SIGKILL)

    before = images()
    command = [sys.executable, "-m", "moue", "convert", "-w", str(work), "--workers", "1"]
    s3.requests.clear()
    process = subprocess.Popen([*command, "--quality", "60"], stderr=subprocess.DEVNULL)
    s3.refused = killing
    assert process.wait(60) == -signal.SIGKILL
    s3.refused = lambda method, path: None
    changed = {key for key, tag in images().items() if before[key] != tag}
    assert changed
    assert call("convert", "-w", work, "--workers", "1", "--quality", "95") == 0
    assert images() == before


MOUNTS = """\
22 1 8:1 / / rw shared:1 - ext4 /dev/sda1 rw
30 22 0:40 / /mnt/nas rw - nfs4 nas:/export rw
31 22 0:41 / /mnt/my\\040share rw - cifs //nas/share rw
32 22 0:42 / /mnt/ssh rw - fuse.sshfs host: rw
33 22 0:43 / /mnt/disk rw - fuse.ntfs-3g /dev/sdb1 rw
34 22 8:2 / /mnt/nas/local rw - xfs /dev/sdc1 rw
35 22 0:44 / /mnt/over rw - nfs nas:/a rw
36 22 8:3 / /mnt/over rw - ext4 /dev/sdd1 rw
"""


@pytest.mark.parametrize(
    ("folder", "kind"),
    [
        ("/home/me/w", None), ("/mnt/nas/w", "nfs4"), ("/mnt/nas", "nfs4"),
        ("/mnt/nas2/w", None), ("/mnt/my share/w", "cifs"), ("/mnt/ssh/a/b", "fuse.sshfs"),
        ("/mnt/disk/w", None), ("/mnt/nas/local/w", None), ("/mnt/over/w", None),
    ],
)  # fmt: skip
def test_network_disks_are_recognised(folder, kind):
    from pathlib import Path

    assert network_type(Path(folder), MOUNTS.splitlines()) == kind


def test_a_catalog_on_a_network_disk_is_refused(tmp_path, monkeypatch, capsys):
    mounts = tmp_path / "mountinfo"
    mounts.write_text(f"30 22 0:40 / {tmp_path} rw - nfs4 nas:/export rw\n", encoding="utf-8")
    monkeypatch.setattr("moue.workspace.network_disk._MOUNTS", mounts)
    assert call("init", "-w", tmp_path / "w") == 1
    error = capsys.readouterr().err
    assert "is on a network disk (nfs4)" in error
    assert "--store" in error
    assert "allow_network_disk = true" in error
    assert call("init", "-w", tmp_path / "v", "--allow-network-disk") == 0
    assert call("info", "-w", tmp_path / "v") == 0
