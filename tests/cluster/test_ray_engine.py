"""The mapper of a cluster has the contract of the mapper of processes."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
from contextlib import suppress

import numpy as np
import psutil
import pytest

from moue.cluster import nodes
from moue.cluster.address import Address
from moue.cluster.engine import RayEngine
from moue.dataset.near_hashes import near_pairs
from moue.errors import ClusterError
from moue.memory_budget import TooHeavyForWorker

pytestmark = pytest.mark.cluster


def test_results_are_equal_and_in_order(engine):
    items = range(-150, 150)
    assert list(engine.map(abs, items, len(items))) == list(map(abs, items))
    assert engine.describe() == "2 nodes, 2 CPUs"


def test_work_runs_in_processes_of_the_nodes(engine):
    found = set(engine.map(_process, range(100), 100, chunk=1))
    assert os.getpid() not in found
    assert len(found) >= 2


def _process(_):
    return os.getpid()


def test_a_node_whose_processes_hang_is_asked_again(cluster, monkeypatch):
    monkeypatch.setattr(nodes, "_ASK_AGAIN", 1.0)
    said: list[str] = []
    with RayEngine(Address(cluster.address), say=said.append) as engine:
        assert list(engine.map(abs, [-1], 1)) == [1]  # its process waits for the next task
        stopped = _stop_worker_processes()
        try:
            assert [node["problems"] for node in engine.check()] == [[], []]
        finally:
            for process in stopped:
                with suppress(psutil.NoSuchProcess):  # Ray has ended it, since it was idle
                    process.kill()
    assert stopped
    assert said[0].endswith("does not answer; moue asks it again")


def _stop_worker_processes():
    """Stop the processes of Ray that wait for tasks, and return them."""
    found = []
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            if process.name() == "ray::IDLE":
                process.suspend()
                found.append(process)
    return found


def test_endless_input_is_read_lazily(engine):
    taken = []

    def endless():
        for i in itertools.count():
            taken.append(i)
            yield -i

    results = engine.map(abs, endless(), 1_000, chunk=4)
    assert list(itertools.islice(results, 100)) == list(range(100))
    results.close()
    assert len(taken) <= 100 + 4 * 2 * 9


def test_an_exception_keeps_its_type_and_text_and_follows_earlier_results(engine):
    results = engine.map(_below_ten, range(100), 100, chunk=5)
    assert list(itertools.islice(results, 10)) == list(range(10))
    with pytest.raises(OSError, match="no room for 10") as caught:
        list(results)
    assert type(caught.value) is FileNotFoundError
    assert caught.value.filename == "a.txt"


def _below_ten(number):
    if number == 10:
        raise FileNotFoundError(2, "no room for 10", "a.txt")
    return number


def test_an_exception_of_the_source_is_raised(engine):
    def broken():
        yield 1
        raise OSError("source is gone")

    with pytest.raises(OSError, match="source is gone"):
        list(engine.map(abs, broken(), 100))


def test_a_crashing_item_is_found_and_the_others_are_computed(engine):
    results = list(engine.map(_deadly, range(40), 40, on_crash=str, chunk=8))
    assert results == [str(n) if n == 11 else n for n in range(40)]


def test_a_crash_is_an_error_if_no_item_may_be_lost(engine):
    with pytest.raises(ClusterError, match="crashed several times"):
        list(engine.map(_deadly, range(8, 14), 6, chunk=6))


def _deadly(number):
    if number == 11:
        os._exit(3)
    return number


def test_heavy_items_run_in_the_driver(engine):
    own = os.getpid()
    assert list(engine.map(_heavy_elsewhere, [own] * 3, 3)) == [own] * 3


def _heavy_elsewhere(driver):
    if os.getpid() != driver:
        raise TooHeavyForWorker
    return driver


def test_an_empty_input_needs_no_cluster():
    from moue.cluster.address import Address
    from moue.cluster.engine import RayEngine

    with RayEngine(Address("127.0.0.1:1")) as engine:
        assert list(engine.map(abs, [], 0)) == []


def test_an_unreachable_cluster_is_an_error_in_one_line(tmp_path):
    code = (
        "from moue.cluster.address import Address\n"
        "from moue.cluster.engine import RayEngine\n"
        "from moue.errors import ClusterError\n"
        "try:\n"
        "    list(RayEngine(Address('127.0.0.1:9')).map(abs, [1], 1))\n"
        "except ClusterError as error:\n"
        "    print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert "the Ray cluster at 127.0.0.1:9 cannot be reached" in done.stdout
    assert done.stdout.count("\n") == 1


def test_the_join_of_near_hashes_is_the_same_on_a_cluster(engine, monkeypatch):
    hashes = np.random.default_rng(0).integers(0, 1 << 63, 3000, dtype=np.uint64)
    hashes[1500:] = hashes[:1500] ^ np.uint64(0b1001)
    expected = [np.concatenate(part) for part in zip(*near_pairs(hashes, 6), strict=True)]
    monkeypatch.setattr("moue.dataset.near_hashes._MIN_PARALLEL", 0)
    found = zip(*near_pairs(hashes, 6, engine), strict=True)
    assert all((np.concatenate(part) == expected[i]).all() for i, part in enumerate(found))
    assert len(expected[0]) == 1500
