"""Workspaces that tests share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from moue.catalog import Catalog
from moue.workspace import Workspace


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """An empty workspace."""
    place = Workspace(tmp_path / "workspace")
    place.create("")
    return place


@pytest.fixture
def catalog(workspace: Workspace) -> Iterator[Catalog]:
    """Its catalog, open for writing."""
    with workspace.writing() as opened:
        yield opened


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An exported model that has learnt nothing: for what does not depend on its answers."""
    torch = pytest.importorskip("torch")
    from moue.model import checkpoint, net, onnx
    from moue.model.recipes import RECIPES
    from moue.sample import LABELS

    torch.manual_seed(5)
    spec = RECIPES["fast"].spec(LABELS)
    weights = net.build(spec.network, spec.labels).state_dict()
    folder = tmp_path_factory.mktemp("model")
    checkpoint.save(checkpoint.Checkpoint(spec=spec, weights=weights), folder / "best.pt")
    onnx.export(folder, folder / "model.onnx")
    return folder / "model.onnx"
