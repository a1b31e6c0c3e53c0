"""Run folders as a training leaves them, without trained weights."""

from __future__ import annotations

from moue.files import write_bytes, write_json
from moue.workspace.owned_files import claim


def make(
    workspace, name, validation=0.9, *, of="a", when="2026-01-01", recipe="fast", start=None,
    test=None, model=b"weights",
):  # fmt: skip
    """Write a finished run and return its folder."""
    folder = workspace.runs / name
    with workspace.locked() as (catalog, _):
        claim(catalog, folder)
    settings = {"recipe": recipe, "fine_tune": start}
    data = {"digest": f"digest of {name}", "settings": settings, "validation set": of}
    write_json(folder / "data.json", data)
    result = {"val accuracy": validation, "finished": when, "epochs": 3, "best epoch": 2}
    write_json(folder / "result.json", result)
    write_bytes(folder / "model.onnx", model)
    if test is not None:
        right, count, test_set = test
        accuracy = {"right": right, "count": count}
        judged = {"split": "test", "accuracy": accuracy, "set": test_set}
        write_json(folder / "evaluation.json", judged)
    return folder
