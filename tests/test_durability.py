"""What the catalog says is done is on the disk, and damage is repaired or named."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

import moue.disk_sync
from commands import call
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
from moue.workspace.owned_files import put
from moue.workspace.recorded_files import damaged
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
        fsync, replace, sync_all = os.fsync, os.replace, moue.disk_sync.sync_file_system

        def traced_fsync(handle: int) -> None:
            fsync(handle)
            self.events.append(("fsync", str(Path(f"/proc/self/fd/{handle}").readlink())))

        def traced_replace(path: str, target: str) -> None:
            replace(path, target)
            self.events.append(("rename", f"{path}\n{target}"))

        def traced_sync_all(folder: str) -> bool:
            found = sync_all(folder)
            self.events.append(("sync all", str(found)))
            return found

        monkeypatch.setattr(os, "fsync", traced_fsync)
        monkeypatch.setattr(os, "replace", traced_replace)
        monkeypatch.setattr(moue.disk_sync, "sync_file_system", traced_sync_all)

    def written(self) -> dict[Path, int]:
        """Check that every file reached the disk before and its name after its last renaming.

        Returns:
            The number of the event by which both are there.
        """
        found = {}
        for number, (kind, text) in enumerate(self.events):
            if kind == "rename":
                part, target = text.split("\n")
                assert ("fsync", part) in self.events[:number]
                name = ("fsync", str(Path(target).parent))
                found[Path(target)] = self.events.index(name, number)
        return found

    def at(self, path: Path) -> int:
        """The number of the event by which a file or folder first reached the disk."""
        return self.events.index(("fsync", str(path)))


traced = pytest.mark.skipif(
    not Path("/proc/self/fd").exists(), reason="reads names of open files there"
)


@traced
def test_files_are_synced_before_their_row(workspace, catalog, raw, monkeypatch):
    trace = Trace(monkeypatch)
    done = Catalog.mark_done

    def traced_done(self, stage, key, names):
        names = list(names)
        trace.events.extend(("done", f"{stage} {name}") for name in names)
        done(self, stage, key, names)

    monkeypatch.setattr(Catalog, "mark_done", traced_done)
    stages(workspace, catalog, raw, copy=True)
    written = trace.written()
    assert len(written) > 25
    for path, at in written.items():
        for stage, folder in (("convert", "images"), ("crop", "mouths")):
            if path.parent.parent.name == folder:
                name = path.stem.removesuffix("_mouth").partition("-face")[0]
                assert at < trace.events.index(("done", f"{stage} {name}"))
                assert trace.at(path.parent.parent) < at  # the name of the folder is there too
    assert catalog.execute("PRAGMA synchronous")[0][0] == 2  # a commit reaches the disk too


@pytest.mark.parametrize("supported", [True, False])
@traced
def test_many_files_and_folders_are_synced_together(
    workspace, catalog, tmp_path, monkeypatch, supported
):
    for number in range(12):
        save(tmp_path / "raw" / f"{number}.png", drawn(number, 60, 60))
    collect(context(workspace, catalog), [tmp_path / "raw"])
    if not supported:
        monkeypatch.setattr(moue.disk_sync, "sync_file_system", lambda folder: False)
    trace = Trace(monkeypatch)
    done = Catalog.mark_done
    monkeypatch.setattr(
        Catalog, "mark_done", lambda *values: (trace.events.append(("done", "")), done(*values))
    )
    convert(context(workspace, catalog, ConvertSettings()))
    kinds = [kind for kind, _ in trace.events]
    last = max(number for number, kind in enumerate(kinds) if kind == "rename")
    assert kinds.count("rename") == 12
    if supported and sys.platform == "linux":
        assert "sync all" in kinds[: kinds.index("rename")]
        assert kinds[last + 1] == "sync all"
        assert {text for kind, text in trace.events if kind == "sync all"} == {"True"}
        assert kinds.index("done") == last + 2
    else:
        trace.written()
        folders = {str(path.parent) for path in workspace.images.rglob("*.jpg")}
        synced = trace.events[last + 1 : kinds.index("done")]
        assert folders <= {text for kind, text in synced if kind == "fsync"}


@traced
def test_run_files_are_synced_before_they_are_recorded(learnable, tmp_path, monkeypatch):
    place = tmp_path / "w"
    run, export = place / "runs" / "001-fast", tmp_path / "new" / "m.onnx"
    stages = ("convert", "clean", "dedupe", "crop", "label", "split")
    for stage in (("collect", learnable, "--kind", "mouth"), *((stage,) for stage in stages)):
        assert call(*stage, "-w", place) == 0
    trace = Trace(monkeypatch)
    execute = Catalog.execute

    def traced_execute(self, sql, *values):
        if sql.startswith("INSERT INTO files"):
            trace.events.append(("row", str(values[0][0])))
        return execute(self, sql, *values)

    monkeypatch.setattr(Catalog, "execute", traced_execute)
    assert call("train", "--epochs", "2", "-w", place) == 0
    written = {path: at for path, at in trace.written().items() if path.parent == run}
    files = {path for path in run.rglob("*") if path.is_file()}
    events = files - set(written)
    assert {path.parent.name for path in events} == {"tensorboard"}
    assert {"best.pt", "last.pt", "log.jsonl", "model.onnx"} <= {path.name for path in files}
    done = written.pop(run / "result.json")
    assert max(written.values()) < done
    assert all(trace.at(path) < done for path in (*events, run.parent, place))
    rows = {text: n for n, (kind, text) in enumerate(trace.events) if kind == "row"}
    for path in files & {run / name for name in ("best.pt", "last.pt", "model.onnx")}:
        assert done < rows[path.relative_to(place).as_posix()]

    trace.events.clear()
    assert call("evaluate", "-w", place) == 0
    names = [path.name for path in trace.written() if "db-holder" not in path.name]
    assert names == ["001-fast.html", "evaluation.json"]
    trace.events.clear()
    assert call("export", export, "-w", place) == 0
    assert list(trace.written()) == [export]
    assert trace.at(tmp_path) < trace.at(export.parent)


@pytest.mark.parametrize("keep", [0.0, 0.6])
@pytest.mark.parametrize("folder", ["originals", "images", "mouths", "dataset"])
def test_lost_empty_and_truncated_files_are_rewritten(workspace, catalog, raw, folder, keep):
    stages(workspace, catalog, raw, copy=True)
    files = sorted(path for path in (workspace.root / folder).rglob("*") if path.is_file())
    files = [path for path in files if "junk" not in path.name]  # dropped, so not made again
    before = {path: path.read_bytes() for path in files}
    assert len(files) > 4
    for path in files[1:4]:
        path.chmod(0o644)
        path.write_bytes(before[path][: int(keep * len(before[path]))])
    files[0].unlink()
    assert len(list(damaged(catalog, folder))) == 4
    stages(workspace, catalog, raw, copy=True)
    assert {path: path.read_bytes() for path in files} == before


def test_the_data_set_does_not_depend_on_file_times(workspace, catalog, raw):
    stages(workspace, catalog, raw)
    for path in workspace.dataset.rglob("*.png"):
        os.utime(path, (2e9, 2e9))
    crop(context(workspace, catalog, CropSettings(), FaceSettings(backend="haar", crop_scale=1.2)))
    build_dataset_folder(context(workspace, catalog))
    copies = list(workspace.dataset.rglob("*.png"))
    assert copies
    crops = {path.name: path.read_bytes() for path in workspace.mouths.rglob("*.png")}
    assert all(copy.read_bytes() == crops[copy.name] for copy in copies)


def test_a_copy_is_read_only_before_its_rename(workspace, catalog, raw, monkeypatch):
    modes = []
    replace = os.replace

    def noted(path: str, target: str) -> None:
        modes.append(Path(path).stat().st_mode & 0o777)
        replace(path, target)

    monkeypatch.setattr(os, "replace", noted)
    collect(context(workspace, catalog, CollectSettings(copy=True)), [raw])
    assert set(modes) == {0o444}


def test_an_incomplete_file_is_not_recorded(workspace, catalog, monkeypatch):
    def full(self, data):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match="No space left"):
        put(catalog, workspace.images / "a.jpg", b"x")
    assert list(damaged(catalog, "images")) == []
    assert list(workspace.parts.iterdir()) == []
