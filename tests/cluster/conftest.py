"""A Ray cluster of a head and two nodes with one CPU each, on this machine."""

from __future__ import annotations

import os
import socket

import pytest

pytest.importorskip("ray")

from cluster.outcome import processed
from moue.cluster.address import Address
from moue.cluster.engine import RayEngine
from moue.cluster.start import import_ray
from moue.demo.raw_folder import make_raw_folder
from s3_server import Server, bucket, environment, s3

__all__ = ["bucket", "s3"]

STORE = 100 * 2**20
_DETECT = {"health_check_initial_delay_ms": 0, "health_check_period_ms": 500}
"""Settings of Ray that shorten the time until it knows that a node is lost."""
S3_ADDRESS = socket.create_server(("127.0.0.1", 0))
"""Socket of the object store. The nodes need its port when they start."""


def add_node(cluster):
    """Add a node with one CPU, which has the credentials of the object store."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment(S3_ADDRESS.getsockname()[1]).items():
            patch.setenv(name, value)
        return cluster.add_node(num_cpus=1, object_store_memory=STORE)


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
