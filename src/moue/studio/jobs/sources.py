"""Checks of the paths, uploads and runs that the request for a job names."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from moue.files import absolute
from moue.http_api.errors import ApiError, _, not_found
from moue.model.runs import runs
from moue.studio.uploads import Uploads
from moue.workspace.workspace import Workspace


class Sources:
    """The folders that may be imported, the uploads, and the runs of the workspace."""

    def __init__(self, workspace: Workspace, uploads: Uploads, allowed: tuple[Path, ...]) -> None:
        """Create the object.

        Args:
            workspace: workspace of the studio.
            uploads: pictures that were dropped on the page.
            allowed: further folders whose content may be imported.
        """
        self._workspace, self._uploads = workspace, uploads
        usual = (Path.home(), absolute(workspace.root).parent)
        self._allowed = tuple(Path(os.path.realpath(folder)) for folder in (*usual, *allowed))

    def path(self, text: Any) -> Path:
        """Return the path that a person typed, without links.

        Raises:
            ApiError: the path is not absolute, does not exist, or is outside the allowed folders.
        """
        if not isinstance(text, str) or not 0 < len(text) <= 4096 or "\0" in text:
            raise ApiError(422, "path", _("this is not a path"), field="sources")
        typed = Path(text).expanduser() if text.startswith("~/") else Path(text)
        if not typed.is_absolute():
            message = _("{path}: write the whole path of the folder, from / or ~/")
            raise ApiError(422, "path", message, field="sources", path=text[:200])
        real = Path(os.path.realpath(typed))
        # The check comes before any look at the file, so that it tells nothing about others.
        if not any(real.is_relative_to(folder) for folder in self._allowed):
            message = _(
                "{path} is outside the folders that the studio may read; start it with "
                "--allow {path}"
            )
            raise ApiError(403, "path", message, field="sources", path=text[:200])
        if not real.exists():
            message = _("{path}: there is no such file or folder")
            raise ApiError(422, "path", message, field="sources", path=text[:200])
        return real

    def upload(self, text: Any) -> Path:
        """Return the folder of an upload; raise ApiError if there is none of this name."""
        return self._uploads.folder(text)

    def run(self, text: Any) -> str:
        """Return the name of a run of the workspace; raise ApiError if there is none."""
        if not isinstance(text, str) or text not in {run.name for run in runs(self._workspace)}:
            raise not_found(str(text)[:80])
        return text
