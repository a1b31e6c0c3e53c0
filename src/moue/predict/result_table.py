"""The table of bulk predictions: one row per face, and one per picture without a face."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from moue.parquet_files import pyarrow
from moue.predict.prediction import AnyResult

_BOX = ("x0", "y0", "x1", "y1")
_MEASURES = ("opening", "width", "smile_left", "smile_right", "pucker")


def result_schema(labels: Sequence[str]) -> Any:
    """Return the pyarrow schema of the table.

    `row` is the number of the picture in the list, from 0. `face` is the number of the face, from
    0, and null for a picture without a face. `label` is null if the model abstains.

    Args:
        labels: labels of the model; each has a column `p_LABEL` with its probability.
    """
    arrow = pyarrow()
    numbers = ("probability", *_BOX, "score", "roll", *_MEASURES, *(f"p_{one}" for one in labels))
    return arrow.schema([
        ("row", arrow.int64()), ("file", arrow.string()), ("error", arrow.string()),
        ("face", arrow.int16()), ("label", arrow.string()),
        *((name, arrow.float32()) for name in numbers),
    ])  # fmt: skip


def result_rows(row: int, result: AnyResult, labels: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Yield the rows of one result by column; a missing column is null.

    Args:
        row: number of the picture in the list.
        result: result of the picture.
        labels: labels of the model.
    """
    common = {"row": row, "file": _unicode(result.file), "error": _unicode(result.error)}
    if not result.faces:
        yield common
    for number, face in enumerate(result.faces):
        measures = face.measures
        box = (round(float(value), 1) for value in face.face.mouth_box)
        yield common | {
            "face": number, "label": face.label, "probability": round(face.probability, 4),
            **dict(zip(_BOX, box, strict=True)),
            "score": round(face.face.score, 4), "roll": round(face.face.roll, 1),
            **({} if measures is None else dict(zip(_MEASURES, measures.to_dict().values(),
                                                    strict=True))),
            **{f"p_{label}": round(face.probabilities[label], 4) for label in labels},
        }  # fmt: skip


def _unicode(text: str | None) -> str | None:
    return None if text is None else text.encode("utf-8", "replace").decode("utf-8")
