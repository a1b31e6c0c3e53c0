"""The nodes of a cluster are checked before the work, and listed by `moue doctor --on ray`."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys

import pytest

from moue.cli import main
from moue.cluster.node_check import Seen, installation, problems

pytestmark = pytest.mark.cluster


def test_doctor_lists_the_nodes(cluster, tmp_path, capsys):
    assert main(["doctor", "--on", f"ray:{cluster.address}", "--json", "-w", str(tmp_path)]) == 0
    checks = json.loads(capsys.readouterr().out)
    assert [check["ok"] for check in checks] == [True, True, True]
    assert checks[0]["text"].startswith("2 nodes, 2 CPUs")
    assert checks[1]["problems"] == []


def test_other_versions_weights_and_files_are_named(tmp_path):
    own = installation()
    assert problems(own, ()) == []
    versions = dataclasses.replace(own, versions=own.versions | {"moue": "9.9"})
    assert problems(versions, ()) == [f"has moue {own.versions['moue']}, but this machine has 9.9"]
    name = next(iter(own.weights))
    weights = dataclasses.replace(own, weights=own.weights | {name: "0"})
    assert problems(weights, ()) == [
        f"has other weights: the SHA-256 of {name} differs or it is missing"
    ]
    file = tmp_path / "a"
    file.write_text("another")
    gone = tmp_path / "gone"
    assert problems(own, (Seen(file, "0"), Seen(gone, None), Seen(tmp_path, None))) == [
        f"has another file or folder at {file}", f"cannot access {gone}",
    ]  # fmt: skip


def test_ray_is_imported_only_on_a_cluster(tmp_path):
    code = (
        "import sys\n"
        "from moue.cli import main\n"
        f"main(['init', '-w', {str(tmp_path)!r}])\n"
        f"main(['convert', '-w', {str(tmp_path)!r}])\n"
        "print('ray' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout.splitlines()[-1] == "False"
