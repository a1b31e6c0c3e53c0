"""The report of a conversion: what a format computes, compared with Python."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from moue.evaluation.metrics import Proportion
from moue.export.converter_table import CONVERTERS, Format
from moue.export.networks import CLASSIFIER, model_name
from moue.export.run_networks import Exported, Outputs
from moue.export.vectors import LabelledCrops
from moue.model.spec import Floats
from moue.predict.predictor import AnyPredictor

TOLERANCE = 1e-3
"""Maximum difference of a probability."""
FLOAT32, INT8 = "float32", "int8"
"""Precisions of the classifier."""
PROBABILITIES = "probabilities"


def conversion_report(
    form: Format,
    predictor: AnyPredictor,
    exported: Sequence[Exported],
    expected: Mapping[str, Outputs],
    actual: Mapping[str, Outputs],
    crops: LabelledCrops,
    calibration: LabelledCrops | None = None,
) -> dict[str, Any]:
    """Return the content of the report.

    Args:
        form: name of the format.
        predictor: model and face settings.
        exported: exported networks.
        expected: outputs of each network in Python.
        actual: outputs of each network in the format.
        crops: crops with labels.
        calibration: crops that calibrated an int8 classifier; None for a float32 classifier.
    """
    reason = actual[CLASSIFIER].reason
    report: dict[str, Any] = {
        "format": form,
        "model": model_name(predictor),
        "executed": not reason,
        "reason": reason or None,
        "converter": list(CONVERTERS[form].requirements),
        "converter_licence": CONVERTERS[form].licence,
        "precision": FLOAT32 if calibration is None else INT8,
        "calibration": None
        if calibration is None
        else {"pictures": calibration.source, "count": len(calibration.crops)},
        "threads": 1,
        "processor_count": os.cpu_count(),
        "machine": platform.machine(),
        "system": platform.system(),
        "networks": {
            one.name: _network(one.name, expected[one.name], actual[one.name]) for one in exported
        },
    }
    if reason:
        return report | {"different_labels": None, "accuracy": None}
    pairs = zip(expected[CLASSIFIER].vectors, actual[CLASSIFIER].vectors, strict=True)
    return report | {
        "different_labels": sum(
            int(one[PROBABILITIES].argmax()) != int(other[PROBABILITIES].argmax())
            for one, other in pairs
        ),
        "accuracy": _accuracy(predictor, actual[CLASSIFIER], crops),
    }


def _network(name: str, expected: Outputs, actual: Outputs) -> dict[str, Any]:
    row: dict[str, Any] = {
        "vectors": len(actual.vectors),
        "largest_difference": None,
        "differences": {},
        "python_ms": _milliseconds(expected),
        "format_ms": None if actual.reason else _milliseconds(actual),
        # Other programs on the computer affect the fastest call least.
        "python_fastest_ms": _milliseconds(expected, 0),
        "format_fastest_ms": None if actual.reason else _milliseconds(actual, 0),
    }
    if not actual.vectors:
        return row
    pairs = list(zip(expected.vectors, actual.vectors, strict=False))
    for output in actual.vectors[0]:
        row["differences"][output] = max(
            float(np.abs(one[output] - _in_shape(other[output], one[output].shape)).max())
            for one, other in pairs
        )
    shown = [PROBABILITIES] if name == CLASSIFIER else list(row["differences"])
    row["largest_difference"] = max(row["differences"][output] for output in shown)
    return row


def _in_shape(array: Floats, shape: tuple[int, ...]) -> Floats:
    """Return an output of a format with the axes that it has in Python."""
    if array.shape != shape and array.ndim == len(shape) == 3:
        # LiteRT has the channels of a grid last.
        return array.transpose(0, 2, 1).reshape(shape)
    # ncnn leaves out axes of length 1.
    return array.reshape(shape)


def _milliseconds(outputs: Outputs, share: float = 0.5) -> float:
    """Return the time of a call: the median, or another quantile."""
    return round(1000 * float(np.quantile(outputs.seconds, share)), 3)


def _accuracy(
    predictor: AnyPredictor, actual: Outputs, crops: LabelledCrops
) -> dict[str, Any] | None:
    """Return the accuracy in Python, with its interval, and in the format; None without labels."""
    if not crops.labels:
        return None
    known = predictor.classifier.spec.labels
    targets = np.array([known.index(label) for label in crops.labels])
    python = predictor.classifier.probabilities(crops.crops).argmax(1)
    found = np.array([int(one[PROBABILITIES].argmax()) for one in actual.labelled])
    count = len(targets)
    reference = Proportion(right=int((python == targets).sum()), count=count)
    own = Proportion(right=int((found == targets).sum()), count=count)
    assert reference.interval is not None
    assert own.value is not None
    low, high = reference.interval
    return {
        "pictures": crops.source,
        "python": reference.to_dict(),
        "format": own.to_dict(),
        "different_labels": int((python != found).sum()),
        "inside_interval": low <= own.value <= high,
    }


def summary_lines(report: Mapping[str, Any]) -> list[str]:
    """Return the lines of a report that the command prints."""
    lines = []
    for name, row in report["networks"].items():
        if row["largest_difference"] is None:
            lines.append(f"{name}: converted, not executed")
            continue
        if not report["executed"]:
            lines.append(
                f"{name}: converted, not executed; the saved program, computed with numpy, differs "
                f"by at most {row['largest_difference']:.1e} on {row['vectors']} vectors"
            )
            continue
        lines.append(
            f"{name}: differs by at most {row['largest_difference']:.1e} on {row['vectors']} "
            f"vectors; {row['format_ms']:.2f} ms, in Python {row['python_ms']:.2f} ms"
        )
    if not report["executed"]:
        return [*lines, f"not executed: {report['reason']}"]
    lines.append(f"{report['different_labels']} labels of the vectors differ from Python")
    accuracy = report["accuracy"]
    if accuracy is not None:
        python, own = accuracy["python"], accuracy["format"]
        low, high = python["interval"]
        lines.append(
            f"accuracy on {own['count']} mouths ({accuracy['pictures']}): {own['value']:.1%}, in "
            f"Python {python['value']:.1%} (95% interval {low:.1%} to {high:.1%})"
        )
    return lines
