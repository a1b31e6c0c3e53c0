"""The simulation of a cluster behaves as queues must."""

from __future__ import annotations

from dataclasses import replace

import pytest

from benchmarks.cluster import CASES, PER_WORKER, Case, Measured, page, simulate, table
from moue.cluster.engine import LARGEST_CHUNK


def test_one_worker_without_faults_has_the_measured_speed():
    rate = simulate(CASES[0], 1, PER_WORKER)
    assert rate == pytest.approx(1 / Measured().work, rel=0.03)


def test_the_driver_is_the_limit_of_many_workers():
    times = Measured()
    assert simulate(CASES[0], 10, 40_000) == pytest.approx(10 / times.work, rel=0.05)
    limit = 1 / (times.write + times.dispatch / LARGEST_CHUNK)
    assert simulate(CASES[0], 1000, 400_000) == pytest.approx(limit, rel=0.05)


def test_the_store_is_the_limit_if_it_is_slower_than_the_driver():
    case = Case(name="x", times=replace(Measured(), store=0.01), store_rate=500.0)
    assert simulate(case, 100, 100_000) == pytest.approx(500, rel=0.05)


@pytest.mark.parametrize("case", CASES[1:], ids=lambda case: case.name)
def test_faults_cost_throughput(case):
    assert simulate(case, 10, 40_000) < simulate(CASES[0], 10, 40_000)


def test_the_page_has_a_row_for_each_scenario():
    text = page(table(200))
    assert [line.split("|")[1].strip() for line in text.splitlines()[2:]] == [
        case.name for case in CASES
    ]
