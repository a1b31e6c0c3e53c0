"""With licence `free`, commands open the files of free networks only, and need no others."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import moue
from moue.demo.raw_folder import demo_pictures
from moue.model import bundled

PACKAGE = Path(moue.__file__).parent
BUNDLED = PACKAGE / "model" / "bundled"
# Prints each file that the command opens for reading.
RECORDER = """
import os, sys
def hook(event, values):
    if event == "open" and isinstance(values[0], (str, bytes)):
        print("OPENED", os.fsdecode(values[0]), file=sys.stderr)
sys.addaudithook(hook)
from moue.cli import main
sys.exit(main(sys.argv[1:]))
"""


@pytest.fixture(scope="module")
def photo():
    return next(demo_pictures()).path


def free_files():
    """The files of the free networks, relative to the folder of bundled models."""
    found = set()
    for path in BUNDLED.rglob("*.json"):
        card = bundled.load_card(path.stem, path.parent)
        if card.free:
            found |= {path.with_suffix(suffix) for suffix in (".json", *card.files)}
    return {path.relative_to(BUNDLED) for path in found}


def run_recorded(script, place, *arguments):
    """Run a command on the package copy in `place`; return the process."""
    environment = os.environ | {"PYTHONPATH": str(place)}
    return subprocess.run(
        [sys.executable, "-c", script, *map(str, arguments)],
        env=environment, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip


def weights_opened(process):
    """The weights and cards that the process opened, relative to the folder of bundled models."""
    lines = process.stderr.splitlines()
    paths = [Path(line.removeprefix("OPENED ")) for line in lines if line.startswith("OPENED ")]
    weights = [p for p in paths if p.suffix in (".onnx", ".safetensors", ".dat", ".xml", ".task")]
    cards = [p for p in paths if "bundled" in p.parts and p.suffix == ".json"]
    return {
        p.relative_to(next(a for a in p.parents if a.name == "bundled"))
        if "bundled" in p.parts else p
        for p in weights + cards
    }  # fmt: skip


@pytest.fixture(scope="module")
def free_package(tmp_path_factory):
    """A copy of the package without the files of the networks that are not free."""
    place = tmp_path_factory.mktemp("copy")
    shutil.copytree(PACKAGE, place / "moue", ignore=shutil.ignore_patterns("__pycache__"))
    kept = free_files()
    folder = place / "moue" / "model" / "bundled"
    for path in list(folder.rglob("*")):
        weights = path.suffix in (".onnx", ".safetensors", ".json")
        if weights and path.relative_to(folder) not in kept:
            path.unlink()
    return place


def test_prediction_with_licence_free_opens_free_files_only(photo):
    process = run_recorded(RECORDER, PACKAGE.parent, "predict", photo, "--licence", "free")
    assert process.returncode == 0, process.stderr
    opened = weights_opened(process)
    assert opened
    assert opened <= free_files()
    process = run_recorded(RECORDER, PACKAGE.parent, "predict", photo)
    assert Path("mouth.onnx") in weights_opened(process)


def test_all_steps_work_without_the_other_files(free_package, photo, tmp_path):
    root = tmp_path / "w"
    (tmp_path / "raw" / "smile").mkdir(parents=True)
    shutil.copy(photo, tmp_path / "raw" / "smile")
    free = ["--licence", "free", "-w", root]
    steps = [
        ["collect", tmp_path / "raw", "-w", root],
        ["convert", "-w", root, "--workers", 1],
        ["clean", *free, "--workers", 1],
        ["crop", *free, "--workers", 1],
        ["label", *free],
        ["label", "--to-folders", *free],
        ["predict", photo, *free, "--json"],
        ["compare-detectors", photo, *free, "--sheet", tmp_path / "sheet.jpg"],
    ]
    script = RECORDER.replace("sys.addaudithook(hook)", "")
    for step in steps:
        process = run_recorded(script, free_package, *step)
        assert process.returncode == 0, (step, process.stderr)
    assert list((root / "mouths").iterdir())
    process = run_recorded(script, free_package, "predict", photo)
    assert process.returncode == 1
    assert "mouth" in process.stderr
