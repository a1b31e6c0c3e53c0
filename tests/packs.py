"""Packs that tests write again."""

from __future__ import annotations

import io
import tarfile


def replaced(packed, change):
    """Write the pack again with other members."""
    with tarfile.open(packed) as tar:
        members = [(info, tar.extractfile(info).read()) for info in tar]
    with tarfile.open(packed, "w") as tar:
        for info, data in change(members):
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
