"""The settings of the section `[workspace]` of `moue.toml`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from moue.settings import Setting


@dataclass(frozen=True, kw_only=True)
class WorkspaceSettings:
    """Settings of the whole workspace."""

    on: Annotated[
        str,
        Setting(
            "Where to process pictures. processes: in worker processes of this machine. ray: in "
            "Ray, which moue starts on this machine. ray:auto: on the Ray cluster that this "
            "machine is part of. ray:HOST:PORT: on the Ray cluster with this head node."
        ),
    ] = "processes"
    store: Annotated[
        str,
        Setting(
            "Place of the originals, the converted pictures and the mouth crops: a folder, such as "
            "/mnt/shared/project, or an object store, such as s3://BUCKET/project. Empty for the "
            "folder of the workspace. The catalog, runs and reports stay in the workspace."
        ),
    ] = ""
    allow_network_disk: Annotated[
        bool,
        Setting(
            "Allow a workspace on a network disk, where SQLite may damage the catalog if several "
            "machines use it."
        ),
    ] = False
