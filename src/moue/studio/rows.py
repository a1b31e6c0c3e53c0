"""Convert rows of the catalog to the rows of the API."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from moue.dataset.thumbnails import VERSION_DIGITS
from moue.studio.readers import Reader
from moue.studio.schema_data import HistoryRow, MouthBrief, OriginRow, PictureBrief
from moue.studio.workspace_labels import workspace_labels
from moue.workspace import browse, predictions
from moue.workspace.browse import MouthRow, PictureRow
from moue.workspace.catalog import Decision
from moue.workspace.drop_reasons import DROP_REASONS
from moue.workspace.predictions import PredictingModel
from moue.workspace.provenance import Origin
from moue.workspace.workspace import Workspace


def thumbnail_url(kind: str, name: str, sha256: str) -> str:
    """Return the URL of a thumbnail, relative to the page; it changes with the picture."""
    version = f"?v={sha256[:VERSION_DIGITS]}" if sha256 else ""
    return f"api/v1/thumbnails/{kind}/{quote(name)}.webp{version}"


def picture_brief(row: PictureRow) -> PictureBrief:
    """Convert a picture."""
    return PictureBrief(
        name=row.name, width=row.width, height=row.height, dropped=row.dropped,
        reason_title=_title(row.dropped), detail=row.detail, source=row.source,
        licence=row.licence, group=row.group, faces=row.faces,
        thumbnail=thumbnail_url("pictures", row.name, row.sha256), version=row.version,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class MouthView:
    """How mouths are shown.

    Attributes:
        labels: labels of the workspace, the order of the probabilities.
        model: model whose predictions are shown; None for no predictions.
    """

    labels: tuple[str, ...]
    model: PredictingModel | None

    @classmethod
    def of(cls, reader: Reader, workspace: Workspace, model: str = "") -> MouthView:
        """Return the view with the predictions of a model, by default the latest one."""
        labels = workspace_labels(workspace).names
        return cls(labels, predictions.find_model(reader.catalog, model))

    def brief(self, row: MouthRow) -> MouthBrief:
        """Convert a mouth."""
        return MouthBrief(**self.fields(row))

    def fields(self, row: MouthRow) -> dict[str, Any]:
        """Return the fields of a `MouthBrief`."""
        return {
            "name": row.name, "sample": row.sample, "label": row.label, "label_by": row.label_by,
            "split": row.split, "width": row.width, "dropped": row.dropped,
            "reason_title": _title(row.dropped), "probabilities": self._ordered(row.probabilities),
            "predicted": row.predicted, "margin": row.margin, "uncertainty": row.uncertainty,
            "disagreement": row.disagreement, "cluster": row.group,
            "thumbnail": thumbnail_url("mouths", row.name, row.sha256), "version": row.version,
        }  # fmt: skip

    def named(self, reader: Reader, names: Iterable[str]) -> list[MouthBrief]:
        """Return the mouths with these names, in this order; missing ones are left out."""
        numbers = browse.numbers_of(reader.catalog, "mouths", list(names))
        return [self.brief(row) for row in browse.mouth_rows(reader.catalog, numbers, self.model)]

    def _ordered(self, probabilities: tuple[float, ...] | None) -> list[float] | None:
        if probabilities is None or self.model is None:
            return None
        by_label = dict(zip(self.model.labels, probabilities, strict=False))
        return [by_label.get(label, 0.0) for label in self.labels]


def pictures_named(reader: Reader, names: Iterable[str]) -> list[PictureBrief]:
    """Return the pictures with these names, in this order; missing ones are left out."""
    catalog = reader.catalog
    found = browse.picture_rows(catalog, browse.numbers_of(catalog, "pictures", list(names)))
    return [picture_brief(row) for row in found]


def history_rows(decisions: Iterable[Decision]) -> list[HistoryRow]:
    """Convert decisions, oldest first."""
    return [
        HistoryRow(
            d.field, d.old, d.value, d.by, d.why, d.at,
            old_title=_title(d.old) if d.field == "dropped" else None,
            value_title=_title(d.value) if d.field == "dropped" else None,
        )
        for d in decisions
    ]  # fmt: skip


def origin_rows(origins: Iterable[Origin]) -> list[OriginRow]:
    """Convert origins."""
    return [
        OriginRow(o.engine, o.query, o.url, o.page, o.title, o.author, o.licence, o.at)
        for o in origins
    ]


def _title(reason: str | None) -> str | None:
    return None if reason is None else DROP_REASONS.get(reason, reason)
