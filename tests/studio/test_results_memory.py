"""Memory of the results of a run: a few bytes for each mouth."""

from __future__ import annotations

import io
import json

import numpy as np
import pytest

pytest.importorskip("starlette")

from PIL import Image

from memory_growth import check_growth, link_copies
from moue.evaluation.evaluate import evaluate
from moue.model import bundled
from moue.studio.models import Models
from moue.studio.run_results import RunResults

pytestmark = pytest.mark.slow
RUN = "001-copy"


def write_crops(workspace, catalog):
    """Write one of two grey crops of an open mouth for every mouth."""
    paths = [workspace.mouth(one.name) for one in catalog.mouths()]
    for number, height in enumerate((8, 10)):
        source = workspace.root / f"{height}.png"
        source.write_bytes(open_mouth(height))
        link_copies(source, paths[number::2])


def open_mouth(height):
    y, x = np.mgrid[-24:24, -24:24]
    pixels = np.where((x / 14) ** 2 + (y / height) ** 2 < 1, 40, 180).astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "png")
    return file.getvalue()


def write_run(workspace):
    """Write a run folder with the bundled model."""
    folder = workspace.runs / RUN
    folder.mkdir(parents=True)
    (folder / "model.onnx").write_bytes((bundled.FOLDER / "mouth.onnx").read_bytes())
    (folder / "result.json").write_text(json.dumps({"recipe": "fast"}))
    (folder / "settings.json").write_text("{}")
    (folder / "mouths.txt").write_text("")


def test_results_need_few_bytes_for_each_mouth(tmp_path):
    def prepare(workspace, count):
        write_run(workspace)
        with workspace.editing() as catalog:
            catalog.execute("UPDATE mouths SET split = 'test'")
            catalog.execute("UPDATE samples SET faces = '[]'")  # the stored crops are used
            write_crops(workspace, catalog)
        results = RunResults(workspace, Models(workspace))

        def operation():
            run = results.evaluated(RUN)
            assert len(run.mouths) == len(run.logits) == count
            spec = run.model.classifier.spec
            found = evaluate(run.logits, run.examples, spec.labels, spec.temperature)
            assert found.slices["colour"].keys() == {"grey"}
            assert results.to_check(RUN) == 0
            errors = results.likely_errors(RUN)
            assert len(errors.page(0, 100)) == 100
            assert len(errors) >= count // 4

        return operation

    check_growth(300, tmp_path, prepare)
