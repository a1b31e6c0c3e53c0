"""Finished runs whose files were damaged later."""

from __future__ import annotations

import pytest

from drawing import drawn, save
from moue.cli import main
from moue.errors import ModelError
from moue.model.runs import choose, default_run
from written_runs import make


def call(*arguments):
    return main([str(a) for a in arguments])


@pytest.mark.parametrize(
    ("file", "content", "fault"),
    [
        ("result.json", b"", "result.json is damaged"),
        ("result.json", b"{}", "result.json is damaged"),
        ("model.onnx", b"", "model.onnx is missing or empty"),
        ("model.onnx", None, "model.onnx is missing or empty"),
    ],
)
def test_a_damaged_run_is_skipped_by_name(workspace, tmp_path, capsys, file, content, fault):
    damaged = make(workspace, "002-best", 0.99) / file
    damaged.unlink() if content is None else damaged.write_bytes(content)
    with pytest.raises(ModelError, match=rf"no usable run; skipped 002-best \({fault}\); train"):
        default_run(workspace)
    assert call("predict", save(tmp_path / "a.png", drawn()), "-w", workspace.root) == 0
    assert f"; skipped 002-best ({fault})" in capsys.readouterr().err
    make(workspace, "001-fast", 0.5)
    choice = choose(workspace)
    assert choice.run.name == "001-fast"
    assert choice.why == f"the only run; skipped 002-best ({fault})"
    assert call("runs", "select", "002", "-w", workspace.root) == 0
    out = capsys.readouterr().out
    assert f"default run: 001-fast (the only run; skipped 002-best ({fault}))" in out
    assert call("runs", "-w", workspace.root) == 0
    assert f"({fault})" in capsys.readouterr().out
