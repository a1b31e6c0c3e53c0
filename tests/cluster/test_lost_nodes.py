"""A lost node, a new node and a killed driver do not change the outcome of any command."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
from contextlib import suppress

import cv2
import numpy as np
import pytest

from cluster.nodes import add_node
from cluster.outcome import STAGES, files, rows
from moue.cli import main
from moue.cli.progress_file import VARIABLE
from moue.demo.raw_folder import demo_pictures
from moue.media.image import read_image

pyarrow = pytest.importorskip("pyarrow")
from pyarrow import parquet  # noqa: E402  after the check

pytestmark = pytest.mark.cluster
COUNT = 112
LIST = "list.parquet"
SIDE = 400
PROBE = 32
"""Size of the file by which nodes recognise the picture folder, in bytes."""
STEPS = {"convert": "convert", "clean": "detect", "crop": "crop"}
"""Step in the catalog that a stage finishes for each picture."""


class Case:
    """One command on the cluster, and its outcome in one process."""

    def __init__(self, stage, folder, made):
        self.stage, self.folder, self.workspace, self.made = stage, folder, folder / "w", made
        backend = () if stage == "convert" else ("--backend", "haar")
        self.progress = folder / "progress.jsonl"
        self.arguments = ("predict" if stage == "list" else stage, *backend)
        if stage == "list":
            out = str(folder / "out.parquet")
            self.arguments += (str(made / LIST), "--out", out, "-w", str(made / "crop"))
        elif stage == "predict":
            out = folder / "out"
            self.arguments += (str(made / "raw"), "--annotated", str(out), "--overwrite")
            self.arguments += ("--csv", str(folder / "faces.csv"), "-w", str(made / "crop"))
        else:
            shutil.copytree(made / _before(stage), self.workspace)
            self.arguments += ("-w", str(self.workspace))

    def finished(self):
        """Return the number of finished pictures."""
        if self.stage == "list":
            return _last_progress(self.progress)
        if self.stage == "predict":
            return len(list((self.folder / "out").glob("*.jpg")))
        with sqlite3.connect(self.workspace / "catalog.db", timeout=60) as db:
            sql = "SELECT count(*) FROM steps WHERE stage = ?"
            (done,) = db.execute(sql, [STEPS[self.stage]]).fetchone()
        db.close()
        return done

    def outcome(self):
        if self.stage == "list":
            return parquet.read_table(self.folder / "out.parquet").to_pylist()
        if self.stage == "predict":
            return _predicted(self.folder)
        return rows(self.workspace), files(self.workspace)

    def expected(self):
        if self.stage == "list":
            return parquet.read_table(self.made / "faces.parquet").to_pylist()
        if self.stage == "predict":
            return _predicted(self.made)
        return rows(self.made / self.stage), files(self.made / self.stage)

    def start(self, cluster):
        on = ("--on", f"ray:{cluster.address}")
        return subprocess.Popen(
            [sys.executable, "-m", "moue", *self.arguments, *on],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
            env=os.environ | {VARIABLE: str(self.progress)},
        )  # fmt: skip

    def being_written(self):
        """Return the number of finished pictures and of the files that the nodes have written."""
        return self.finished() + sum(map(_is_picture, self.folder.rglob("*.part")))


def wait_for(count, process):
    """Wait until a number of pictures is above zero."""
    pause = threading.Event()
    while process.poll() is None:
        if count() > 0:
            return
        pause.wait(0.02)
    raise AssertionError(process.communicate())


def _is_picture(part):
    with suppress(FileNotFoundError):  # it has just been moved into place
        return part.stat().st_size > PROBE
    return False


def _last_progress(file):
    """Return the number of predicted pictures in a progress file."""
    if not file.exists():
        return 0
    events = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    return max((e["done"] for e in events if e.get("task") == "predict"), default=0)


def _before(stage):
    """Return the stage before a stage: the folder of the workspace that it continues."""
    return ("collect", *STAGES)[STAGES.index(stage)]


def _predicted(folder):
    return (folder / "faces.csv").read_bytes(), files(folder, ("out",))


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Many pictures, a workspace after each stage, and predictions; all from one process."""
    folder = tmp_path_factory.mktemp("many")
    _draw(folder / "raw")
    assert main(["collect", str(folder / "raw"), "-w", str(folder / "collect")]) == 0
    for stage in STAGES:
        shutil.copytree(folder / _before(stage), folder / stage)
        backend = () if stage == "convert" else ("--backend", "haar")
        assert main([stage, *backend, "-w", str(folder / stage), "--workers", "1"]) == 0
    call = ["predict", str(folder / "raw"), "--annotated", str(folder / "out"), "--workers", "1"]
    call += ["--csv", str(folder / "faces.csv"), "--backend", "haar", "-w", str(folder / "crop")]
    assert main(call) == 0
    names = [str(path) for path in sorted((folder / "raw").iterdir())]
    parquet.write_table(
        pyarrow.table({"path": [*names, str(folder / "missing.png")]}), folder / LIST
    )
    call = ["predict", str(folder / LIST), "--out", str(folder / "faces.parquet"), "--workers", "1"]
    assert main([*call, "--backend", "haar", "-w", str(folder / "crop")]) == 0
    return folder


def _draw(folder):
    """Write portraits with different noise as PNG files, which take time to convert."""
    folder.mkdir()
    chance = np.random.default_rng(5)
    portraits = [read_image(one.path)[..., ::-1] for one in demo_pictures()]
    for number in range(COUNT):
        portrait = cv2.resize(portraits[number % len(portraits)], (SIDE, SIDE))
        noise = cv2.resize(chance.normal(0, 20, (8, 8, 3)), (SIDE, SIDE))
        noisy = np.clip(portrait + noise, 0, 255).astype(np.uint8)
        cv2.imwrite(str(folder / f"{number:03d}.png"), noisy, [cv2.IMWRITE_PNG_COMPRESSION, 1])


@pytest.fixture
def case(request, made, tmp_path):
    return Case(request.param, tmp_path, made)


@pytest.mark.parametrize("case", [*STAGES, "predict", "list"], indirect=True)
def test_a_killed_and_a_new_node_do_not_change_the_outcome(cluster, case):
    with case.start(cluster) as process:
        wait_for(case.being_written, process)
        cluster.remove_node(cluster.worker_nodes.copy().pop(), allow_graceful=False)
        add_node(cluster)
        _, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    assert case.outcome() == case.expected()


def test_a_node_that_is_lost_before_its_check_is_left_out(cluster, engine):
    node = add_node(cluster)
    cluster.remove_node(node, allow_graceful=False)
    assert list(engine.map(abs, range(-9, 0), 9)) == [*range(9, 0, -1)]
    assert engine.describe() == "2 nodes, 2 CPUs"


@pytest.mark.parametrize("case", [*STAGES, "predict"], indirect=True)
def test_a_killed_driver_resumes_to_the_same_outcome(cluster, case):
    with case.start(cluster) as process:
        wait_for(case.finished, process)
        os.killpg(process.pid, signal.SIGKILL)
    with case.start(cluster) as process:
        out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    if case.stage != "predict":
        assert f"{COUNT} done" not in out
    assert case.outcome() == case.expected()
    assert not list(case.folder.rglob("*.part"))
