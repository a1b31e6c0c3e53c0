from __future__ import annotations

import numpy as np

import rows
from commands import call
from moue.evaluation.suggestions import predict_all_mouths
from moue.media.image import encode_png
from moue.workspace import predictions
from moue.workspace.owned_files import put


def fill(workspace, catalog, count):
    for number in range(count):
        rows.add(catalog, rows.sample(f"p{number}"))
        crop = np.full((40, 40, 3), 20 * number, np.uint8)
        put(catalog, workspace.mouth(f"p{number}"), encode_png(crop), f"p{number}")


def test_each_mouth_is_predicted_once_for_each_crop(workspace, catalog, model):
    fill(workspace, catalog, 3)
    context = rows.context(workspace, catalog)
    assert predict_all_mouths(context, model).done == 3
    assert predict_all_mouths(context, model).done == 0
    put(catalog, workspace.mouth("p1"), encode_png(np.zeros((50, 50, 3), np.uint8)), "p1")
    assert predict_all_mouths(context, model).done == 1
    known = predictions.find_model(catalog)
    assert set(predictions.suggested(catalog, known, ["p0", "p1", "p2"])) == {"p0", "p1", "p2"}


def test_an_unreadable_crop_is_reported(workspace, catalog, model):
    fill(workspace, catalog, 2)
    workspace.mouth("p0").unlink()
    summary = predict_all_mouths(rows.context(workspace, catalog), model)
    assert summary.done == 1
    assert "1 crops cannot be read" in summary.notes[0]


def test_the_command_predicts_and_can_be_repeated(workspace, model, capsys):
    with workspace.locked() as (catalog, _):
        fill(workspace, catalog, 2)
    for _ in range(2):
        assert call("label", "--suggest", "--model", model, "-w", workspace.root) == 0
    with workspace.reading() as catalog:
        assert len(predictions.models(catalog)) == 1
    assert call("label", "--suggest", "--check", "-w", workspace.root) == 2
