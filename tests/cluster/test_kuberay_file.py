"""The Kubernetes file of the docs is complete, and names the versions of this source tree.

`tools/check_kuberay.py` checks it against the schema of KubeRay, which is not part of this tree.
"""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

import moue

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def spec():
    text = (ROOT / "docs/cluster/raycluster.yaml").read_text(encoding="utf-8")
    return yaml.safe_load(text)["spec"]


def pods(spec):
    groups = (spec["headGroupSpec"], *spec["workerGroupSpecs"])
    return [group["template"]["spec"] for group in groups]


def test_the_versions_are_those_of_this_tree(spec):
    constraints = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    assert f"ray=={spec['rayVersion']}" in constraints
    images = {one["image"] for pod in pods(spec) for one in pod["containers"]}
    assert [image.rpartition(":")[2] for image in images] == [moue.__version__]


def test_every_mount_has_a_volume(spec):
    for pod in pods(spec):
        volumes = {volume["name"] for volume in pod["volumes"]}
        mounts = {one["name"] for c in pod["containers"] for one in c["volumeMounts"]}
        assert mounts == volumes


def test_workers_see_the_pictures_and_only_the_head_sees_the_catalog(spec):
    head, *workers = (
        {m["name"]: m["mountPath"] for c in pod["containers"] for m in c["volumeMounts"]}
        for pod in pods(spec)
    )
    assert set(head) == {"shared", "catalog"}
    assert all(worker == {"shared": head["shared"]} for worker in workers)


def test_the_head_runs_no_tasks_and_nothing_reports_usage(spec):
    assert spec["headGroupSpec"]["rayStartParams"]["num-cpus"] == "0"
    for pod in pods(spec):
        for container in pod["containers"]:
            assert {"name": "RAY_USAGE_STATS_ENABLED", "value": "0"} in container["env"]
