"""A lost node, a new node and a killed driver do not change the outcome of a stage."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import cv2
import numpy as np
import pytest

from cluster.conftest import STORE
from cluster.outcome import files, rows
from moue.cli import main

pytestmark = pytest.mark.cluster
COUNT = 200


@pytest.fixture(scope="module")
def collected(tmp_path_factory):
    """A workspace with many pictures, and the outcome of converting them in one process."""
    folder = tmp_path_factory.mktemp("many")
    (folder / "raw").mkdir()
    chance = np.random.default_rng(5)
    for number in range(COUNT):
        picture = chance.integers(0, 255, (480, 640, 3), np.uint8)
        cv2.imwrite(str(folder / "raw" / f"{number:03d}.png"), picture)
    assert main(["collect", str(folder / "raw"), "-w", str(folder / "w")]) == 0
    shutil.copytree(folder / "w", folder / "serial")
    assert main(["convert", "-w", str(folder / "serial"), "--workers", "1"]) == 0
    return folder


@pytest.fixture
def workspace(collected, tmp_path):
    return Path(shutil.copytree(collected / "w", tmp_path / "w"))


@pytest.fixture
def expected(collected):
    return rows(collected / "serial"), files(collected / "serial")


def converting(workspace, cluster):
    return subprocess.Popen(
        [sys.executable, "-m", "moue", "convert", "-w", str(workspace), "--on",
         f"ray:{cluster.address}"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip


def wait_for_rows(workspace, count, process):
    """Wait until the catalog has the rows of some pictures; the command still runs then."""
    pause = threading.Event()
    while process.poll() is None:
        with sqlite3.connect(workspace / "catalog.db", timeout=60) as db:
            (done,) = db.execute("SELECT count(*) FROM steps WHERE stage = 'convert'").fetchone()
        db.close()
        if done >= count:
            return
        pause.wait(0.05)
    raise AssertionError(process.communicate())


def test_a_killed_and_a_new_node_do_not_change_the_outcome(cluster, workspace, expected):
    with converting(workspace, cluster) as process:
        wait_for_rows(workspace, 64, process)
        cluster.remove_node(cluster.worker_nodes.copy().pop(), allow_graceful=False)
        cluster.add_node(num_cpus=1, object_store_memory=STORE)
        out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    assert f"{COUNT} done" in out
    assert (rows(workspace), files(workspace)) == expected


def test_a_killed_driver_resumes_to_the_same_outcome(cluster, workspace, expected):
    with converting(workspace, cluster) as process:
        wait_for_rows(workspace, 64, process)
        os.killpg(process.pid, signal.SIGKILL)
    with converting(workspace, cluster) as process:
        out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    assert f"{COUNT} done" not in out
    assert (rows(workspace), files(workspace)) == expected
    assert not list(workspace.rglob("*.part"))
