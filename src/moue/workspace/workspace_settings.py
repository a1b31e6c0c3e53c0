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
            "Where to process pictures. processes: in worker processes of this machine. ray: on a "
            "Ray that moue starts on this machine. ray:auto: on the Ray cluster that this machine "
            "is part of. ray:HOST:PORT: on the Ray cluster with this head node."
        ),
    ] = "processes"
