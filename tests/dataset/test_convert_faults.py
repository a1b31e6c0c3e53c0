from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from drawing import drawn, save
from moue.dataset.collect.collect_files import CollectSettings, collect
from moue.dataset.convert import ConvertJob, ConvertSettings, convert, convert_picture
from moue.media.image import read_image
from moue.workspace.drop_reasons import DROP_REASONS
from mutations import encoded, mutated
from rows import context, dropped, listing


@pytest.fixture
def raw(tmp_path):
    (tmp_path / "raw").mkdir()
    return tmp_path / "raw"


@pytest.fixture
def run(workspace, catalog, raw):
    """Collect what is in the raw folder, convert it, and return the summary."""

    def run(workers=1, **settings):
        collect(context(workspace, catalog, CollectSettings()), [raw])
        return convert(context(workspace, catalog, ConvertSettings(**settings), workers=workers))

    return run


def by_file(catalog):
    return {Path(one.source).name: one for one in catalog.samples()}


WHOLE = [
    encoded("JPEG", 0), encoded("JPEG", 1, progressive=True), encoded("JPEG", 2, "CMYK"),
    encoded("JPEG", 3, "L"), encoded("PNG", 4), encoded("PNG", 5, "P"), encoded("PNG", 6, "RGBA"),
    encoded("WEBP", 7), encoded("WEBP", 8, lossless=True), encoded("GIF", 9), encoded("TIFF", 10),
    encoded("TIFF", 11, compression="tiff_lzw"), encoded("BMP", 12), encoded("BMP", 13, "P"),
]  # fmt: skip


def test_mutated_files_are_converted_or_have_a_reason(run, catalog, workspace, raw):
    rng = np.random.default_rng(20)
    for number in range(500):
        (raw / f"{number:03d}.bin").write_bytes(mutated(rng, WHOLE, kinds=5))
    before = {p.name: hashlib.sha256(p.read_bytes()).digest() for p in raw.iterdir()}
    summary = run(max_pixels=1_000_000)
    assert summary.done == 500
    for one in catalog.samples():
        assert one.dropped is None or (one.dropped in DROP_REASONS and one.detail)
        if one.dropped is None:
            shape = read_image(workspace.image(one.name)).shape
            assert shape == (one.height, one.width, 3)
    reasons = catalog.count("samples", "dropped")
    assert reasons[None] > 50
    assert reasons["unreadable"] > 50
    assert len(reasons) >= 4
    assert {p.name: hashlib.sha256(p.read_bytes()).digest() for p in raw.iterdir()} == before


def test_full_disk_is_an_error_and_the_next_run_resumes(workspace, tmp_path):
    """A real limit on the size of a file, which the picture exceeds, stands for the disk."""
    for seed in range(3):
        save(tmp_path / "raw" / f"{seed}.png", drawn(seed, *[(40, 40), (900, 900), (50, 50)][seed]))
    script = f"""
import resource, signal, sys
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
from moue.cli import main
place = ["-w", {str(workspace.root)!r}]
assert main(["collect", {str(tmp_path / "raw")!r}, *place]) == 0
resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, resource.RLIM_INFINITY))
assert main(["convert", *place, "--workers", "1"]) == 1
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
print("files", *sorted(p.name for p in Path_images.rglob("*.jpg")))
assert main(["convert", *place, "--workers", "1"]) == 0
""".replace("Path_images", f"__import__('pathlib').Path({str(workspace.images)!r})")
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    (told,) = [line for line in done.stderr.splitlines() if line.startswith("moue: ")]
    assert "File too large" in told
    assert "Traceback" not in done.stderr
    with workspace.reading() as catalog:
        assert set(dropped(catalog).values()) == {None}
        assert all(workspace.image(one.name).exists() for one in catalog.samples())
    assert not list(workspace.root.rglob("*.part"))


def test_unwritable_target_is_an_error_that_loses_nothing(run, workspace, catalog, raw):
    save(raw / "a.png", drawn())
    workspace.images.write_text("a file where the folder should be")
    before = listing(raw)
    with pytest.raises(OSError):
        run()
    assert workspace.images.read_text() == "a file where the folder should be"
    assert listing(raw) == before
    workspace.images.unlink()
    assert run().counts == {"converted": 1}


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_read_only_folder_is_an_error_that_loses_nothing(run, workspace, catalog, raw):
    save(raw / "a.png", drawn())
    workspace.images.mkdir()
    workspace.images.chmod(0o555)
    with pytest.raises(PermissionError):
        run()
    workspace.images.chmod(0o755)
    assert run().counts == {"converted": 1}


def test_folder_instead_of_a_picture_is_missing(tmp_path):
    done = convert_picture(ConvertJob("a", tmp_path, tmp_path / "a.jpg"), ConvertSettings())
    assert (done.reason, done.detail) == ("missing", "Is a directory")
