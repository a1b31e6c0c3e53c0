"""A Ray cluster of a head and two nodes with one CPU each, on this machine."""

from __future__ import annotations

import os

import pytest

pytest.importorskip("ray")

from cluster.nodes import S3_ADDRESS, STORE, add_node
from cluster.outcome import processed
from moue.cluster.address import Address
from moue.cluster.engine import RayEngine
from moue.cluster.start import import_ray
from moue.demo.raw_folder import make_raw_folder
from s3_server import Server, bucket, s3

__all__ = ["bucket", "s3"]

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
        add_node(found)
    found.wait_for_nodes()
    yield found
    ray.shutdown()
    found.shutdown()


@pytest.fixture
def engine(cluster):
    with RayEngine(Address(cluster.address)) as engine:
        yield engine


@pytest.fixture(scope="session")
def s3_server():
    pytest.importorskip("s3fs")
    pytest.importorskip("moto")
    server = Server(S3_ADDRESS)
    yield server
    server.close()


@pytest.fixture(scope="session")
def raw(tmp_path_factory):
    """A folder with a few pictures, some of them unreadable."""
    return make_raw_folder(tmp_path_factory.mktemp("raw") / "raw", count=24)


@pytest.fixture(scope="session")
def serial(raw, tmp_path_factory):
    """The outcome of the stages in one process, with all files on the disk."""
    return processed(raw, tmp_path_factory.mktemp("serial"), "--workers", "1")
