"""Nodes of the cluster of the tests, which have the credentials of the object store."""

from __future__ import annotations

import socket

import pytest

from s3_server import environment

STORE = 100 * 2**20
S3_ADDRESS = socket.create_server(("127.0.0.1", 0))
"""Socket of the object store. The nodes need its port when they start."""


def add_node(cluster):
    """Add a node with one CPU."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment(S3_ADDRESS.getsockname()[1]).items():
            patch.setenv(name, value)
        return cluster.add_node(num_cpus=1, object_store_memory=STORE)
