from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

pytest.importorskip("av")


def test_mutated_files_are_read_or_refused_in_bounded_memory(tmp_path):
    script = Path(__file__).parent.parent / "mutants.py"
    done = subprocess.run(
        [sys.executable, str(script), str(tmp_path), "2000"],
        capture_output=True, text=True, errors="replace", timeout=240,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    assert "Traceback" not in done.stderr
    found = json.loads(done.stdout)
    outcomes = found["outcomes"]
    assert sum(outcomes.values()) == 2000
    assert "nothing" not in outcomes
    assert min(outcomes[name] for name in ("converted", "unreadable", "film", "film refused")) > 50
    assert {"not_an_image", "unsupported", "too_large", "too_small"} <= set(outcomes)
    assert found["grown_mb"] < 1100
