"""The requests and responses of uploads."""

from __future__ import annotations

from typing import Annotated

import msgspec

from moue.studio.schema import Request


class Upload(msgspec.Struct):
    """An upload, for the option `upload` of the job `collect`."""

    id: str


class UploadedFile(msgspec.Struct):
    """A file of an upload, with the name under which it was stored."""

    upload: str
    name: str


class FileQuery(Request, frozen=True):
    """The name of a file, and the name of the folder that it was in."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=1000)]
    folder: Annotated[str, msgspec.Meta(max_length=1000)] = ""
