"""Workspaces that tests share."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

import commands  # noqa: F401  before a test of the docs imports `docs/commands.py`
from drawn_mouths import QUICK, draw_bright, draw_set
from moue.demo.raw_folder import demo_pictures
from moue.model import bundled
from moue.model.bundled import ModelInfo, Score, TrainingSource
from moue.model.example import Example
from moue.predict.batch import get_predictor
from moue.training.train_settings import TrainSettings
from moue.workspace.catalog import Catalog
from moue.workspace.workspace import Workspace
from webserver import Site, served

os.environ["MOUE_LANG"] = "en"  # the tests compare texts
settings.register_profile("moue", deadline=None)  # a busy machine is no failure
settings.load_profile("moue")

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A shell starts what runs in the background so, and every command under test would inherit it.
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """An empty workspace."""
    place = Workspace(tmp_path / "workspace")
    place.create("")
    return place


@pytest.fixture
def catalog(workspace: Workspace) -> Iterator[Catalog]:
    """Its catalog, open for writing."""
    with workspace.locked() as (opened, _):
        yield opened


@pytest.fixture
def site() -> Iterator[Site]:
    """A web site on this machine."""
    with served() as site:
        yield site


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An exported, untrained model, for tests that do not depend on its predictions."""
    torch = pytest.importorskip("torch")
    from moue.files import write_json
    from moue.training import checkpoint, networks, onnx_export
    from moue.training.recipes import RECIPES
    from moue.workspace.types import LABELS

    torch.manual_seed(5)
    spec = RECIPES["fast"].spec(LABELS)
    weights = networks.build(spec.network, spec.labels).state_dict()
    folder = tmp_path_factory.mktemp("model")
    checkpoint.save(checkpoint.Checkpoint(spec=spec, weights=weights), folder / "best.pt")
    onnx_export.export(folder, folder / "model.onnx")
    write_json(folder / "settings.json", {"recipe": "fast"})
    return folder / "model.onnx"


@pytest.fixture(scope="session")
def quick_settings() -> TrainSettings:
    """Settings that train in a second or two."""
    return QUICK


@pytest.fixture(scope="session")
def mouth_sets(
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[list[Example], list[Example]]:
    """Drawn mouths: a training set and a validation set."""
    folder = tmp_path_factory.mktemp("drawn")
    return draw_set(folder / "train", 16, seed=1), draw_set(folder / "val", 6, seed=2)


@pytest.fixture(scope="session")
def trained_run(
    mouth_sets: tuple[list[Example], list[Example]], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The folder of a finished run, trained on `mouth_sets`."""
    pytest.importorskip("torch")
    from moue.training.train import train

    folder = tmp_path_factory.mktemp("runs") / "whole"
    train(*mouth_sets, QUICK, folder)
    return folder


MODEL_INFO = ModelInfo(
    version="1.2",
    date="2026-01-31",
    licence="CC0-1.0",
    sources=(
        TrainingSource(name="drawn", terms="CC0-1.0", commercial_use=True),
        TrainingSource(name="faces", terms="research only", commercial_use=False),
    ),
    scores=(
        Score(
            on="test set", measure="accuracy", value=0.5, low=0.4, high=0.6, count=90,
            command="moue evaluate --model mouth",
        ),
    ),
)  # fmt: skip


@pytest.fixture(scope="session")
def model_info() -> ModelInfo:
    """What a person would say of `model`."""
    return MODEL_INFO


@pytest.fixture
def no_bundled_models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder of bundled models."""
    folder = tmp_path / "weights"
    folder.mkdir()
    monkeypatch.setattr(bundled, "FOLDER", folder)
    get_predictor.cache_clear()  # it may hold the model of the package
    return folder


@pytest.fixture
def bundled_model(no_bundled_models: Path, model: Path) -> Path:
    """A folder of bundled models with `model` as the default one."""
    from moue.training.publish import publish

    publish(model.parent, bundled.DEFAULT, MODEL_INFO, no_bundled_models)
    return no_bundled_models


@pytest.fixture(scope="session")
def learnable(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of mouths whose brightness determines the label."""
    folder = tmp_path_factory.mktemp("learnable")
    draw_bright(folder)
    return folder


@pytest.fixture(scope="session")
def frames(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two frames of a video, as pictures."""
    folder = tmp_path_factory.mktemp("frames")
    for number, picture in enumerate(list(demo_pictures())[:2]):
        (folder / f"{number}.jpg").write_bytes(picture.path.read_bytes())
    return folder


@pytest.fixture(scope="session")
def raw_pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two pictures with a face, in folders of their labels."""
    folder = tmp_path_factory.mktemp("raw")
    for picture in list(demo_pictures())[:2]:
        target = folder / picture.label / picture.path.name
        target.parent.mkdir(exist_ok=True)
        target.write_bytes(picture.path.read_bytes())
    return folder
