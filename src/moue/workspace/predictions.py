"""Predictions of models for mouth crops, kept in the catalog to sort and suggest labels.

Two tables of the catalog:

- `models`: the SHA-256 of each model file, with the name of the model and its labels.
- `predictions`: the probabilities of a model for a mouth, with the SHA-256 of the crop. A
  prediction for another crop of the same mouth is out of date.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import numpy.typing as npt

from moue.errors import CatalogError
from moue.text import to_json
from moue.workspace.catalog import Catalog


@dataclass(frozen=True, slots=True)
class PredictingModel:
    """A model whose predictions the catalog keeps.

    Attributes:
        id: number of the model in this catalog.
        sha256: hex digest of the model file.
        name: name or path of the model.
        labels: labels of the model, in the order of its probabilities.
        at: time of the latest predictions in UTC, ISO 8601.
    """

    id: int
    sha256: str
    name: str
    labels: tuple[str, ...]
    at: str


@dataclass(frozen=True, slots=True)
class MouthPrediction:
    """The probabilities of a model for one mouth crop.

    Attributes:
        name: name of the mouth.
        crop: hex SHA-256 of the crop file.
        probabilities: probabilities in the order of the labels of the model.
    """

    name: str
    crop: str
    probabilities: tuple[float, ...]


_OUTDATED = (
    "FROM mouths AS m JOIN files AS f ON f.path = mouth_key(m.name) "
    "LEFT JOIN predictions AS p ON p.model = ? AND p.name = m.name WHERE m.id > ? "
    "AND m.dropped IS NULL AND m.sample_dropped IS NULL AND p.crop IS NOT f.sha256"
)


def models(catalog: Catalog) -> list[PredictingModel]:
    """Return the models whose predictions the catalog keeps, latest first."""
    rows = catalog.execute("SELECT id, sha256, name, labels, at FROM models ORDER BY at DESC, id")
    try:
        return [
            PredictingModel(
                r["id"], r["sha256"], r["name"], tuple(json.loads(r["labels"])), r["at"]
            )
            for r in rows
        ]
    except (ValueError, TypeError) as error:
        raise CatalogError(f"{catalog.path}: the labels of a model are damaged") from error


def find_model(catalog: Catalog, text: str = "") -> PredictingModel | None:
    """Return a model by the beginning of its SHA-256 or its name; the latest one for empty text."""
    known = models(catalog)
    return next((m for m in known if m.name == text or m.sha256.startswith(text)), None)


def register_model(
    catalog: Catalog, sha256: str, name: str, labels: Sequence[str]
) -> PredictingModel:
    """Record that predictions of a model follow, and return the model."""
    now = datetime.now(UTC).isoformat(timespec="microseconds")
    with catalog.transaction():
        catalog.execute(
            "INSERT INTO models (sha256, name, labels, at) VALUES (?, ?, ?, ?) "
            "ON CONFLICT DO UPDATE SET name = excluded.name, at = excluded.at",
            [sha256, name, to_json(list(labels)), now],
        )
    return next(one for one in models(catalog) if one.sha256 == sha256)


def count_outdated(catalog: Catalog, model: PredictingModel) -> int:
    """Return the number of crops in use without a current prediction."""
    return int(catalog.execute(f"SELECT count(*) {_OUTDATED}", [model.id, 0])[0][0])


def outdated(
    catalog: Catalog, model: PredictingModel, after: int, limit: int
) -> list[tuple[int, str, str]]:
    """Return crops in use without a current prediction.

    Args:
        after: row number of the last mouth of the part before; 0 for the first part.
        limit: maximum number of crops.

    Returns:
        Row number and name of the mouth, and SHA-256 of its crop, in the order of row numbers.
    """
    sql = f"SELECT m.id, m.name, f.sha256 {_OUTDATED} ORDER BY m.id LIMIT ?"
    return [tuple(row) for row in catalog.execute(sql, [model.id, after, limit])]


def save(catalog: Catalog, model: PredictingModel, found: Iterable[MouthPrediction]) -> None:
    """Save the predictions of a model, and replace earlier predictions for the same mouths."""
    other = _latest_comparable(catalog, model)
    rows = []
    for one in found:
        p = np.array(one.probabilities, np.float64)
        order = np.sort(p)[::-1]
        entropy = float(-(p * np.log(np.maximum(p, 1e-12))).sum() / np.log(max(2, len(p))))
        rows.append(
            [
                model.id, one.name, one.crop, model.labels[int(p.argmax())], float(order[0]),
                float(order[0] - order[1]), entropy, _spread(catalog, other, one.name, p),
                json.dumps([round(float(x), 5) for x in p]),
            ]
        )  # fmt: skip
    with catalog.transaction():
        for row in rows:
            catalog.execute("INSERT OR REPLACE INTO predictions VALUES (?,?,?,?,?,?,?,?,?)", row)


def sql_measures(model: PredictingModel) -> dict[str, str]:
    """Return the SQL of the measures that depend on the labels of a model; see `filters.py`.

    `disagreement` is the lead of the predicted label over the current label, in [0, 1]. For a
    mouth without a label, it is the distance to the prediction of the model before.
    """
    cases = " ".join(
        f"WHEN '{label.replace(chr(39), chr(39) * 2)}' THEN p.probability - "
        f"(p.probabilities ->> '$[{index}]')"
        for index, label in enumerate(model.labels)
    )
    return {
        "disagreement": f"CASE WHEN m.label IS NULL THEN p.spread ELSE CASE m.label {cases} END END"
    }


def suggested(catalog: Catalog, model: PredictingModel, names: Sequence[str]) -> dict[str, str]:
    """Return the predicted label of mouths, by name; mouths without a prediction are left out."""
    found: dict[str, str] = {}
    for start in range(0, len(names), 500):
        part = names[start : start + 500]
        marks = ", ".join("?" * len(part))
        sql = f"SELECT name, label FROM predictions WHERE model = ? AND name IN ({marks})"
        found |= {r["name"]: r["label"] for r in catalog.execute(sql, [model.id, *part])}
    return found


def _latest_comparable(catalog: Catalog, model: PredictingModel) -> PredictingModel | None:
    others = (m for m in models(catalog) if m.id != model.id and m.labels == model.labels)
    return next(others, None)


def _spread(
    catalog: Catalog, other: PredictingModel | None, name: str, p: npt.NDArray[np.float64]
) -> float | None:
    """Return the total variation distance to the prediction of another model, in [0, 1]."""
    if other is None:
        return None
    sql = "SELECT probabilities FROM predictions WHERE model = ? AND name = ?"
    rows = catalog.execute(sql, [other.id, name])
    if not rows:
        return None
    q = np.array(json.loads(rows[0]["probabilities"]), np.float64)
    return float(np.abs(p - q).sum() / 2) if q.shape == p.shape else None
