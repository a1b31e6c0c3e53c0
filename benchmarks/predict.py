"""Prediction compared with section 4.4 of the tutorial, with and without an annotated copy."""

from __future__ import annotations

from pathlib import Path

from benchmarks import tutorial_baseline
from benchmarks.crop import SETTINGS, with_faces
from benchmarks.inputs import Bench
from benchmarks.table import Row, times
from benchmarks.timing import race
from moue.files import write_bytes
from moue.media.image import encode_jpeg
from moue.predict.annotate import annotate
from moue.predict.predictor import Predictor
from moue.training import onnx_export
from moue.training.checkpoint import Checkpoint
from moue.training.networks import build
from moue.training.recipes import CLASSIC
from moue.workspace.types import LABELS


def run(bench: Bench) -> list[Row]:
    """Time one file at a time, with the same untrained weights in both."""
    if tutorial_baseline.landmark_model() is None:
        return [Row(step="predict", moue="", note="left out: pip install 'moue[dlib]'")]
    folder = bench.place("predict")
    spec = CLASSIC.spec(LABELS)
    weights = build(spec.network, LABELS).eval().state_dict()
    model = folder / "model.onnx"
    model.write_bytes(onnx_export.to_bytes(Checkpoint(spec=spec, weights=weights)))
    predictor = Predictor.load(model, SETTINGS)
    recogniser = tutorial_baseline.Recogniser(weights)

    def drawn(path: Path) -> None:
        result, image = predictor.predict_file(path, return_image=True)
        assert image is not None, result.error
        copy = annotate(image, result.faces)
        write_bytes(folder / "moue.jpg", encode_jpeg(copy, 90))

    files, repeats = with_faces(bench), bench.few(3, 2)
    copy = folder / "tutorial.jpg"
    with_copy = race(lambda p: recogniser.recognise(p, copy), drawn, files, repeats)
    without = race(lambda p: recogniser.recognise(p, None), predictor.predict_file, files, repeats)
    return [
        times(
            "predict: 1080p file, annotated copy", *with_copy, note="moue: all faces; tutorial: one"
        ),
        times("predict: 1080p file, no copy", *without),
    ]
