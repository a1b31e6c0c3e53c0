"""The state of the workspace, for the header and the overview."""

from __future__ import annotations

import moue
from moue.config import Config
from moue.studio.endpoint import Call, Empty, Endpoint
from moue.studio.schema import State, WorkspaceInfo


def state(call: Call[Empty, None]) -> State:
    """Return the state of the workspace."""
    workspace = call.studio.workspace
    labels = Config.load(workspace.settings).labels
    info = WorkspaceInfo(workspace.root.name, str(workspace.root))
    return State(moue.__version__, info, list(labels.names))


ROUTES = (
    Endpoint(
        method="GET", path="/state", handler=state, response=State,
        summary="Return what the header, the tabs and the overview show.",
    ),
)  # fmt: skip
