"""Calls of the pure modules of the figures in Node."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import moue.learn

CORE = Path(moue.learn.__file__).parent / "static" / "core"
RUNNER = """
import { readFileSync } from "node:fs";
const typed = { uint8: Uint8Array, int8: Int8Array, int32: Int32Array, float32: Float32Array,
  float64: Float64Array };
const revive = (key, v) => v && v.typed ? typed[v.typed].from(v.values) : v;
const plain = (key, v) => ArrayBuffer.isView(v) ? [...v] : Number.isNaN(v) ? "NaN"
  : v === Infinity ? "Infinity" : v;
const { module, calls } = JSON.parse(readFileSync(0, "utf8"), revive);
const core = await import(module);
const kept = [];
const value = (v) => v && typeof v === "object" && "result" in v ? kept[v.result] : v;
for (const { name, args } of calls) kept.push(await core[name](...args.map(value)));
process.stdout.write(JSON.stringify(kept, plain));
"""


def run_core(module: str, calls: Sequence[tuple[str, list[Any]]], folder: Path) -> list[Any]:
    """Call functions of `static/core/MODULE.js` in order, and return their results.

    An argument `{"result": n}` stands for the result of call n.
    """
    node = shutil.which("node")
    if node is None:
        pytest.fail("the tests of the figures need Node; install it, for example with apt")
    core = folder / "core"
    if not core.exists():
        shutil.copytree(CORE, core)
        # Browsers know that these are modules; Node needs to be told.
        (core / "package.json").write_text('{"type": "module"}')
        (core / "run.mjs").write_text(RUNNER)
    task = {
        "module": f"./{module}.js",
        "calls": [{"name": name, "args": [_plain(a) for a in args]} for name, args in calls],
    }
    done = subprocess.run(
        [node, str(core / "run.mjs")], input=json.dumps(task), capture_output=True, text=True,
        timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return {"typed": value.dtype.name, "values": value.ravel().tolist()}
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return value
