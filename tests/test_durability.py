"""What the catalog says is done is on the disk, and damage is repaired or named."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from drawing import drawn, save
from moue.dataset.clean import CleanSettings, clean
from moue.dataset.collect.collect_files import CollectSettings, collect
from moue.dataset.convert import ConvertSettings, convert
from moue.dataset.crop import CropSettings, crop
from moue.dataset.dataset_folder import build_dataset_folder
from moue.demo.raw_folder import demo_pictures
from moue.face.backends import FaceSettings
from moue.files import write_bytes
from moue.workspace.catalog import Catalog
from moue.workspace.owned_files import damaged, put
from rows import context

pytestmark = pytest.mark.slow

FACES = FaceSettings(backend="haar")


def stages(workspace, catalog, raw, copy=False):
    """Collect to crop, and the data set, with every mouth in the training set."""
    collect(context(workspace, catalog, CollectSettings(copy=copy)), [raw])
    convert(context(workspace, catalog, ConvertSettings()))
    clean(context(workspace, catalog, CleanSettings(), FACES))
    crop(context(workspace, catalog, CropSettings(), FACES))
    with catalog.transaction():
        for mouth in list(catalog.mouths()):
            catalog.update_mouth(mouth.name, label="smile", split="train")
    build_dataset_folder(context(workspace, catalog))


@pytest.fixture
def raw(tmp_path):
    for number, picture in enumerate(list(demo_pictures())[:6]):
        write_bytes(tmp_path / "raw" / f"{number}.jpg", picture.path.read_bytes())
    save(tmp_path / "raw" / "junk.png", drawn())
    return tmp_path / "raw"


class Trace:
    """What reached the disk, in order: files by their names at the time, folders, renames."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.events: list[tuple[str, str]] = []
        fsync, replace = os.fsync, Path.replace

        def traced_fsync(handle: int) -> None:
            fsync(handle)
            self.events.append(("fsync", str(Path(f"/proc/self/fd/{handle}").readlink())))

        def traced_replace(path: Path, target: Path) -> Path:
            found = replace(path, target)
            self.events.append(("rename", f"{path}\n{target}"))
            return found

        monkeypatch.setattr(os, "fsync", traced_fsync)
        monkeypatch.setattr(Path, "replace", traced_replace)


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="reads names of open files there")
def test_a_file_and_its_name_reach_the_disk_before_a_row_says_that_it_is_done(
    workspace, catalog, raw, monkeypatch
):
    trace = Trace(monkeypatch)
    done = Catalog.mark_done

    def traced_done(self, stage, key, names):
        names = list(names)
        trace.events.extend(("done", f"{stage} {name}") for name in names)
        done(self, stage, key, names)

    monkeypatch.setattr(Catalog, "mark_done", traced_done)
    stages(workspace, catalog, raw, copy=True)
    events = trace.events
    renames = [event for event in events if event[0] == "rename"]
    assert len(renames) > 25
    for event in renames:
        part, target = event[1].split("\n")
        at = events.index(event)
        assert ("fsync", part) in events[:at]
        assert ("fsync", str(Path(target).parent)) in events[at:]
        for stage, folder in (("convert", "images"), ("crop", "mouths")):
            if Path(target).parent.name == folder:
                name = Path(target).stem.removesuffix("_mouth").partition("-face")[0]
                row = events.index(("done", f"{stage} {name}"))
                assert events.index(("fsync", str(Path(target).parent)), at) < row
    assert catalog.execute("PRAGMA synchronous")[0][0] == 2  # a commit reaches the disk too


@pytest.mark.parametrize("keep", [0.0, 0.6])
@pytest.mark.parametrize("folder", ["originals", "images", "mouths", "dataset"])
def test_files_that_are_lost_emptied_or_cut_are_made_again(workspace, catalog, raw, folder, keep):
    stages(workspace, catalog, raw, copy=True)
    files = sorted(path for path in (workspace.root / folder).rglob("*") if path.is_file())
    before = {path: path.read_bytes() for path in files}
    assert len(files) > 4
    for path in files[1:4]:
        path.chmod(0o644)
        path.write_bytes(before[path][: int(keep * len(before[path]))])
    files[0].unlink()
    assert len(list(damaged(catalog, folder))) == 4
    stages(workspace, catalog, raw, copy=True)
    assert {path: path.read_bytes() for path in files} == before


def test_the_data_set_follows_the_crops_whatever_the_clock_says(workspace, catalog, raw):
    stages(workspace, catalog, raw)
    for path in workspace.dataset.rglob("*.png"):
        os.utime(path, (2e9, 2e9))
    crop(context(workspace, catalog, CropSettings(), FaceSettings(backend="haar", crop_scale=1.2)))
    build_dataset_folder(context(workspace, catalog))
    copies = list(workspace.dataset.rglob("*.png"))
    assert copies
    assert all(c.read_bytes() == (workspace.mouths / c.name).read_bytes() for c in copies)


def test_a_copy_of_an_original_is_protected_before_it_gets_its_name(
    workspace, catalog, raw, monkeypatch
):
    modes = []
    replace = Path.replace

    def noted(path: Path, target: Path) -> Path:
        modes.append(path.stat().st_mode & 0o777)
        return replace(path, target)

    monkeypatch.setattr(Path, "replace", noted)
    collect(context(workspace, catalog, CollectSettings(copy=True)), [raw])
    assert set(modes) == {0o444}


def test_a_file_that_is_not_written_whole_is_not_recorded(workspace, catalog, monkeypatch):
    def full(self, data):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match="No space left"):
        put(catalog, workspace.images / "a.jpg", b"x")
    assert list(damaged(catalog, "images")) == []
    assert list(workspace.images.iterdir()) == []
