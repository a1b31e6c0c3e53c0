"""A Ray cluster of a head and two nodes with one CPU each, on this machine."""

from __future__ import annotations

import os

import pytest

pytest.importorskip("ray")

from moue.cluster.address import Address
from moue.cluster.engine import RayEngine
from moue.cluster.start import import_ray

STORE = 100 * 2**20
_DETECT = {"health_check_initial_delay_ms": 0, "health_check_period_ms": 500}
"""Settings of Ray that shorten the time until it knows that a node is lost."""


@pytest.fixture(scope="session")
def cluster():
    os.environ["RAY_AUTH_MODE"] = "disabled"
    ray = import_ray()
    from ray.cluster_utils import Cluster

    head = {
        "num_cpus": 0, "include_dashboard": False, "object_store_memory": STORE,
        "_system_config": _DETECT,
    }  # fmt: skip
    found = Cluster(initialize_head=True, head_node_args=head)
    for _ in range(2):
        found.add_node(num_cpus=1, object_store_memory=STORE)
    found.wait_for_nodes()
    yield found
    ray.shutdown()
    found.shutdown()


@pytest.fixture
def engine(cluster):
    with RayEngine(Address(cluster.address)) as engine:
        yield engine
