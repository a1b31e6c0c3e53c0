"""The requests and responses of the API; `openapi.py` describes them from these classes."""

from __future__ import annotations

from typing import Annotated

import msgspec

Name = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9._-]+$", max_length=255)]
"""Name of a sample, mouth, run or job."""


class Request(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Base class of queries and bodies: an unknown field is an error."""


class WorkspaceInfo(msgspec.Struct):
    """The workspace of the studio."""

    name: str
    root: str


class State(msgspec.Struct):
    """What the header, the tabs and the overview show."""

    version: str
    workspace: WorkspaceInfo
    labels: list[str]
