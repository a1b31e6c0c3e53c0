"""The figures show the pictures, the mouths and the runs of the reader's workspace."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from commands import call
from moue.demo.raw_folder import make_raw_folder
from moue.errors import DataError
from moue.learn.data import NAMES, TRAINED, answer, compute
from moue.learn.pack import unpack
from moue.learn.source import Source
from moue.workspace.workspace import Workspace

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.slow
STAGES = ("convert", "clean", "dedupe", "crop", "label", "split")


@pytest.fixture(scope="module")
def workspace(tmp_path_factory) -> Workspace:
    """A workspace of 24 pictures with splits and a short run of `classic`."""
    folder = tmp_path_factory.mktemp("learn")
    raw = make_raw_folder(folder / "raw", 24)
    root = folder / "workspace"
    assert call("collect", "files", raw, "-w", root) == 0
    for stage in STAGES:
        workers = ("--workers", 1) if stage in ("convert", "clean", "crop") else ()
        assert call(stage, *workers, "-w", root) == 0
    assert call("train", "--recipe", "classic", "--epochs", 1, "-w", root) == 0
    return Workspace(root)


def test_a_workspace_without_a_data_set_shows_the_bundled_pictures(tmp_path):
    assert Source.of(Workspace(tmp_path / "nothing")).kind == "bundled"


def test_the_mouths_are_those_of_the_data_set(workspace):
    source = Source.of(workspace)
    assert source.kind == "workspace"
    crops = sorted(workspace.mouths.rglob("*.png"))
    assert 0 < len(source.mouths) <= len(crops)
    assert set(source.mouths.splits) == {"train", "val", "test"}
    assert source.mouths.pixels.shape[1:] == (64, 64, 3)
    names = {path.name for path in crops}
    assert all(workspace.mouth(name).name in names for name in source.mouths.names)


def test_each_figure_has_data_of_the_workspace(workspace):
    source = Source.of(workspace)
    for name in NAMES:
        found = answer(name, source, {})
        values = unpack(found)[0] if isinstance(found, bytes) else found
        if "source" in values:
            assert values["source"] == "workspace", name


def test_the_feature_maps_show_the_weights_of_the_run(workspace):
    found = answer("feature-maps", Source.of(workspace), {})
    assert isinstance(found, bytes)
    values, arrays = unpack(found)
    assert values["model"] == "001-classic"
    from moue.training.checkpoint import load

    weights = load(workspace.runs / "001-classic" / "best.pt").weights
    assert (arrays["conv2.weight"] == weights["conv2.weight"].numpy()).all()


def test_the_loss_surface_is_that_of_the_run(workspace, tmp_path):
    from moue.training.checkpoint import Checkpoint, load, save

    found = answer("loss-surface", Source.of(workspace), {})
    assert found["run"] == "001-classic"
    assert found["random"]  # one epoch: the kept epoch is the last one
    assert found["epochs_at"] == [0, 1]
    assert found["path"][1] == [0, 0]
    copy = Workspace(Path(shutil.copytree(workspace.root, tmp_path / "copy")))
    folder = copy.runs / "001-classic"
    last = load(folder / "last.pt")
    weights = {
        name: value * 1.01 if value.is_floating_point() else value
        for name, value in last.weights.items()
    }
    save(Checkpoint(spec=last.spec, weights=weights), folder / "best.pt")
    source = Source.of(copy)
    other = compute("loss-surface", source, {})
    assert not other["random"]
    assert other["epochs_at"] == [0, 1, 1]
    assert other["path"][2] == [0, 0]
    # The distances in the plane are those of the weights.
    start, kept = (np.linalg.norm(point) for point in other["path"][:2])
    assert start == pytest.approx(np.linalg.norm(found["path"][0]), abs=1e-3)
    flat = torch.nn.utils.parameters_to_vector(last.network().parameters()).detach()
    assert kept == pytest.approx(0.01 * float(flat.norm()), abs=1e-3)
    assert np.isfinite(other["loss"]).all()


def test_the_confusion_is_that_of_the_default_run_on_the_test_set(workspace):
    source = Source.of(workspace)
    found = answer("confusion", source, {})
    assert isinstance(found, bytes)
    values, arrays = unpack(found)
    tested = source.mouths.of_split("test")
    assert values["model"] == "001-classic"
    assert values["names"] == [source.mouths.names[row] for row in tested]
    assert (arrays["targets"] == source.mouths.targets[tested]).all()


def test_a_computed_answer_is_kept_until_the_data_set_changes(workspace):
    source = Source.of(workspace)
    answer("feature-maps", source, {})
    assert source.cache is not None
    (kept,) = source.cache.glob("feature-maps-*.bin")
    kept.write_bytes(b"kept")
    assert answer("feature-maps", Source.of(workspace), {}) == b"kept"
    other = Source.of(workspace)
    other.mouths.targets[0] = (other.mouths.targets[0] + 1) % 4
    assert answer("feature-maps", other, {}) != b"kept"
    kept.unlink()


def test_a_picture_is_found_by_its_name(workspace):
    source = Source.of(workspace)
    picture = source.pictures[2]
    found = answer("crop", source, {"picture": picture.name})
    assert isinstance(found, bytes)
    values, arrays = unpack(found)
    assert values["name"] == picture.name
    assert np.ptp(arrays["picture"]) > 0
    with pytest.raises(DataError, match="no picture named 'nobody'"):
        answer("crop", source, {"picture": "nobody"})
    with pytest.raises(DataError, match="no figure"):
        answer("nothing", source, {})


def test_no_answer_of_a_figure_names_a_path(workspace):
    for name in set(NAMES) - set(TRAINED):
        found = answer(name, Source.of(workspace), {})
        text = found if isinstance(found, bytes) else json.dumps(found).encode()
        assert str(Path(workspace.root)).encode() not in text
