"""Refuse a catalog on a network disk.

The write-ahead log of SQLite needs shared memory, so all its processes must be on one machine.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from moue.errors import CatalogError

_MOUNTS = Path("/proc/self/mountinfo")
_NETWORK = frozenset(
    ("nfs", "nfs4", "cifs", "smb3", "smbfs", "ncpfs", "afs", "ceph", "lustre", "gpfs", "glusterfs",
     "beegfs", "ocfs2", "gfs2", "davfs", "pvfs2", "orangefs", "wekafs")
)  # fmt: skip
_NETWORK_FUSE = frozenset(
    ("sshfs", "s3fs", "gcsfuse", "goofys", "rclone", "glusterfs", "ceph", "ceph-fuse", "juicefs",
     "davfs2", "blobfuse", "blobfuse2", "mount-s3", "mountpoint-s3", "cvmfs2", "moosefs", "mfs",
     "seaweedfs", "curlftpfs", "smbnetfs", "alluxio-fuse", "beegfs")
)  # fmt: skip


def check_disk(folder: Path) -> None:
    """Check that a folder is not on a network disk.

    Raises:
        CatalogError: the folder is on a network disk.
    """
    try:
        with _MOUNTS.open(encoding="utf-8", errors="surrogateescape") as lines:
            kind = network_type(folder, lines)
    except OSError:  # a system without this file
        return
    if kind is not None:
        raise CatalogError(
            f"{folder}: the folder is on a network disk ({kind}), where SQLite can damage the "
            "catalog; put the workspace on a disk of this machine, and only its pictures on the "
            "network disk, with `moue init --store FOLDER`. If only this machine uses the disk, "
            "write `allow_network_disk = true` under [workspace] in moue.toml"
        )


def network_type(folder: Path, mounts: Iterable[str]) -> str | None:
    """Return the type of the network file system of a folder; None for a local one.

    Args:
        folder: folder, which need not exist.
        mounts: lines of `/proc/self/mountinfo`.
    """
    path, best, found = os.path.realpath(folder), -1, ""
    for line in mounts:
        before, separator, after = line.partition(" - ")
        fields = before.split(" ")
        if not separator or len(fields) < 5:
            continue
        point = _unescaped(fields[4])
        inside = path == point or path.startswith(point.rstrip("/") + "/")
        if inside and len(point) >= best:  # the last mount at a point hides those before
            best, found = len(point), after.split(" ")[0]
    name, _, program = found.partition(".")
    if name == "fuse" and program in _NETWORK_FUSE:
        return found
    return found if found in _NETWORK else None


def _unescaped(text: str) -> str:
    """Return a path without the escapes of mountinfo, such as 040 for a space."""
    for code, character in (("040", " "), ("011", "\t"), ("012", "\n"), ("134", "\\")):
        text = text.replace(f"\\{code}", character)
    return text
